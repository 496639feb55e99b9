// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/model.h"

#include "model/giving_up.h"
#include "model/story.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* An allocation that fails inside uthash leaves the element out instead of ending the process. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define OWNER_MISSES_MAX 6

/* The two records are made on one CPU with interrupts off, and so a few microseconds apart. */
#define HOLD_NS (10 * 1000000ULL)

/* A connection and what only the model needs to know of it. */
struct tracked {
	struct connection c; /* first: outputs get a pointer to it */
	bool counted;        /* something of it was handed on */
	bool at_start;       /* the first walk found it */

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

	struct held *held;  /* keepalive was perhaps switched off; NULL: no */
	uint32_t n_waiting; /* its events in the waiting queue; it stays until they are out */
	UT_hash_handle hh;
	TAILQ_ENTRY(tracked) by_use;
};

/*
 * KATRACE_SWITCHED_OFF is not told at once: when the idle time is changed the timer is cancelled and started anew, and
 * the record of its start, a moment later, tells that this was no switching off.
 */
struct held {
	struct sighting sighting;
	struct tracked *tracked;
	uint64_t until_ns;
	TAILQ_ENTRY(held) next;
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
	struct tracked *by_sock;                     /* open connections */
	TAILQ_HEAD(by_use, tracked) by_use;          /* the same, the least recently seen first */
	STAILQ_HEAD(waiting_queue, waiting) waiting; /* in order of until_ns */
	TAILQ_HEAD(held_queue, held) held;           /* the same */
	uint64_t lost;                               /* records, at any stage before the model */
	uint64_t numbers;                            /* given to connections */
	struct model_counts counts;
};

struct model *model_new(const struct model_options *options, const struct model_output *output, struct owners *owners)
{
	struct model *model = calloc(1, sizeof(*model));

	if (!model)
		return NULL;
	model->options = *options;
	model->output = *output;
	model->owners = owners;
	TAILQ_INIT(&model->by_use);
	STAILQ_INIT(&model->waiting);
	TAILQ_INIT(&model->held);
	return model;
}

static void forget_held(struct model *model, struct tracked *t)
{
	if (!t->held)
		return;
	TAILQ_REMOVE(&model->held, t->held, next);
	free(t->held);
	t->held = NULL;
}

static void tracked_free(struct tracked *t)
{
	timeline_clear(&t->c.timeline);
	free(t);
}

void model_free(struct model *model)
{
	struct waiting *w;
	struct tracked *t, *next;

	if (!model)
		return;
	while ((w = STAILQ_FIRST(&model->waiting))) {
		STAILQ_REMOVE_HEAD(&model->waiting, next);
		if (--w->tracked->n_waiting == 0 && w->tracked->c.fate != FATE_OPEN)
			tracked_free(w->tracked);
		free(w);
	}
	HASH_ITER (hh, model->by_sock, t, next) {
		HASH_DEL(model->by_sock, t);
		forget_held(model, t);
		tracked_free(t);
	}
	free(model);
}

/* --- handing on --- */

static void hand_on(struct model *model, struct tracked *t, const struct event *event, uint64_t now_ns)
{
	if (!filter_passes_owner(model->options.filter, &t->c.owner)) {
		t->refused = t->refused || now_ns < t->owner_due_ns; /* unless its owner is only not known yet */
		return;
	}
	t->refused = false;
	if (!filter_passes_event(model->options.filter, event))
		return;
	if (!t->counted)
		model->counts.connections++;
	t->counted = true;
	model->output.event(model->output.ctx, event);
}

/* It has left the story and its last event is out. */
static void hand_on_finished(const struct model *model, struct tracked *t)
{
	if (t->c.announced && filter_passes_timeline(model->options.filter, &t->c))
		model->output.finished(model->output.ctx, &t->c);
	tracked_free(t);
}

/* --- owners --- */

static void take_owner(struct model *model, struct tracked *t, uint64_t now_ns)
{
	struct owner owner;

	if (owners_lookup(model->owners, t->c.id.sock, t->c.id.inode, &owner)) {
		t->c.owner = owner;
		t->owner_misses = 0;
		t->owner_due_ns = owners_walked_ns(model->owners) + MODEL_OWNER_FRESH_NS;
		return;
	}
	/* Held by nobody katrace can see, in another pid namespace perhaps: ask less and less often. */
	t->owner_due_ns = now_ns + (MODEL_OWNER_FRESH_NS << t->owner_misses);
	if (t->owner_misses < OWNER_MISSES_MAX)
		t->owner_misses++;
}

