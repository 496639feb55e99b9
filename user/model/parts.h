/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the parts of the model share. Nobody else includes it. */
#ifndef KATRACE_MODEL_PARTS_H
#define KATRACE_MODEL_PARTS_H

#include "model/lru.h"
#include "model/model.h"

#include <sys/queue.h>

/* A connection and what only the model needs to know of it. */
struct tracked {
	struct lru_item lru;
	struct connection c;
	bool counted;  /* something of it was handed on */
	bool at_start; /* the first walk found it */

	bool probe_open; /* the last probe has neither been answered nor followed by another */
	uint32_t probe_number;
	uint64_t probe_ns;

	/*
	 * An answer whose probe has not been seen: the two are recorded on different CPUs, and a probe only when its
	 * timer is done. 0: none.
	 */
	uint64_t early_answer_ns;

	uint64_t lost_before;  /* records known to be lost when it was last seen: explains a gap in its probe numbers */
	uint64_t owner_due_ns; /* look the owner up again then */
	bool refused;          /* the filter did not let its owner pass */
	bool skipped;          /* the kernel side was told to ignore it: there are gaps in what is seen of it */
	uint32_t owner_misses;

	struct postponed *postponed; /* keepalive was perhaps switched off; NULL: no */
	uint32_t n_waiting;          /* its events in the waiting queue; it stays until they are out */
};

/*
 * KATRACE_SWITCHED_OFF is not told at once: when the idle time is changed the timer is cancelled and started anew, and
 * the record of its start, a moment later, tells that this was no switching off.
 */
struct postponed {
	struct sighting sighting;
	struct tracked *tracked;
	uint64_t until_ns;
	TAILQ_ENTRY(postponed) next;
};

struct waiting {
	struct event event;
	struct tracked *tracked;
	uint64_t until_ns;
	STAILQ_ENTRY(waiting) next;
};

struct model {
	struct model_options options;
	struct model_output output;
	struct owners *owners;
	struct lru *open;                                 /* connections, by their sock */
	STAILQ_HEAD(waiting_queue, waiting) waiting;      /* in order of until_ns */
	TAILQ_HEAD(postponed_queue, postponed) postponed; /* the same */
	uint64_t lost;                                    /* records, at any stage before the model */
	uint64_t numbers;                                 /* given to connections */
	struct unwanted {
		struct identity *ids;
		size_t n, room;
	} unwanted; /* not asked for yet */
	struct model_counts counts;
};

/* --- waiting.c: owners, and the events that wait for them --- */

/* Gives the event its severity. The connection follows it at once; the event itself may have to wait. Returns what
 * story_tell() does. */
int model_publish(struct model *model, struct tracked *t, struct event *event, uint64_t now_ns);

/* Hands on the event that has waited longest, with what is known of its owner. */
void model_hand_on_first(struct model *model, uint64_t now_ns);

/* It has left the story and its last event is out: hands it on and frees it. */
void model_hand_on_finished(const struct model *model, struct tracked *t);

/* --- meaning.c --- */

/* Publishes the events a sighting stands for. Returns 0, or -ENOMEM when a timeline lacks an entry. */
int model_tell(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns);

/* --- model.c: the connections in the story --- */

/* Takes an open connection out of the story; hands it on as soon as nothing of it waits. */
void model_leave(struct model *model, struct tracked *t, enum fate fate);

/*
 * Forgets a connection of others without a word, and notes that no more of it is wanted; should it be passed to
 * a process that is wanted, it begins anew. One without a known owner stays, to be looked up less and less often.
 */
void model_leave_to_others(struct model *model, struct tracked *t);

void tracked_free(struct tracked *t);

#endif
