/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The model's counterpart for recordings: from recorded events it makes the connections again, and hands both on as the
 * model did. It decides nothing: what an event does to its connection is story_tell()'s. Times are those of the
 * recording, CLOCK_REALTIME nanoseconds.
 */
#ifndef KATRACE_REPLAY_H
#define KATRACE_REPLAY_H

#include "model/model.h"

/* Longest name of a connection, its end included. */
#define RECORDED_ID_MAX 64

enum recorded_kind {
	RECORDED_STARTED, /* a run begins */
	RECORDED_EVENT,
	RECORDED_STATS,
};

/* One line of a recording. */
struct recorded {
	enum recorded_kind kind;
	uint64_t time_ns;
	uint32_t own_netns; /* RECORDED_STARTED: katrace's network namespace, 0: not known */

	/* RECORDED_EVENT; connection is not set yet, nor is there one for EVENT_EVENTS_LOST. */
	struct event event;
	char connection_id[RECORDED_ID_MAX]; /* padded with zeros */
	struct identity id;                  /* but for sock, which no recording has */
	uint64_t cookie;
	struct owner owner; /* bytes of its name that were not valid UTF-8 are '?' */
};

struct replay;

/* NULL when out of memory. What the options point to must outlive it. */
struct replay *replay_new(const struct model_options *options, const struct model_output *output);

/* NULL is fine. Nothing is handed on: see replay_finish(). */
void replay_free(struct replay *replay);

/* Takes in a line of the kind RECORDED_EVENT. Returns 0, or -ENOMEM: then it was not handed on, or its entry is
 * missing. */
int replay_event(struct replay *replay, const struct recorded *recorded);

/* The run is over: hands on every connection that is still open, the oldest first, and forgets it. */
void replay_finish(struct replay *replay, uint64_t now_ns);

/* lost_connections: forgotten by the replay itself. */
struct model_counts replay_counts(const struct replay *replay);

#endif