/* Is the owner known well enough to hand on an event now? */
static bool owner_is_settled(struct model *model, struct tracked *t, uint64_t now_ns)
{
	struct owner owner;

	if (now_ns < t->owner_due_ns)
		return true;
	if (!t->c.id.inode) /* no file, no owner: the kernel's own, an orphan, or not accepted yet */
		return true;
	if (now_ns - owners_walked_ns(model->owners) >= MODEL_OWNER_FRESH_NS ||
	    !owners_lookup(model->owners, t->c.id.sock, t->c.id.inode, &owner))
		return false;
	take_owner(model, t, now_ns);
	return now_ns < t->owner_due_ns;
}

/* The connection follows its event at once; the event itself may have to wait. Returns what story_tell() does. */
static int publish(struct model *model, struct tracked *t, const struct event *event, uint64_t now_ns)
{
	const int err = story_tell(&t->c, event);
	struct waiting *w;

	if (!t->n_waiting && owner_is_settled(model, t, now_ns)) {
		hand_on(model, t, event, now_ns);
		return err;
	}
	w = malloc(sizeof(*w));
	if (!w) { /* better without its owner than not at all */
		hand_on(model, t, event, now_ns);
		return err;
	}
	w->event = *event;
	w->tracked = t;
	w->until_ns = now_ns + MODEL_OWNER_WAIT_NS;
	t->n_waiting++;
	STAILQ_INSERT_TAIL(&model->waiting, w, next);
	return err;
}

/*
 * Forgets a connection of others without a word, and lets the kernel side ignore it for a while; should it be passed to
 * a process that is wanted, it begins anew. One without a known owner stays, to be looked up less and less often.
 */
static void leave_to_others(struct model *model, struct tracked *t)
{
	if (!t->refused || t->n_waiting)
		return;
	t->refused = false;
	t->skipped = true;
	model->output.unwanted(model->output.ctx, &t->c.id);
	if (!t->c.owner.pid && !model->options.partial_walks)
		return;
	HASH_DEL(model->by_sock, t);
	TAILQ_REMOVE(&model->by_use, t, by_use);
	forget_held(model, t);
	tracked_free(t);
}

static void hand_on_first_waiting(struct model *model, uint64_t now_ns)
{
	struct waiting *w = STAILQ_FIRST(&model->waiting);
	struct tracked *t = w->tracked;

	STAILQ_REMOVE_HEAD(&model->waiting, next);
	hand_on(model, t, &w->event, now_ns);
	free(w);
	t->n_waiting--;
	if (t->n_waiting == 0 && t->c.fate != FATE_OPEN)
		hand_on_finished(model, t);
	else
		leave_to_others(model, t);
}

bool model_wants_walk(const struct model *model)
{
	return !STAILQ_EMPTY(&model->waiting);
}

void model_walked(struct model *model, uint64_t now_ns)
{
	const struct waiting *w;

	while ((w = STAILQ_FIRST(&model->waiting))) {
		if (now_ns >= w->tracked->owner_due_ns)
			take_owner(model, w->tracked, now_ns);
		hand_on_first_waiting(model, now_ns);
	}
}

/* --- connections --- */

/* Takes an open connection out of the story; hands it on as soon as nothing of it waits. */
static void leave(struct model *model, struct tracked *t, enum fate fate)
{
	HASH_DEL(model->by_sock, t);
	TAILQ_REMOVE(&model->by_use, t, by_use);
	forget_held(model, t);
	t->c.fate = fate;
	if (!t->n_waiting)
		hand_on_finished(model, t);
}

static void make_room(struct model *model, uint64_t now_ns)
{
	if (HASH_COUNT(model->by_sock) < model->options.max_connections)
		return;
	leave(model, TAILQ_FIRST(&model->by_use), FATE_FORGOTTEN);
	model->counts.lost_connections++;
	model_lost(model, LOST_CONNECTIONS, 1, now_ns);
}

static struct tracked *enter(struct model *model, const struct sighting *s, uint64_t now_ns)
{
	struct tracked *t;

	make_room(model, now_ns);
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->c.id = s->id;
	t->c.timeline.off = model->options.no_timelines;
	t->at_start = owners_held_at_start(model->owners, s->id.sock, s->id.inode);
	HASH_ADD(hh, model->by_sock, c.id.sock, sizeof(t->c.id.sock), t);
	if (!t->hh.tbl) {
		free(t);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&model->by_use, t, by_use);
	return t;
}

