/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the parts of a session share: opening it and running it. Nothing else includes it. */
#ifndef KATRACE_SESSION_PARTS_H
#define KATRACE_SESSION_PARTS_H

#include "run/session.h"

#include "run/budget.h"
#include "run/lookup.h"
#include "run/losses.h"
#include "run/middlebox.h"
#include "run/netns_names.h"
#include "run/sweep.h"
#include "run/watched.h"
#include "kernel/tracer.h"
#include "kernel/walk.h"
#include "model/model.h"
#include "system/clock.h"

struct session {
	struct session_options options;
	struct hook hooks[N_HOOKS];
	struct walk *walk;
	struct walk *states; /* for middlebox; NULL like that */
	struct tracer *tracer;
	struct watched *watched; /* NULL: no --pid */
	struct owners *owners;
	struct lookup *lookup;
	struct netns_names *netns_names;
	struct middlebox *middlebox; /* NULL: no --middlebox-timeout */
	struct model *model;
	struct outputs *outputs;
	struct loop *loop;
	struct losses losses;
	struct sweep sweep;
	uint64_t wall_offset_ns; /* from the time of an event to CLOCK_REALTIME */
	uint64_t end_ns, next_stats_ns, next_drain_ns;
	struct budget looks; /* at connections whose timer should have fired */
	int quiet_drains;    /* consecutive drains without records */
	bool restricted;     /* walks see the processes of --pid only */
	bool ending;
	int error;
};

/* --- session.c --- */

/* Callbacks for the tracer and the model; ctx is the session. */
int session_on_record(void *ctx, const struct katrace_record *record);
void session_on_event(void *ctx, const struct event *event);
void session_on_finished(void *ctx, const struct connection *connection);

/* Passes on some of what is in the ring. Returns true if that was all. */
bool session_catch_up(struct session *session);

/* The kernel side skips connections that do not match the filter for a while. */
void session_ignore_unwanted(struct session *session);

/* --- look.c: connections that are overdue, for the loop; and at the end of the run --- */

void look_for_overdue(void *ctx);
uint64_t look_due(void *ctx);
void look_for_last(struct session *session);

/* Registers the session with its loop. Returns 0 or -errno. */
int session_watch(struct session *session);

/* Ends the run after the current step. */
void session_stop(void *ctx);

/* Call it before passing anything on: the clock may have been set. */
struct moment session_now(struct session *session);

#endif
