// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/sysctls.h"

#include "model/detection.h"

void sysctls_decode(struct sysctls *sysctls, const struct katrace_netns *netns, uint32_t hz)
{
	*sysctls = (struct sysctls){
		.netns = netns->netns,
		.settings = { .enabled = true,
			      .idle_s = netns->idle / hz,
			      .interval_s = netns->interval / hz,
			      .probe_limit = netns->probe_limit,
			      .from_sysctl = KATRACE_IDLE | KATRACE_INTERVAL | KATRACE_PROBE_LIMIT },
	};
	sysctls->detection_us = detection_after_heard(&sysctls->settings);
}
