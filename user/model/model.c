// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/parts.h"

#include "model/story.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>

static const uint64_t delay_ns[DELAYS] = {
	/* A restart of the timer is two records, made on one CPU with interrupts off, a few microseconds apart. */
	[DELAY_SWITCHED_OFF] = 10 * 1000000ULL,
	[DELAY_PEER_CLOSED] = 1000000000ULL,
};

struct model *model_new(const struct model_options *options, const struct model_output *output, struct owners *owners)
{
	struct model *model = calloc(1, sizeof(*model));

	if (!model)
		return NULL;
	model->options = *options;
	model->output = *output;
	model->owners = owners;
	STAILQ_INIT(&model->waiting);
	for (enum delay delay = 0; delay < DELAYS; delay++)
		TAILQ_INIT(&model->postponed[delay]);
	model->hand_on_ns = UINT64_MAX;
	due_init(&model->due);
	model->open = lru_new(offsetof(struct tracked, c.id.sock), sizeof(uint64_t));
	model->newcomers = newcomers_new(options->max_connections);
	if (model->open && model->newcomers)
		return model;
	model_free(model);
	return NULL;
}

static void forget_postponed(struct model *model, struct tracked *t, enum delay delay)
{
	if (!t->postponed[delay])
		return;
	TAILQ_REMOVE(&model->postponed[delay], t->postponed[delay], next);
	free(t->postponed[delay]);
	t->postponed[delay] = NULL;
}

static void forget_all_postponed(struct model *model, struct tracked *t)
{
	for (enum delay delay = 0; delay < DELAYS; delay++)
		forget_postponed(model, t, delay);
}

void tracked_free(struct tracked *t)
{
	timeline_clear(&t->c.timeline);
	free(t);
}

/* Outputs are not notified; model_leave() does that. */
static void drop(struct model *model, struct tracked *t)
{
	lru_remove(model->open, t);
	model_expect_nothing(model, t);
	forget_all_postponed(model, t);
	tracked_free(t);
}

void model_free(struct model *model)
{
	struct waiting *w;

	if (!model)
		return;
	while (!STAILQ_EMPTY(&model->waiting)) {
		w = STAILQ_FIRST(&model->waiting);
		STAILQ_REMOVE_HEAD(&model->waiting, next);
		if (--w->tracked->n_waiting == 0 && w->tracked->c.fate != FATE_OPEN)
			tracked_free(w->tracked);
		free(w);
	}
	while (model->open && lru_count(model->open))
		drop(model, lru_oldest(model->open));
	lru_free(model->open);
	newcomers_free(model->newcomers);
	free(model->unwanted.items);
	free(model);
}

/* --- connections --- */

void model_leave(struct model *model, struct tracked *t, enum fate fate)
{
	if (!t->newcomer)
		lru_remove(model->open, t);
	model_expect_nothing(model, t);
	forget_all_postponed(model, t);
	t->c.fate = fate;
	if (!t->n_waiting)
		model_hand_on_finished(model, t);
}

static struct tracked *enter(struct model *model, const struct sighting *s)
{
	struct newcomer *newcomer = model_find_newcomer(model, &s->id);
	struct tracked *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->c.id = model_identity(model, s);
	t->c.timeline.off = model->options.no_timelines;
	t->at_start = owners_held_at_start(model->owners, t->c.id.sock, t->c.id.inode);
	if (lru_add(model->open, t)) {
		free(t);
		return NULL;
	}
	if (newcomer) { /* now there is room */
		t->c.number = newcomer->number;
		t->counted = newcomer->counted;
		model_forget_newcomer(model, &s->id);
	}
	return t;
}

/* The open connection that s is about, if any. A connection that has lost its socket to s leaves here. */
static struct tracked *find(struct model *model, const struct sighting *s, uint64_t now_ns)
{
	struct tracked *t = lru_find(model->open, &s->id.sock);

	if (!t)
		return NULL;
	if (!same_connection(&t->c.id, &s->id)) {
		model_leave_unseen(model, t, now_ns);
		return NULL;
	}
	lru_use(model->open, t);
	return t;
}

/*
 * The end of a connection or of a suppression matters only if the connection is in the story, or if the peer was lost,
 * or with --all.
 */
