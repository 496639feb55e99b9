/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the parts of the model share. Nothing else includes it. */
#ifndef KATRACE_MODEL_PARTS_H
#define KATRACE_MODEL_PARTS_H

#include "model/lru.h"
#include "model/model.h"
#include "model/newcomers.h"

#include <sys/queue.h>

/* Sightings that are not reported at once, because what follows may show that they mean nothing. */
enum delay {
	/*
	 * KATRACE_SWITCHED_OFF: if the idle time changes, the timer is cancelled and restarted. The record of the
	 * restart follows immediately and shows that keepalive was not switched off.
	 */
	DELAY_SWITCHED_OFF,
	DELAY_PEER_CLOSED, /* most applications close, too, as soon as they read the end of the data */
	DELAYS
};

/* A connection, and what only the model needs to know about it. */
struct tracked {
	struct lru_item lru;
	struct connection c;
	bool counted;   /* at least one of its events was passed on */
	bool newcomer;  /* there is no room for it: it lasts as long as one sighting and the events that wait */
	bool at_start;  /* the first walk found it */
	uint32_t alike; /* in model_meet() only: its parameter */

	bool probe_open; /* the last probe was neither answered nor followed by another one */
	uint32_t probe_number;
	uint64_t probe_ns;
	uint64_t first_probe_ns; /* of the probes that are unanswered now; 0: not known */

	/*
	 * An answer that was recorded before its probe: they may come from two CPUs, and a probe is recorded only when
	 * its timer is done. 0: none.
	 */
	uint64_t early_answer_ns;

	struct data_age data; /* when it began to close */
	enum katrace_close_reason close_reason;

	uint64_t lost_before;  /* lost records when it was last seen: they can explain a gap in its probe numbers */
	uint64_t owner_due_ns; /* look the owner up again then */
	bool orphan;           /* no process holds it any more */
	bool refused;          /* its owner did not pass the filter */
	bool skipped;          /* the kernel side ignored it for a while: events may be missing */
	uint32_t owner_misses;

	/* overdue.c */
	uint64_t firing_ns; /* its timer fires then at the latest */
	uint64_t due_ns;    /* some time later */
	uint64_t due_s;     /* the second whose queue it is in; 0: in none */
	uint64_t missed_ns; /* it was looked for and not found; 0: it was not */
	TAILQ_ENTRY(tracked) due;

	struct postponed *postponed[DELAYS]; /* NULL: none */
	uint32_t n_waiting;                  /* its events in the waiting queue; it is kept until they are out */
};

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

#define DUE_SECONDS 512

/* The connections that are due in each of the next seconds, or later. */
struct due {
	TAILQ_HEAD(due_queue, tracked) queues[DUE_SECONDS];
	uint64_t from_s; /* the first of these seconds */
	size_t n;
};

struct model {
	struct model_options options;
	struct model_output output;
	struct owners *owners;
	struct lru *open;                                         /* connections, by their sock */
	struct newcomers *newcomers;                              /* for which open has no room */
	STAILQ_HEAD(waiting_queue, waiting) waiting;              /* in order of until_ns */
	TAILQ_HEAD(postponed_queue, postponed) postponed[DELAYS]; /* the same */
	uint64_t lost;                                            /* records, at any stage before the model */
	uint64_t hand_on_ns; /* a walk is over, and more events may be handed on; UINT64_MAX: no */
	uint64_t numbers;    /* given to connections */
	struct unwanted_list {
		struct unwanted *items;
		size_t n, room;
	} unwanted; /* not returned yet */
	struct due due;
	struct model_counts counts;
};

/* --- waiting.c: owners, and the events that wait for them --- */

/*
 * Sets the severity of the event. It updates the connection at once; the event itself may have to wait. Returns the
 * result of story_tell().
 */
int model_publish(struct model *model, struct tracked *t, struct event *event, uint64_t now_ns);

/* Passes on the event that has waited longest, with what is known about its owner. */
void model_hand_on_first(struct model *model, uint64_t now_ns);

/* Passes on some events whose time is up, or whose owner a walk has looked for; and when there will be more. */
void model_hand_on_some(struct model *model, uint64_t now_ns);
uint64_t model_next_hand_on_ns(const struct model *model);

/* That of a sighting; an orphan has the inode it had when a process held it, if a walk has seen that. */
struct identity model_identity(const struct model *model, const struct sighting *s);

/* It has left the story and its last event is out: passes it on, unless it is a newcomer, and frees it. */
void model_hand_on_finished(struct model *model, struct tracked *t);

/* --- meaning.c --- */

/* Publishes the events of a sighting. Returns 0, or -ENOMEM if a timeline lacks an entry. */
int model_tell(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns);

/* --- crowd.c: connections for which there is no room --- */

struct newcomer *model_find_newcomer(const struct model *model, const struct identity *id);

/* Is a sighting that is about no open connection to be told without remembering its connection? */
bool model_has_no_room(const struct model *model, const struct sighting *s);

/* Publishes the events of such a sighting. Returns 0 or -ENOMEM. */
int model_tell_newcomer(struct model *model, const struct sighting *s, uint64_t now_ns);

/* It does not match the filter, or has a place now. */
void model_forget_newcomer(struct model *model, const struct identity *id);

/* One of its events is passed on: counts the connection, once. */
void model_count(struct model *model, struct tracked *t);

/* The connection is gone; its end was not recorded. */
int model_tell_unseen(struct model *model, struct tracked *t, uint64_t now_ns);

/* --- overdue.c --- */

void due_init(struct due *due);

/* The timer will fire again, as far as the last event tells, which was at at_ns. */
void model_expect_firing(struct model *model, struct tracked *t, uint64_t at_ns);

void model_expect_nothing(struct model *model, struct tracked *t);

/* Another connection uses its sock. Of one that the kernel side skipped no end is expected. */
void model_leave_unseen(struct model *model, struct tracked *t, uint64_t now_ns);

/* --- model.c: the connections in the story --- */

/* Removes an open connection from the story; passes it on as soon as none of its events waits. */
void model_leave(struct model *model, struct tracked *t, enum fate fate);

/*
 * Forgets a connection that does not match the filter, and notes that its records are not wanted. If a matching process
 * gets its socket, it starts again. One without a known owner is kept and looked up less and less often.
 */
void model_leave_to_others(struct model *model, struct tracked *t);

/* The records of a connection that does not match the filter are not wanted. */
void model_note_unwanted(struct model *model, const struct identity *id, bool orphan);

void tracked_free(struct tracked *t);

#endif
