// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/settings.h"

uint64_t settings_detection_ms(const struct settings *settings)
{
	const uint64_t idle = 1000ULL * settings->idle_s;
	const uint64_t interval = 1000ULL * settings->interval_s;
	uint64_t firings = settings->probe_limit;

	if (!settings->enabled || !interval)
		return 0;
	if (settings->user_timeout_ms) {
		/* At least one probe must have been sent before tcp_keepalive_timer() looks at the user timeout. */
		firings = 1;
		if (settings->user_timeout_ms > idle + interval)
			firings = (settings->user_timeout_ms - idle + interval - 1) / interval;
	}
	return idle + firings * interval;
}
