/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The whole state of a run: turns sightings and owners into events and connections, and passes them on. It uses no
 * clock, no kernel and no output. Its caller passes times, in CLOCK_BOOTTIME nanoseconds.
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

/* An event waits at most this long for the owner of its connection. */
#define MODEL_OWNER_WAIT_NS 1000000000ULL
/* An owner older than this is looked up again. */
#define MODEL_OWNER_FRESH_NS (10 * 1000000000ULL)

struct model_options {
	size_t max_connections;       /* beyond that only the events of new ones are passed on */
	bool partial_walks;           /* walks see only the processes of --pid: other sockets do not match */
	bool no_timelines;            /* no output prints timelines */
	bool all;                     /* also connections whose keepalive never acts */
	uint32_t middlebox_timeout_s; /* warn of those that are silent for as long before a probe; 0: never */
	const struct filter *filter;  /* what is passed on; must outlive the model */
};

/* Where events go: event() in the order of each connection; finished() once for each, after its last event. */
struct model_output {
	void (*event)(void *ctx, const struct event *event);
	void (*finished)(void *ctx, const struct connection *connection);
	void *ctx;
};

/* Cumulative. */
struct model_counts {
	uint64_t connections;      /* with at least one event passed on */
	uint64_t timeouts;         /* connections that a timeout ended */
	uint64_t lost_hook;        /* known from gaps in probe numbers */
	uint64_t lost_connections; /* those of them that were not remembered at first: no room */
	uint64_t lost_owner;       /* events that a filter refused, only because their owner was not known in time */
	bool are_more;             /* there were connections that are not even counted */
};

struct model;

/* The caller keeps the owners, which must outlive the model. NULL when out of memory. */
struct model *model_new(const struct model_options *options, const struct model_output *output, struct owners *owners);

/* NULL is fine. Passes nothing on: see model_finish(). */
void model_free(struct model *model);

/*
 * A walk found a connection that a middlebox would forget before one of its probes. It stands for alike connections of
 * its process, 1 if only for itself. Reported unless it is in the story already. Returns like model_observe().
 */
int model_meet(struct model *model, const struct sighting *sighting, uint32_t alike, uint64_t now_ns);

/* A later walk did not find that connection: forgets it if nothing else has happened to it. */
void model_gone(struct model *model, uint64_t sock, uint64_t inode);

/* Processes what the kernel saw. Returns 0, or -ENOMEM: then the sighting is lost, or a timeline lacks an entry. */
int model_observe(struct model *model, const struct sighting *sighting, uint64_t now_ns);

/*
 * True while events wait for a walk over all descriptors; after it, call model_walked(). Events that came while the
 * walk was under way may have to wait for the next one.
 */
bool model_wants_walk(const struct model *model);
void model_walked(struct model *model, uint64_t now_ns);

/* Passes on what has waited long enough. */
void model_tick(struct model *model, uint64_t now_ns);

/* A connection that does not match the filter. */
struct unwanted {
	uint64_t sock, inode;
	bool orphan; /* no process can get it any more: it stays unwanted */
};

/* Returns them, one per call; the kernel side may skip them for a while. False if there are no more. */
bool model_next_unwanted(struct model *model, struct unwanted *unwanted);

/* Is there room for one more connection? Is one with this sock remembered? */
bool model_has_room(const struct model *model);
bool model_knows(const struct model *model, uint64_t sock);

/* When to call model_tick() next; UINT64_MAX: not before another sighting. */
uint64_t model_deadline_ns(const struct model *model);

/*
 * Connections of which nothing was recorded although their timer should have fired: perhaps their end was not recorded.
 * model_look_ns(): when there may be some; UINT64_MAX: never. model_overdue() returns the socks of at most max of them,
 * and how many. Look at each and call model_looked() with what was found, of the kind KATRACE_SETTLED, or NULL. Call
 * both only when all records so far were passed to model_observe(). A connection that is gone has ended when it is
 * looked at for the second time, a second later: its last record may be on its way. model_hurry() and last_call are for
 * the end of a run: no time is given. model_looked() returns like model_observe().
 */
uint64_t model_look_ns(const struct model *model);
size_t model_overdue(struct model *model, uint64_t now_ns, uint64_t *socks, size_t max);
int model_looked(struct model *model, uint64_t sock, const struct sighting *sighting, uint64_t now_ns, bool last_call);
void model_hurry(struct model *model, uint64_t now_ns);

/* Reports records that were lost before they reached the model. */
void model_lost(struct model *model, enum lost_stage stage, uint64_t count, uint64_t now_ns);

/* Passes on all waiting events, then every connection that is still open, the oldest story first. */
void model_finish(struct model *model, uint64_t now_ns);

struct model_counts model_counts(const struct model *model);

#endif