/* The open connection s is about, if there is one; one that has lost its socket to s leaves here. */
static struct tracked *find(struct model *model, const struct sighting *s)
{
	struct tracked *t;

	HASH_FIND(hh, model->by_sock, &s->id.sock, sizeof(s->id.sock), t);
	if (!t)
		return NULL;
	if (!same_connection(&t->c.id, &s->id)) {
		leave(model, t, FATE_UNKNOWN);
		return NULL;
	}
	TAILQ_REMOVE(&model->by_use, t, by_use);
	TAILQ_INSERT_TAIL(&model->by_use, t, by_use);
	return t;
}

static bool was_established(const struct sighting *s)
{
	return s->state != TCP_SYN_SENT && s->state != TCP_SYN_RECV;
}

/*
 * A close or an all-clear of a connection that is not in the story means nothing, unless the peer was lost or all
 * connections with keepalive are wanted.
 */
static bool begins_a_story(const struct model *model, const struct sighting *s)
{
	switch (s->kind) {
	case KATRACE_SETTLED:
		return false;
	case KATRACE_CLOSED:
		if (model->options.all && s->settings.enabled && was_established(s))
			return true;
		return s->close_cause == KATRACE_CLOSE_KEEPALIVE || s->error == ETIMEDOUT || s->error == EHOSTUNREACH ||
		       s->error == ENETUNREACH;
	default:
		return true;
	}
}

/* --- what a sighting means --- */

static struct event event_of(enum event_kind kind, const struct tracked *t, const struct sighting *s)
{
	return (struct event){
		.kind = kind,
		.time_ns = s->time_ns,
		.connection = &t->c,
		.settings = s->settings,
		.state = s->state,
		.silent_us = s->silent_us,
	};
}

static uint8_t changed_settings(const struct settings *a, const struct settings *b)
{
	return (a->idle_s != b->idle_s ? KATRACE_IDLE : 0) | (a->interval_s != b->interval_s ? KATRACE_INTERVAL : 0) |
	       (a->probe_limit != b->probe_limit ? KATRACE_PROBE_LIMIT : 0);
}

static int configured(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	const uint32_t middlebox_timeout_s = model->options.middlebox_timeout_s;
	struct event event = event_of(EVENT_CONFIGURED, t, s);

	if (middlebox_timeout_s && s->settings.enabled && s->settings.idle_s > middlebox_timeout_s)
		event.changed.middlebox_timeout_s = middlebox_timeout_s;

	if (t->c.announced) {
		event.changed.settings = changed_settings(&t->c.settings, &s->settings);
		event.changed.user_timeout = t->c.settings.user_timeout_ms != s->settings.user_timeout_ms;
		event.changed.enabled = t->c.settings.enabled != s->settings.enabled;
		if (!event_is_change(&event))
			return 0;
	} else {
		t->c.number = ++model->numbers;
	}
	return publish(model, t, &event, now_ns);
}

static int answered(struct model *model, struct tracked *t, const struct sighting *s, uint64_t answer_ns, bool late,
		    uint64_t now_ns)
{
	struct event event = event_of(EVENT_PROBE_ANSWERED, t, s);

	event.answer.number = t->probe_number;
	event.answer.rtt_us = (answer_ns - t->probe_ns) / 1000;
	event.answer.late = late;
	if (!late)
		event.time_ns = answer_ns;
	t->probe_open = false;
	t->early_answer_ns = 0;
	return publish(model, t, &event, now_ns);
}

/* Has the peer been heard since the last probe, though nobody saw the answer arrive? */
static int find_late_answer(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	const uint64_t silent_ns = s->silent_us * 1000;
	const uint64_t heard_ns = s->time_ns > silent_ns ? s->time_ns - silent_ns : 0;

	if (!t->probe_open || heard_ns <= t->probe_ns)
		return 0;
	return answered(model, t, s, heard_ns, true, now_ns);
}

/*
 * Probe numbers count up, and from 1 after an answer; a gap is firings that were not seen, unless records are known to
 * be lost. An answer that was plain data leaves the kernel's count as it was: tcp_rcv_established() takes no notice of
 * an ACK that acknowledges nothing new when it arrives with data.
 */
static void find_gap(struct model *model, struct tracked *t, const struct sighting *s, bool is_new, uint64_t now_ns)
{
	const uint32_t expected = t->probe_open ? t->probe_number + 1 : 1;

	if (is_new || t->skipped || s->probes_out <= expected || s->probes_out == t->probe_number + 1)
		return;
	if (t->lost_before != model->lost)
		return;
	model->counts.lost_hook += s->probes_out - expected;
	model_lost(model, LOST_HOOK, s->probes_out - expected, now_ns);
}

