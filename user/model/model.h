/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * All state of a run: from sightings and owners it makes events and connections, and hands them on. It knows no clock,
 * no kernel and no output; times are CLOCK_BOOTTIME nanoseconds its caller passes.
 */
#ifndef KATRACE_MODEL_H
#define KATRACE_MODEL_H

#include "model/event.h"
#include "model/filter.h"
#include "model/owners.h"
#include "model/sighting.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An event of a connection whose owner is being looked up waits this long at most. */
#define MODEL_OWNER_WAIT_NS 1000000000ULL
/* An owner older than this is looked up again. */
#define MODEL_OWNER_FRESH_NS (10 * 1000000000ULL)

struct model_options {
	size_t max_connections;       /* the oldest idle one is forgotten beyond that */
	bool partial_walks;           /* walks see the processes asked for only: what they do not find is others' */
	bool no_timelines;            /* no output shows them */
	bool all;                     /* connections that end without keepalive having acted, too */
	uint32_t middlebox_timeout_s; /* connections whose first probe comes later are warned of; 0: none are */
	const struct filter *filter;  /* what is handed on; must outlive the model */
};

/* Where events go: event() in the order of each connection; finished() once for each, after its last event. */
struct model_output {
	void (*event)(void *ctx, const struct event *event);
	void (*finished)(void *ctx, const struct connection *connection);
	void *ctx;
};

/* Cumulative. */
struct model_counts {
	uint64_t connections; /* of which something was handed on */
	uint64_t timeouts;    /* connections that ended by one */
	uint64_t lost_hook;   /* known from gaps in probe numbers */
	uint64_t lost_connections;
};

struct model;

/* The owners stay the caller's and must outlive the model. NULL when out of memory. */
struct model *model_new(const struct model_options *options, const struct model_output *output, struct owners *owners);

/* NULL is fine. Nothing is handed on: see model_finish(). */
void model_free(struct model *model);

/* Takes in what the kernel saw. Returns 0, or -ENOMEM: then that sighting is lost, and counted as such. */
int model_observe(struct model *model, const struct sighting *sighting, uint64_t now_ns);

/* True while events wait for a walk over all descriptors; after it, call model_walked(). */
bool model_wants_walk(const struct model *model);
void model_walked(struct model *model, uint64_t now_ns);

/* Hands on what has waited long enough. */
void model_tick(struct model *model, uint64_t now_ns);

/*
 * A connection that belongs to others: whoever owns the kernel side may leave it out for a while. True for each one
 * found by the calls since the last question, false when there are no more.
 */
bool model_next_unwanted(struct model *model, struct identity *id);

/* When model_tick() has something to do next; UINT64_MAX: not before another sighting. */
uint64_t model_deadline_ns(const struct model *model);

/* Records were lost before they got here. */
void model_lost(struct model *model, enum lost_stage stage, uint64_t count, uint64_t now_ns);

/* Hands on all that waits, then every connection that is still open, the oldest story first. */
void model_finish(struct model *model, uint64_t now_ns);

struct model_counts model_counts(const struct model *model);

#endif
