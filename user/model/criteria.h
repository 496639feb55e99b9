/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which sockets `katrace list` shows, in addition to the filters: by what keepalive does for them. */
#ifndef KATRACE_CRITERIA_H
#define KATRACE_CRITERIA_H

#include "model/concern.h"

#include <stdbool.h>
#include <stdint.h>

/* All given criteria must match. With zeros every connection matches, and no listener. */
struct criteria {
	bool listeners;    /* instead of connections: listeners with keepalive on */
	bool no_keepalive; /* established, keepalive off */
	bool zombies;      /* see struct zombie_limits */
	bool problems;     /* connections with any problem */
	bool by_silence, by_middlebox, by_due;
	uint64_t silent_over_us;
	uint64_t middlebox_us; /* idle timeout of a middlebox */
	uint64_t due_within_us;
};

/* Would a middlebox with this timeout forget the connection before the first probe? Without keepalive there is none. */
bool middlebox_forgets(uint8_t state, const struct settings *settings, uint64_t first_probe_us, uint64_t timeout_us);

/* True if all given criteria match; zombies says what a zombie is. */
bool criteria_met(const struct criteria *criteria, const struct zombie_limits *zombies, const struct listed *listed);

#endif