static int suppression_over(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	struct event event = event_of(EVENT_SUPPRESSED, t, s);

	if (!t->c.suppressed)
		return 0;
	event.suppressed.begin = false;
	event.suppressed.retransmits = s->retransmits;
	event.suppressed.unacked_bytes = s->unacked_bytes;
	event.suppressed.queued_bytes = s->queued_bytes;
	return publish(model, t, &event, now_ns);
}

static struct event probe_event(enum event_kind kind, const struct tracked *t, const struct sighting *s,
				uint32_t number)
{
	struct event event = event_of(kind, t, s);

	event.probe.number = number;
	event.probe.limit = s->settings.user_timeout_ms ? 0 : s->settings.probe_limit;
	event.probe.unanswered_before = number - 1;
	event.probe.has_result = s->has_result && s->result;
	event.probe.result = s->result;
	return event;
}

static int probe_sent(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	const struct event event = probe_event(EVENT_PROBE_SENT, t, s, s->probes_out ? s->probes_out : 1);
	const uint64_t early_ns = t->early_answer_ns;
	int err = publish(model, t, &event, now_ns);

	t->probe_open = true;
	t->probe_number = event.probe.number;
	t->probe_ns = s->time_ns;
	t->early_answer_ns = 0;
	if (!early_ns || early_ns < s->time_ns)
		return err;
	return answered(model, t, s, early_ns, false, now_ns) ?: err;
}

static int probe_dropped(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	const struct event event = probe_event(EVENT_PROBE_DROPPED, t, s, s->probes_out + 1);

	return publish(model, t, &event, now_ns);
}

static int answer_arrived(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	if (t->probe_open && s->time_ns >= t->probe_ns && s->probes_out == t->probe_number)
		return answered(model, t, s, s->time_ns, false, now_ns);
	t->early_answer_ns = s->time_ns;
	return 0;
}

static int suppressed(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	struct event event = event_of(EVENT_SUPPRESSED, t, s);

	t->probe_open = false; /* whatever was heard since may be about the data: it counts neither way */
	if (t->c.suppressed)
		return 0;
	event.suppressed.begin = true;
	event.suppressed.gives_up_ms = gives_up_ms(s);
	event.suppressed.window_probe = s->window_probe;
	event.suppressed.unacked_bytes = s->unacked_bytes;
	event.suppressed.queued_bytes = s->queued_bytes;
	event.suppressed.retransmits = s->retransmits;
	return publish(model, t, &event, now_ns);
}

static int ended(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	struct event event = event_of(EVENT_ENDED, t, s);
	int err;

	event.ended.verdict = verdict_of(s);
	event.ended.error = verdict_is_normal(event.ended.verdict) ? 0 : s->error;
	event.ended.probes_unanswered = s->probes_out;
	event.ended.probes_sent = t->c.probes_sent;
	event.ended.probes_answered = t->c.probes_answered;
	event.ended.observed_us = (s->time_ns - t->c.first_ns) / 1000;
	event.ended.retransmits = s->retransmits;
	event.ended.unacked_bytes = s->unacked_bytes;
	event.ended.partial = t->at_start;
	model->counts.timeouts += verdict_is_timeout(event.ended.verdict);
	err = publish(model, t, &event, now_ns);
	leave(model, t, FATE_ENDED);
	return err;
}

/* Each step is taken even if the one before could not get memory: what follows is no less true. */
static void keep(int *err, int result)
{
	if (result)
		*err = result;
}

static int tell(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	const bool is_new = !t->c.announced;
	int err = configured(model, t, s, now_ns);

	if (s->kind != KATRACE_ANSWER && s->kind != KATRACE_SUPPRESSED)
		keep(&err, find_late_answer(model, t, s, now_ns));
	switch (s->kind) {
	case KATRACE_PROBE_SENT:
		find_gap(model, t, s, is_new, now_ns);
		keep(&err, suppression_over(model, t, s, now_ns));
		keep(&err, probe_sent(model, t, s, now_ns));
		break;
	case KATRACE_PROBE_DROPPED:
		keep(&err, suppression_over(model, t, s, now_ns));
		keep(&err, probe_dropped(model, t, s, now_ns));
		break;
	case KATRACE_ANSWER:
		keep(&err, answer_arrived(model, t, s, now_ns));
		break;
	case KATRACE_SUPPRESSED:
		keep(&err, suppressed(model, t, s, now_ns));
		break;
	case KATRACE_SETTLED:
		keep(&err, suppression_over(model, t, s, now_ns));
		break;
	case KATRACE_CLOSED:
		return ended(model, t, s, now_ns) ?: err;
	default:
		break;
	}
	t->lost_before = model->lost;
	return err;
}

