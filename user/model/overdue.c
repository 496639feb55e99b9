// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Connections whose timer should have fired: perhaps their end was not recorded. */
#include "model/parts.h"

#include <netinet/tcp.h>

#define NS_PER_S 1000000000ULL
/* Timers may be late, and records too: an end may be on its way. */
#define SLACK_NS NS_PER_S
#define TIMER_WHEEL_ROUNDING 8 /* an eighth at most: kernel/time/timer.c */

void due_init(struct due *due)
{
	for (size_t i = 0; i < DUE_SECONDS; i++)
		TAILQ_INIT(&due->queues[i]);
}

static struct due_queue *queue_of(struct due *due, uint64_t second)
{
	return &due->queues[second % DUE_SECONDS];
}

/* Beyond the last queue it is looked at too early, and put back. */
static void enqueue(struct due *due, struct tracked *t)
{
	const uint64_t wanted = t->due_ns / NS_PER_S + 1, last = due->from_s + DUE_SECONDS - 1;

	t->due_s = wanted < due->from_s ? due->from_s : wanted > last ? last : wanted;
	TAILQ_INSERT_TAIL(queue_of(due, t->due_s), t, due);
	due->n++;
}

static void dequeue(struct due *due, struct tracked *t)
{
	TAILQ_REMOVE(queue_of(due, t->due_s), t, due);
	t->due_s = 0;
	due->n--;
}

void model_expect_nothing(struct model *model, struct tracked *t)
{
	if (t->due_s)
		dequeue(&model->due, t);
}

/* Usually later than before: then it stays in its queue, and is put into another one when its second has come. */
static void expect_at(struct model *model, struct tracked *t, uint64_t due_ns)
{
	if (!model->due.n)
		model->due.from_s = due_ns / NS_PER_S;
	t->due_ns = due_ns;
	if (t->due_s && due_ns / NS_PER_S + 1 >= t->due_s)
		return;
	model_expect_nothing(model, t);
	enqueue(&model->due, t);
}

/* After an unanswered probe the timer fires after the interval; otherwise after the idle time, perhaps quietly. */
static uint64_t longest_pause_ns(const struct tracked *t)
{
	const struct settings *settings = &t->c.settings;
	const uint64_t idle_s = settings->idle_s > settings->interval_s ? settings->idle_s : settings->interval_s;

	return (t->probe_open ? settings->interval_s : 2 * idle_s) * NS_PER_S;
}

void model_expect_firing(struct model *model, struct tracked *t, uint64_t at_ns)
{
	const uint64_t pause_ns = longest_pause_ns(t);

	t->missed_ns = 0;
	if (!t->c.announced || !t->c.settings.enabled || t->refused || t->skipped) {
		model_expect_nothing(model, t);
		return;
	}
	t->firing_ns = at_ns + pause_ns;
	expect_at(model, t, t->firing_ns + pause_ns / TIMER_WHEEL_ROUNDING + SLACK_NS);
}

void model_leave_unseen(struct model *model, struct tracked *t, uint64_t now_ns)
{
	if (t->c.announced && !t->c.only_met && !t->refused && !t->skipped)
		model_tell_unseen(model, t, now_ns); /* out of memory its event has no owner */
	else
		model_leave(model, t, FATE_UNKNOWN);
}

uint64_t model_look_ns(const struct model *model)
{
	const struct due *due = &model->due;

	for (uint64_t s = due->from_s; due->n && s < due->from_s + DUE_SECONDS; s++)
		if (!TAILQ_EMPTY(&due->queues[s % DUE_SECONDS]))
			return s * NS_PER_S;
	return UINT64_MAX;
}

/* Those of one queue. The others there are put where they belong by now. */
static size_t take_overdue(struct due *due, struct due_queue *queue, uint64_t now_ns, uint64_t *socks, size_t max)
{
	struct tracked *t = TAILQ_FIRST(queue), *next;
	size_t n = 0;

	for (; t && n < max; t = next) {
		next = TAILQ_NEXT(t, due);
		dequeue(due, t);
		if (t->due_ns > now_ns) {
			enqueue(due, t);
			continue;
		}
		socks[n++] = t->c.id.sock;
	}
	return n;
}

size_t model_overdue(struct model *model, uint64_t now_ns, uint64_t *socks, size_t max)
{
	struct due *due = &model->due;
	size_t n = 0;

	for (int i = 0; i < DUE_SECONDS && due->from_s <= now_ns / NS_PER_S; i++) {
		n += take_overdue(due, queue_of(due, due->from_s), now_ns, socks + n, max - n);
		if (n == max)
			break;
		due->from_s++;
	}
	return n;
}

void model_hurry(struct model *model, uint64_t now_ns)
{
	struct due_queue all = TAILQ_HEAD_INITIALIZER(all);
	struct due *due = &model->due;
	struct tracked *t;

	for (size_t i = 0; i < DUE_SECONDS; i++)
		TAILQ_CONCAT(&all, &due->queues[i], due);
	due->from_s = 0;
	due->n = 0;
	while (!TAILQ_EMPTY(&all)) {
		t = TAILQ_FIRST(&all);
		TAILQ_REMOVE(&all, t, due);
		t->due_s = 0;
		t->due_ns = 0;
		if (t->firing_ns <= now_ns)
			enqueue(due, t);
	}
}

static int still_there(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	int err = 0;

	if (!s->unacked_bytes && !s->queued_bytes) /* otherwise only its timer knows whether that matters */
		err = model_tell(model, t, s, now_ns);
	model_expect_firing(model, t, now_ns);
	model_leave_to_others(model, t);
	return err;
}

int model_looked(struct model *model, uint64_t sock, const struct sighting *s, uint64_t now_ns, bool last_call)
{
	struct tracked *t = lru_find(model->open, &sock);

	if (!t)
		return 0;
	if (s && s->state != TCP_CLOSE && same_connection(&t->c.id, &s->id))
		return still_there(model, t, s, now_ns);
	if (t->missed_ns || last_call)
		return model_tell_unseen(model, t, now_ns);
	t->missed_ns = now_ns;
	expect_at(model, t, now_ns + SLACK_NS);
	return 0;
}
