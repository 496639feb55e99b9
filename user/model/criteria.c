// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/criteria.h"

#include "model/concern.h"

#include <netinet/tcp.h>

/* The first probe would come after a middlebox has forgotten the connection. */
static bool probes_too_late(const struct listed *listed, uint64_t middlebox_us)
{
	if (listed->state != TCP_ESTABLISHED && listed->state != TCP_CLOSE_WAIT)
		return false;
	return !listed->connection.settings.enabled || quiet_before_probe_us(listed) >= middlebox_us;
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
	const bool silent = listed->was_connected && listed->connection.silent_us > criteria->silent_over_us;
	const bool due = listed->due && listed->next_us <= criteria->due_within_us;

	return is_right_kind(criteria, listed) && (!criteria->no_keepalive || off) &&
	       (!criteria->zombies || is_zombie(listed, zombies)) &&
	       (!criteria->problems || concern_of(listed, zombies) < CONCERN_NONE) &&
	       (!criteria->by_silence || silent) && (!criteria->by_due || due) &&
	       (!criteria->by_middlebox || probes_too_late(listed, criteria->middlebox_us));
}
