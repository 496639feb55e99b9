// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/criteria.h"

#include "model/concern.h"
#include "model/detection.h"

#include <netinet/tcp.h>

enum late_probe middlebox_late_probe(const struct settings *settings, uint64_t first_probe_us, uint64_t timeout_us)
{
	if (!settings->enabled)
		return LATE_ALL;
	if (first_probe_us >= timeout_us)
		return LATE_FIRST;
	return detection_next_probe_us(settings) >= timeout_us ? LATE_SECOND : LATE_NONE;
}

bool middlebox_forgets(uint8_t state, const struct settings *settings, uint64_t first_probe_us, uint64_t timeout_us)
{
	/* a child of a listener is seen in SYN_RECV while it becomes established */
	if (state != TCP_ESTABLISHED && state != TCP_CLOSE_WAIT && state != TCP_SYN_RECV)
		return false;
	return middlebox_late_probe(settings, first_probe_us, timeout_us) != LATE_NONE;
}

static bool probes_too_late(const struct listed *listed, uint64_t middlebox_us)
{
	const struct settings *settings = &listed->connection.settings;
	const uint64_t first_us =
		detection_first_probe_us(settings, listed->connection.silent_us, listed->due ? listed->next_us : 0,
					 listed->waiting ? 0 : listed->probes_out);

	return middlebox_forgets(listed->state, settings, first_us, middlebox_us);
}

static bool is_right_kind(const struct criteria *criteria, const struct listed *listed)
{
	if (criteria->listeners)
		return listed->state == TCP_LISTEN && listed->connection.settings.enabled;
	return listed->state != TCP_LISTEN;
}

bool criteria_met(const struct criteria *criteria, const struct zombie_limits *zombies, const struct listed *listed)
{
	const bool off = listed->state == TCP_ESTABLISHED && !listed->connection.settings.enabled;
	const bool silent = listed->was_connected && silence_us(listed) > criteria->silent_over_us;
	const bool due = listed->due && listed->next_us <= criteria->due_within_us;

	return is_right_kind(criteria, listed) && (!criteria->no_keepalive || off) &&
	       (!criteria->zombies || is_zombie(listed, zombies)) &&
	       (!criteria->problems || concern_of(listed, zombies) < CONCERN_NONE) &&
	       (!criteria->by_silence || silent) && (!criteria->by_due || due) &&
	       (!criteria->by_middlebox || probes_too_late(listed, criteria->middlebox_us));
}
