// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/detection.h"

/* How many firings precede the one that gives up, which is at the earliest the one in_us from now. */
static uint64_t firings_left(const struct settings *settings, uint64_t silent_us, uint64_t in_us, uint32_t probes_out)
{
	const uint64_t interval_us = 1000000ULL * settings->interval_s;
	const uint64_t timeout_us = 1000ULL * settings->user_timeout_ms;
	/* tcp_keepalive_timer() checks the user timeout only after a probe was sent. */
	const uint64_t least = probes_out ? 0 : 1;
	uint64_t firings;

	if (!timeout_us)
		return settings->probe_limit > probes_out ? settings->probe_limit - probes_out : 0;
	if (silent_us + in_us >= timeout_us)
		return least;
	firings = (timeout_us - silent_us - in_us + interval_us - 1) / interval_us;
	return firings > least ? firings : least;
}

bool detection_from_now(const struct settings *settings, uint64_t silent_us, uint64_t next_us, uint32_t probes_out,
			uint64_t *detection_us)
{
	const uint64_t idle_us = 1000000ULL * settings->idle_s;
	const uint64_t interval_us = 1000000ULL * settings->interval_s;
	uint64_t in_us = next_us;

	if (!settings->enabled || !interval_us)
		return false;
	if (silent_us < idle_us && idle_us - silent_us > in_us)
		in_us = idle_us - silent_us; /* too early: the timer only re-arms itself */
	*detection_us = in_us + firings_left(settings, silent_us, in_us, probes_out) * interval_us;
	return true;
}

uint64_t detection_after_heard(const struct settings *settings)
{
	const uint64_t idle_us = 1000000ULL * settings->idle_s, interval_us = 1000000ULL * settings->interval_s;
	uint64_t before_us, after_us;

	if (!detection_from_now(settings, 0, idle_us, 0, &before_us) ||
	    !detection_from_now(settings, 0, interval_us, 0, &after_us))
		return 0;
	return after_us > before_us ? after_us : before_us;
}

bool detection_is_exact(const struct settings *settings)
{
	return settings->interval_s <= settings->idle_s;
}