static bool begins_a_story(const struct model *model, const struct sighting *s)
{
	enum verdict verdict;

	switch (s->kind) {
	case KATRACE_SETTLED:
		return false;
	case KATRACE_PEER_CLOSED:
	case KATRACE_CLOSING:
		return model->options.all && s->settings.enabled;
	case KATRACE_CLOSED:
		if (model->options.all && s->settings.enabled && state_was_established(s->state))
			return true;
		verdict = verdict_of(s);
		return verdict_is_timeout(verdict) || verdict == VERDICT_UNREACHABLE;
	default:
		return true;
	}
}

/* --- connections that do not pass the filter --- */

void model_leave_to_others(struct model *model, struct tracked *t)
{
	if (!t->refused || t->n_waiting)
		return;
	t->refused = false;
	t->skipped = true;
	model_note_unwanted(model, &t->c.id, t->orphan);
	if (!t->c.owner.pid && !model->options.partial_walks)
		return;
	if (t->counted) /* its timeline was begun for the outputs */
		model_leave(model, t, FATE_LEFT);
	else
		drop(model, t);
}

/* --- what may mean nothing --- */

static int postpone(struct model *model, struct tracked *t, const struct sighting *s, enum delay delay, uint64_t now_ns)
{
	struct postponed *postponed = calloc(1, sizeof(*postponed));

	if (!postponed)
		return -ENOMEM;
	postponed->sighting = *s;
	postponed->tracked = t;
	postponed->until_ns = now_ns + delay_ns[delay];
	t->postponed[delay] = postponed;
	TAILQ_INSERT_TAIL(&model->postponed[delay], postponed, next);
	return 0;
}

/* Nothing has followed that explains it. */
static int tell_postponed(struct model *model, struct tracked *t, enum delay delay, uint64_t now_ns)
{
	const struct sighting s = t->postponed[delay]->sighting;

	forget_postponed(model, t, delay);
	return model_tell(model, t, &s, now_ns);
}

/* Is s what a postponed sighting waited for, so that this one means nothing? */
static bool explains(const struct sighting *s, enum delay delay)
{
	if (delay == DELAY_SWITCHED_OFF)
		return s->kind == KATRACE_SWITCHED_ON && s->was_on;
	return s->kind == KATRACE_CLOSING || s->kind == KATRACE_CLOSED;
}

/* What was postponed comes before what follows. */
static int tell_before(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	int err = 0, told;

	for (enum delay delay = 0; delay < DELAYS; delay++) {
		if (!t->postponed[delay])
			continue;
		if (explains(s, delay)) {
			forget_postponed(model, t, delay);
			continue;
		}
		told = tell_postponed(model, t, delay, now_ns);
		err = err ?: told;
	}
	return err;
}

/* --- input --- */

int model_observe(struct model *model, const struct sighting *s, uint64_t now_ns)
{
	struct tracked *t = find(model, s, now_ns);
	const bool no_room = !t && model_has_no_room(model, s);
	int err, told;

	if (!t && !no_room && !begins_a_story(model, s))
		return 0;
	if (!filter_passes_identity(model->options.filter, &s->id)) {
		if (s->kind != KATRACE_CLOSED)
			model_note_unwanted(model, &s->id, s->orphan);
		return 0;
	}
	if (no_room)
		return model_tell_newcomer(model, s, now_ns);
	if (!t)
		t = enter(model, s);
	if (!t)
		return -ENOMEM;
	if (s->id.inode)
		t->c.id.inode = s->id.inode;
	if (s->cookie)
		t->c.cookie = s->cookie;
	t->c.mptcp_subflow |= s->mptcp_subflow;
	t->orphan = s->orphan;
	if (!t->c.announced && s->kind == KATRACE_ANSWER) { /* the record of its probe is still to come */
		t->early_answer_ns = s->time_ns;
		return 0;
	}
	if (s->kind == KATRACE_PEER_CLOSED)
		t->data = s->data; /* until it began to close */
	err = tell_before(model, t, s, now_ns);
	if (s->kind == KATRACE_SWITCHED_OFF)
		return postpone(model, t, s, DELAY_SWITCHED_OFF, now_ns) ?: err;
	if (s->kind == KATRACE_PEER_CLOSED)
		return postpone(model, t, s, DELAY_PEER_CLOSED, now_ns) ?: err;
	told = model_tell(model, t, s, now_ns);
	if (s->kind == KATRACE_CLOSED) /* it is freed already */
		return told ?: err;
	model_expect_firing(model, t, s->time_ns);
	model_leave_to_others(model, t);
	return told ?: err;
}

