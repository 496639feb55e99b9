/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Looks for connections that a middlebox forgets before one of their probes, in walks over all sockets, within a
 * budget: at the start, and then again and again for new ones. A program sets its socket up after it is connected, so a
 * new connection is reported when two walks have found it so.
 */
#ifndef KATRACE_MIDDLEBOX_H
#define KATRACE_MIDDLEBOX_H

#include "kernel/walk.h"
#include "model/filter.h"
#include "model/model.h"
#include "run/netns_names.h"

#include <stdint.h>

/* All must outlive it. */
struct middlebox_options {
	uint32_t timeout_s;
	struct walk *walk; /* WALK_SOCKETS */
	const struct filter *filter;
	struct model *model; /* gets what is found: model_meet() */
	struct netns_names *netns_names;
};

struct middlebox;

/* NULL when out of memory. */
struct middlebox *middlebox_new(const struct middlebox_options *options);

/* NULL is fine. */
void middlebox_free(struct middlebox *middlebox);

/* A whole walk at once, the first. Returns 0 or -errno. */
int middlebox_begin(struct middlebox *middlebox);

/* Continues the walk, or begins one, for a few milliseconds. Returns 1 if it is not over, 0 if it is, or -errno. */
int middlebox_step(struct middlebox *middlebox);

/* When to take the next step. CLOCK_BOOTTIME. */
uint64_t middlebox_next_ns(const struct middlebox *middlebox);

#endif
