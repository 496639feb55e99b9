/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The model's counterpart for recordings: rebuilds the connections from recorded events, and passes both on as the
 * model does. It decides nothing: story_tell() applies events to connections. Times are CLOCK_REALTIME nanoseconds from
 * the recording.
 */
#ifndef KATRACE_REPLAY_H
#define KATRACE_REPLAY_H

#include "model/model.h"

/* Longest id of a connection, including its terminating zero. */
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
	uint64_t sequence;  /* its number in its run, from 1 */
	uint32_t own_netns; /* RECORDED_STARTED: katrace's network namespace, 0: unknown */

	/* RECORDED_EVENT; connection is not set yet, and EVENT_EVENTS_LOST has none. */
	struct event event;
	char connection_id[RECORDED_ID_MAX]; /* padded with zeros */
	struct identity id;                  /* without sock, which no recording has */
	uint64_t cookie;
	bool mptcp_subflow;
	struct owner owner; /* bytes of its name that were invalid UTF-8 are '?' */
};

struct replay;

/* NULL when out of memory. What the options point to must outlive it. */
struct replay *replay_new(const struct model_options *options, const struct model_output *output);

/* NULL is fine. Passes nothing on: see replay_finish(). */
void replay_free(struct replay *replay);

/*
 * Processes a line of the kind RECORDED_EVENT. Returns 0, or -ENOMEM: then it was not passed on, or its entry is
 * missing.
 */
int replay_event(struct replay *replay, const struct recorded *recorded);

/* Ends the run: passes on every connection that is still open, the oldest first, and forgets it. */
void replay_finish(struct replay *replay, uint64_t now_ns);

/* lost_connections: forgotten by the replay itself. */
struct model_counts replay_counts(const struct replay *replay);

#endif