static int hold(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	struct held *held = calloc(1, sizeof(*held));

	if (!held)
		return -ENOMEM;
	held->sighting = *s;
	held->tracked = t;
	held->until_ns = now_ns + HOLD_NS;
	t->held = held;
	TAILQ_INSERT_TAIL(&model->held, held, next);
	return 0;
}

/* It was switched off: no start has followed. */
static int tell_held(struct model *model, struct tracked *t, uint64_t now_ns)
{
	const struct sighting s = t->held->sighting;

	forget_held(model, t);
	return tell(model, t, &s, now_ns);
}

int model_observe(struct model *model, const struct sighting *s, uint64_t now_ns)
{
	struct tracked *t = find(model, s);
	int err;

	if (!t && !begins_a_story(model, s))
		return 0;
	if (!filter_passes_identity(model->options.filter, &s->id)) {
		if (s->kind != KATRACE_CLOSED)
			model->output.unwanted(model->output.ctx, &s->id);
		return 0;
	}
	if (!t)
		t = enter(model, s, now_ns);
	if (!t)
		return -ENOMEM;
	if (s->id.inode)
		t->c.id.inode = s->id.inode;
	if (s->cookie)
		t->c.cookie = s->cookie;
	if (!t->c.announced && s->kind == KATRACE_ANSWER) { /* its probe's record is on its way */
		t->early_answer_ns = s->time_ns;
		return 0;
	}
	if (t->held && s->kind == KATRACE_SWITCHED_ON && s->was_on)
		forget_held(model, t);
	else if (t->held)
		tell_held(model, t, now_ns);
	if (s->kind == KATRACE_SWITCHED_OFF)
		return hold(model, t, s, now_ns);
	err = tell(model, t, s, now_ns);
	if (s->kind != KATRACE_CLOSED) /* then it is gone */
		leave_to_others(model, t);
	return err;
}

static void tell_first_held(struct model *model, uint64_t now_ns)
{
	struct tracked *t = TAILQ_FIRST(&model->held)->tracked;

	tell_held(model, t, now_ns);
	leave_to_others(model, t);
}

void model_tick(struct model *model, uint64_t now_ns)
{
	const struct waiting *w;
	const struct held *held;

	while ((held = TAILQ_FIRST(&model->held)) && held->until_ns <= now_ns)
		tell_first_held(model, now_ns);
	while ((w = STAILQ_FIRST(&model->waiting)) && w->until_ns <= now_ns)
		hand_on_first_waiting(model, now_ns);
}

uint64_t model_deadline_ns(const struct model *model)
{
	const struct waiting *w = STAILQ_FIRST(&model->waiting);
	const struct held *held = TAILQ_FIRST(&model->held);
	uint64_t deadline = w ? w->until_ns : UINT64_MAX;

	return held && held->until_ns < deadline ? held->until_ns : deadline;
}

void model_lost(struct model *model, enum lost_stage stage, uint64_t count, uint64_t now_ns)
{
	const struct event event = {
		.kind = EVENT_EVENTS_LOST,
		.time_ns = now_ns,
		.lost = { .stage = stage, .count = count },
	};

	if (stage == LOST_RING)
		model->lost += count;
	model->output.event(model->output.ctx, &event);
}

static int by_age(const struct tracked *a, const struct tracked *b)
{
	return story_compare(&a->c, &b->c);
}

void model_finish(struct model *model, uint64_t now_ns)
{
	struct tracked *t, *next;

	while (!TAILQ_EMPTY(&model->held))
		tell_first_held(model, now_ns);
	while (!STAILQ_EMPTY(&model->waiting))
		hand_on_first_waiting(model, now_ns);
	HASH_SORT(model->by_sock, by_age); /* as a replay tells them */
	HASH_ITER (hh, model->by_sock, t, next) {
		t->c.last_ns = now_ns;
		if (t->c.announced && filter_passes_timeline(model->options.filter, &t->c))
			model->output.finished(model->output.ctx, &t->c);
	}
}

struct model_counts model_counts(const struct model *model)
{
	return model->counts;
}
