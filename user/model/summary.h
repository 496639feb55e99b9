/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Totals of sockets for each process that holds them. */
#ifndef KATRACE_SUMMARY_H
#define KATRACE_SUMMARY_H

#include "model/concern.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUMMARY_SETTINGS 3

/* How many sockets have a concern, and the longest silence among them. */
struct concerned {
	uint64_t n;
	uint64_t silent_us;
};

/* The connections of one process; if owner.pid is 0, those that nobody holds. */
struct summary_line {
	struct owner owner; /* a connection with several holders counts for the first */
	uint64_t connections;
	uint64_t on, off;
	double probes_per_minute; /* while they are idle */
	struct {
		struct settings settings;
		uint64_t n;
	} settings[SUMMARY_SETTINGS]; /* in use, in the order found */
	size_t n_settings;
	uint64_t n_others;      /* connections with other settings */
	bool detects;           /* worst_us is valid */
	uint64_t worst_us;      /* of those with keepalive: the longest time until a dead peer is noticed */
	uint32_t worst_sysctls; /* KATRACE_IDLE... of that connection */
	bool worst_is_old;      /* an old timer runs there: see struct listed */
	struct concerned concerns[CONCERN_LISTENER + 1];
};

struct summary;

/* seed as in sockets.h. NULL when out of memory. */
struct summary *summary_new(const struct zombie_limits *zombies, uint64_t seed);

/* NULL is fine. */
void summary_free(struct summary *summary);

/* Returns 0 or -ENOMEM. */
int summary_add(struct summary *summary, const struct listed *listed);

/* Call it after the last summary_add(): sorts, trouble first. */
void summary_sort(struct summary *summary);

size_t summary_count(const struct summary *summary);

/* The line at place, counted from 0; valid until the summary changes. */
const struct summary_line *summary_get(const struct summary *summary, size_t place);

#endif
