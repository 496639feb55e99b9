// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/detection.h"

#include <katrace/record.h>

/* The kernel's clock may tick between two readings: HZ is 100 or more. */
#define TICK_US 10000ULL

/*
 * From the first firing that may probe, in_us from now, to the one that gives up. With an interval of 0 the timer fires
 * with every tick of the kernel's clock.
 */
static uint64_t probing_us(const struct settings *settings, uint64_t silent_us, uint64_t in_us, uint32_t probes_out)
{
	const uint64_t interval_us = 1000000ULL * settings->interval_s;
	const uint64_t timeout_us = 1000ULL * settings->user_timeout_ms;
	/* tcp_keepalive_timer() checks the user timeout only after a probe was sent. */
	const uint64_t least_us = probes_out ? 0 : interval_us;
	uint64_t us;

	if (!timeout_us)
		return settings->probe_limit > probes_out ? (settings->probe_limit - probes_out) * interval_us : 0;
	if (silent_us + in_us >= timeout_us)
		return least_us;
	us = timeout_us - silent_us - in_us;
	if (interval_us)
		us = (us + interval_us - 1) / interval_us * interval_us;
	return us > least_us ? us : least_us;
}

bool detection_from_now(const struct settings *settings, uint64_t silent_us, uint64_t next_us, uint32_t probes_out,
			uint64_t *detection_us)
{
	const uint64_t idle_us = 1000000ULL * settings->idle_s;
	uint64_t in_us = next_us;

	if (!settings->enabled)
		return false;
	if (silent_us < idle_us && idle_us - silent_us > in_us)
		in_us = idle_us - silent_us; /* too early: the timer only re-arms itself */
	*detection_us = in_us + probing_us(settings, silent_us, in_us, probes_out);
	return true;
}

static bool is_whole_seconds(uint64_t us)
{
	return (us + TICK_US) % 1000000 <= 2 * TICK_US;
}

/*
 * Without a probe out the timer was set for the idle time since the peer was heard; by SO_KEEPALIVE for the idle time
 * since then, and the silence before is added. A sysctl has whole seconds: only the former then has them too.
 */
bool detection_timer_is_old(const struct settings *settings, uint64_t silent_us, uint64_t next_us, uint32_t probes_out)
{
	const uint64_t idle_us = 1000000ULL * settings->idle_s, interval_us = 1000000ULL * settings->interval_s;
	const uint64_t longest_us = detection_next_probe_us(settings) + TICK_US;
	const uint64_t quiet_us = silent_us + next_us;

	if (!settings->enabled || !next_us) /* due: it is only late */
		return false;
	if (next_us > longest_us)
		return true;
	if (probes_out) /* for the interval; or restarted by TCP_KEEPIDLE */
		return next_us > interval_us + TICK_US && quiet_us > idle_us + TICK_US;
	return settings->from_sysctl & KATRACE_IDLE && quiet_us > longest_us && is_whole_seconds(quiet_us);
}

uint64_t detection_next_probe_us(const struct settings *settings)
{
	return 1000000ULL * (settings->interval_s > settings->idle_s ? settings->interval_s : settings->idle_s);
}

uint64_t detection_first_probe_us(const struct settings *settings, uint64_t silent_us, uint64_t next_us,
				  uint32_t probes_out)
{
	if (detection_timer_is_old(settings, silent_us, next_us, probes_out))
		return silent_us + next_us;
	return 1000000ULL * settings->idle_s;
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

bool detection_is_contradicted(const struct settings *settings, uint64_t silent_us, uint64_t heard_us)
{
	/* 0: a recording lacks it, or it arrived just now */
	return settings->enabled && heard_us && heard_us + 1000000ULL * settings->idle_s < silent_us;
}
