/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Looks up who holds which socket: walks over descriptors, within a budget, and fills the model's owners. A walk is
 * made in steps, so that signals, records and output get their turn meanwhile.
 */
#ifndef KATRACE_LOOKUP_H
#define KATRACE_LOOKUP_H

#include "kernel/walk.h"
#include "model/filter.h"
#include "model/owners.h"

#include <stdbool.h>
#include <stdint.h>

struct lookup;

/* All three must outlive it. NULL when out of memory. */
struct lookup *lookup_new(struct walk *walk, struct owners *owners, const struct filter *filter);

/* NULL is fine. */
void lookup_free(struct lookup *lookup);

/*
 * Follows the processes of the filter with all their descendants: walk_options.kin. Returns 0, or -errno after a line
 * on stderr.
 */
int lookup_follow_children(struct lookup *lookup);

/* Describes a process that another walk found, as the only holder of a socket. */
void lookup_process(struct lookup *lookup, const struct katrace_owner *found, struct owner *owner);

/*
 * Continues the walk, or begins one, for a few milliseconds. Returns 1 if it is not over, 0 if it is: the owners have
 * its results; or -errno.
 */
int lookup_step(struct lookup *lookup);

/* A whole walk at once, whatever the budget. Returns 0 or -errno. */
int lookup_now(struct lookup *lookup);

/* True between the first step and the last one. */
bool lookup_is_walking(const struct lookup *lookup);

/* When to take the next step: when the budget allows the next walk, or now. CLOCK_BOOTTIME. */
uint64_t lookup_next_ns(const struct lookup *lookup);

/* Descriptors that were dropped because memory ran out, and descendants that did not fit the map of kin. */
uint64_t lookup_lost(const struct lookup *lookup);

#endif
