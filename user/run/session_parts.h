/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the parts of a session share: how it is opened, and what happens in its turns. Nobody else includes it. */
#ifndef KATRACE_SESSION_PARTS_H
#define KATRACE_SESSION_PARTS_H

#include "run/session.h"

#include "run/lookup.h"
#include "run/losses.h"
#include "run/watched.h"
#include "kernel/tracer.h"
#include "kernel/walk.h"
#include "model/model.h"
#include "system/clock.h"

struct session {
	struct session_options options;
	struct hook hooks[N_HOOKS];
	struct walk *walk;
	struct tracer *tracer;
	struct watched *watched; /* NULL: no process was asked for */
	struct owners *owners;
	struct lookup *lookup;
	struct model *model;
	struct outputs *outputs;
	struct loop *loop;
	struct losses losses;
	uint64_t wall_offset_ns; /* to the time of an event: CLOCK_REALTIME */
	uint64_t end_ns, next_stats_ns, next_drain_ns;
	int quiet_drains; /* in a row that found nothing */
	bool restricted;  /* walks see the processes asked for only */
	bool ending;
	bool stopped;
	int error;
};

/* --- session.c --- */

/* The callbacks of the tracer and of the model; ctx is the session. */
int session_on_record(void *ctx, const struct katrace_record *record);
void session_on_event(void *ctx, const struct event *event);
void session_on_finished(void *ctx, const struct connection *connection);

/* Has the loop call what there is to do in a session. Returns 0 or -errno. */
int session_watch(struct session *session);

/* Ends the run after what is being done now. */
void session_stop(void *ctx);

/* Before anything is handed on: the clock may have been set since. */
struct moment session_now(struct session *session);

#endif
