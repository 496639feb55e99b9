/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Sockets summed up by who holds them. */
#ifndef KATRACE_SUMMARY_H
#define KATRACE_SUMMARY_H

#include "model/sockets.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUMMARY_SETTINGS 3

/* How many there are with one concern, and the longest that one of them has been silent. */
struct concerned {
	uint64_t n;
	uint64_t silent_us;
};

/* The connections of one process; of all that nobody holds if owner.pid is 0. */
struct summary_line {
	struct owner owner; /* the first holder: connections with several count for it */
	uint64_t connections;
	uint64_t on, off;
	double probes_per_minute; /* while nothing else is said on them */
	struct {
		struct settings settings;
		uint64_t n;
	} settings[SUMMARY_SETTINGS]; /* in use, as they came */
	size_t n_settings;
	uint64_t n_others;      /* connections with yet other settings */
	bool detects;           /* worst_us holds */
	uint64_t worst_us;      /* of those with keepalive: from the peer's death until it is noticed */
	uint32_t worst_sysctls; /* KATRACE_IDLE... of the one that is worst */
	struct concerned concerns[CONCERN_LISTENER + 1];
};

struct summary;

/* seed as in sockets.h. NULL when out of memory. */
struct summary *summary_new(const struct zombie_limits *zombies, uint64_t seed);

/* NULL is fine. */
void summary_free(struct summary *summary);

/* Returns 0 or -ENOMEM. */
int summary_add(struct summary *summary, const struct listed *listed);

/* No more to come: sorts, most connections first. */
void summary_sort(struct summary *summary);

size_t summary_count(const struct summary *summary);
const struct summary_line *summary_get(const struct summary *summary, size_t place);

#endif
