/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which sockets `katrace list` shows, beyond what filters say: by what keepalive does for them. */
#ifndef KATRACE_CRITERIA_H
#define KATRACE_CRITERIA_H

#include "model/sockets.h"

#include <stdbool.h>
#include <stdint.h>

/* All that are given must be met. Zeros let every connection pass, and no listener. */
struct criteria {
	bool listeners;    /* instead of connections: listeners with keepalive on */
	bool no_keepalive; /* established, keepalive off */
	bool zombies;      /* as struct zombie_limits has it */
	bool problems;     /* any concern that is one */
	bool by_silence, by_middlebox, by_due;
	uint64_t silent_over_us;
	uint64_t middlebox_us; /* something on the way forgets a connection that is silent for so long */
	uint64_t due_within_us;
};

bool criteria_met(const struct criteria *criteria, const struct zombie_limits *zombies, const struct listed *listed);

#endif
