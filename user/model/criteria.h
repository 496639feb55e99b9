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
	uint64_t middlebox_us; /* idle timeout of a middlebox: middlebox_forgets() */
	uint64_t due_within_us;
};

/* Before which probe a middlebox has forgotten an idle connection. */
enum late_probe {
	LATE_NONE,   /* all of them come in time */
	LATE_FIRST,  /* since the last data */
	LATE_SECOND, /* and all that follow: the silence before them is longer than before the first one */
	LATE_ALL,    /* there are none: keepalive is off */
};

/* Of a connection whose first probe comes after first_probe_us of silence: detection_first_probe_us(). */
enum late_probe middlebox_late_probe(const struct settings *settings, uint64_t first_probe_us, uint64_t timeout_us);

/* Would a middlebox with this timeout forget the connection before one of its probes? */
bool middlebox_forgets(uint8_t state, const struct settings *settings, uint64_t first_probe_us, uint64_t timeout_us);

/* True if all given criteria match; zombies says what a zombie is. */
bool criteria_met(const struct criteria *criteria, const struct zombie_limits *zombies, const struct listed *listed);

#endif