int model_meet(struct model *model, const struct sighting *s, uint32_t alike, uint64_t now_ns)
{
	struct tracked *t = lru_find(model->open, &s->id.sock);
	int err;

	if (t && !t->c.only_met) /* another connection of that sock may have ended: its record comes */
		return 0;
	t = find(model, s, now_ns);
	if (t || lru_count(model->open) >= model->options.max_connections)
		return 0;
	t = enter(model, s);
	if (!t)
		return -ENOMEM;
	t->c.cookie = s->cookie;
	t->alike = alike;
	err = model_tell(model, t, s, now_ns);
	t->alike = 0;
	return err;
}

void model_gone(struct model *model, uint64_t sock, uint64_t inode)
{
	struct tracked *t = lru_find(model->open, &sock);

	if (!t || t->c.id.inode != inode || !t->c.only_met)
		return;
	if (!model->options.all || !t->c.settings.enabled) /* otherwise its end is recorded, and may come much later */
		model_leave(model, t, FATE_UNKNOWN);
}

/* Out of memory its timeline lacks an entry. */
static void tell_first_postponed(struct model *model, enum delay delay, uint64_t now_ns)
{
	struct tracked *t = TAILQ_FIRST(&model->postponed[delay])->tracked;

	tell_postponed(model, t, delay, now_ns);
	model_leave_to_others(model, t);
}

/* UINT64_MAX: none waits. */
static uint64_t first_postponed_ns(const struct model *model, enum delay delay)
{
	const struct postponed *first = TAILQ_FIRST(&model->postponed[delay]);

	return first ? first->until_ns : UINT64_MAX;
}

/* Those that were postponed until end_ns at most. */
static void tell_all_postponed(struct model *model, uint64_t end_ns, uint64_t now_ns)
{
	for (enum delay delay = 0; delay < DELAYS; delay++)
		while (!TAILQ_EMPTY(&model->postponed[delay]) && first_postponed_ns(model, delay) <= end_ns)
			tell_first_postponed(model, delay, now_ns);
}

void model_tick(struct model *model, uint64_t now_ns)
{
	tell_all_postponed(model, now_ns, now_ns);
	model_hand_on_some(model, now_ns);
}

uint64_t model_deadline_ns(const struct model *model)
{
	uint64_t first_ns = model_next_hand_on_ns(model);

	for (enum delay delay = 0; delay < DELAYS; delay++)
		if (first_postponed_ns(model, delay) < first_ns)
			first_ns = first_postponed_ns(model, delay);
	return first_ns;
}

void model_lost(struct model *model, enum lost_stage stage, uint64_t count, uint64_t now_ns)
{
	const struct event event = {
		.kind = EVENT_EVENTS_LOST,
		.severity = SEVERITY_WARN,
		.time_ns = now_ns,
		.lost = { .stage = stage, .count = count },
	};

	if (stage == LOST_RING)
		model->lost += count;
	model->output.event(model->output.ctx, &event);
}

static int by_age(const void *a, const void *b)
{
	return story_compare(&((const struct tracked *)a)->c, &((const struct tracked *)b)->c);
}

void model_finish(struct model *model, uint64_t now_ns)
{
	struct tracked *t;

	tell_all_postponed(model, UINT64_MAX, now_ns);
	while (!STAILQ_EMPTY(&model->waiting))
		model_hand_on_first(model, now_ns);
	lru_sort(model->open, by_age); /* the order of a replay */
	while (lru_count(model->open)) {
		t = lru_oldest(model->open);
		t->c.last_ns = now_ns;
		model_leave(model, t, FATE_OPEN);
	}
}

struct model_counts model_counts(const struct model *model)
{
	return model->counts;
}
