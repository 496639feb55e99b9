// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What a sighting means: turns it into events. */
#include "model/parts.h"

#include "model/criteria.h"
#include "model/giving_up.h"

#include <netinet/tcp.h>

static struct event event_of(enum event_kind kind, const struct tracked *t, const struct sighting *s)
{
	return (struct event){
		.kind = kind,
		.time_ns = s->time_ns,
		.connection = &t->c,
		.settings = s->settings,
		.state = s->state,
		.silent_us = state_was_connected(s->state) ? s->silent_us : 0,
		.heard_us = state_was_connected(s->state) ? s->heard_us : 0,
	};
}

static uint8_t changed_settings(const struct settings *a, const struct settings *b)
{
	uint8_t bits = 0;

	for (enum setting i = 0; i < SETTINGS; i++)
		if (!same_setting(a, b, i))
			bits |= setting_bit(i);
	return bits;
}

static bool is_too_late(const struct tracked *t, const struct sighting *s, uint64_t timeout_us)
{
	return t->alike || middlebox_forgets(s->state, &s->settings, 1000000ULL * s->settings.idle_s, timeout_us);
}

static int configured(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	const uint32_t middlebox_timeout_s = model->options.middlebox_timeout_s;
	struct event event = event_of(EVENT_CONFIGURED, t, s);

	if (middlebox_timeout_s && is_too_late(t, s, 1000000ULL * middlebox_timeout_s)) {
		event.changed.middlebox_timeout_s = middlebox_timeout_s;
		event.changed.middlebox_connections = t->alike > 1 ? t->alike : 0;
	}
	if (t->c.announced) {
		event.changed.settings = changed_settings(&t->c.settings, &s->settings);
		event.changed.user_timeout = !same_setting(&t->c.settings, &s->settings, SETTING_USER_TIMEOUT);
		event.changed.enabled = !same_setting(&t->c.settings, &s->settings, SETTING_ENABLED);
		if (!event_is_change(&event))
			return 0;
	} else if (!t->c.number) {
		t->c.number = ++model->numbers;
	}
	return model_publish(model, t, &event, now_ns);
}

static int tell_answer(struct model *model, struct tracked *t, struct event *event, uint64_t now_ns)
{
	event->answer.number = t->probe_number;
	t->probe_open = false;
	t->early_answer_ns = 0;
	return model_publish(model, t, event, now_ns);
}

/* A segment does not say which probe it answers: with several unanswered ones, it may be the first. */
static int answered(struct model *model, struct tracked *t, const struct sighting *s, uint64_t answer_ns,
		    uint64_t now_ns)
{
	struct event event = event_of(EVENT_PROBE_ANSWERED, t, s);
	const uint64_t us = (answer_ns - t->probe_ns) / 1000;

	event.time_ns = answer_ns;
	if (t->first_probe_ns == t->probe_ns) {
		event.answer.rtt_us = us;
	} else {
		event.answer.rtt_min_us = us;
		event.answer.rtt_max_us = t->first_probe_ns ? (answer_ns - t->first_probe_ns) / 1000 : 0;
	}
	return tell_answer(model, t, &event, now_ns);
}

/*
 * How long the answer took at most: whole jiffies, and the one that it came in. silent_us tells which one that was: the
 * rest of the difference is how late after a tick the two timers fired. 0: it is from before the probe.
 */
static uint64_t late_rtt_us(const struct tracked *t, const struct sighting *s)
{
	const int64_t since_probe_us = (int64_t)(s->time_ns - t->probe_ns) / 1000, tick_us = (int64_t)s->tick_us;
	const int64_t us = since_probe_us - (int64_t)s->silent_us + tick_us / 2;

	return us < 0 ? 0 : (uint64_t)((us / tick_us + 1) * tick_us);
}

/*
 * No hook saw the answer arrive, but there was one: the kernel counts fewer unanswered probes than were sent. Data
 * alone may have been heard without that: tcp_rcv_established() ignores an ACK that acknowledges nothing new if it
 * arrives with data.
 */
static int find_late_answer(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	const uint32_t unanswered = s->probes_out - (s->kind == KATRACE_PROBE_SENT && s->probes_out);
	struct event event;

	if (!t->probe_open || unanswered >= t->probe_number)
		return 0;
	event = event_of(EVENT_PROBE_ANSWERED, t, s);
	event.answer.late = true;
	if (t->first_probe_ns == t->probe_ns)
		event.answer.rtt_us = late_rtt_us(t, s);
	return tell_answer(model, t, &event, now_ns);
}

/*
 * Probe numbers count up, and restart from 1 after an answer: number is that of this probe or, at the end, of the one
 * that would be next. A gap means firings that were not seen, unless records are known to be lost.
 */
static void find_gap(struct model *model, struct tracked *t, uint32_t number, bool is_new, uint64_t now_ns)
{
	const uint32_t expected = t->probe_open ? t->probe_number + 1 : 1;

	if (is_new || t->skipped || number <= expected)
		return;
	if (t->lost_before != model->lost)
		return;
	model->counts.lost_hook += number - expected;
	model_lost(model, LOST_HOOK, number - expected, now_ns);
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
	return model_publish(model, t, &event, now_ns);
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
	struct event event = probe_event(EVENT_PROBE_SENT, t, s, s->probes_out ? s->probes_out : 1);
	const uint64_t early_ns = t->early_answer_ns;
	/* of a run of probes that began before the story, the first is not known */
	const bool knows_first = event.probe.number == 1 || t->c.probes_sent;
	int err = model_publish(model, t, &event, now_ns);

	if (!t->probe_open)
		t->first_probe_ns = knows_first ? s->time_ns : 0;
	t->probe_open = true;
	t->probe_number = event.probe.number;
	t->probe_ns = s->time_ns;
	t->early_answer_ns = 0;
	if (!early_ns || early_ns < s->time_ns)
		return err;
	return answered(model, t, s, early_ns, now_ns) ?: err;
}

static int probe_dropped(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	struct event event = probe_event(EVENT_PROBE_DROPPED, t, s, s->probes_out + 1);

	return model_publish(model, t, &event, now_ns);
}

static int answer_arrived(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	if (t->probe_open && s->time_ns >= t->probe_ns && s->probes_out == t->probe_number)
		return answered(model, t, s, s->time_ns, now_ns);
	t->early_answer_ns = s->time_ns;
	return 0;
}

static int suppressed(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	struct event event = event_of(EVENT_SUPPRESSED, t, s);

	t->probe_open = false; /* what is heard from now on may acknowledge the data instead */
	if (t->c.suppressed && t->c.orphan == s->orphan)
		return 0;
	event.suppressed.begin = true;
	event.suppressed.orphan = s->orphan;
	event.suppressed.gives_up_ms = gives_up_ms(s);
	event.suppressed.window_probe = s->window_probe;
	event.suppressed.unacked_bytes = s->unacked_bytes;
	event.suppressed.queued_bytes = s->queued_bytes;
	event.suppressed.retransmits = s->retransmits;
	return model_publish(model, t, &event, now_ns);
}

/* The first FIN ends an idle timeout, however late the other side follows; without one the end does. */
static int peer_closed(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	struct event event = event_of(EVENT_PEER_CLOSED, t, s);

	return model_publish(model, t, &event, now_ns);
}

/* The FIN came before the story, or the run: a second ago or more, because the peer was heard then. */
static int found_half_closed(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	if (s->state != TCP_CLOSE_WAIT || s->silent_us < 1000000 || t->c.peer_closed_ns || t->newcomer)
		return 0;
	return peer_closed(model, t, s, now_ns);
}

static void began_to_close(struct tracked *t, const struct sighting *s)
{
	if (s->state == TCP_ESTABLISHED)
		t->data = s->data;
	else /* as the peer had before */
		t->c.state = TCP_LAST_ACK;
	if (s->close_reason)
		t->close_reason = s->close_reason;
}

static int ended(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	struct event event = event_of(EVENT_ENDED, t, s);
	int err;

	began_to_close(t, s);
	event.data = t->data;
	event.ended.close_reason = t->close_reason;
	event.ended.verdict = verdict_of(s);
	event.ended.error = verdict_tells_application(event.ended.verdict) ? s->error : 0;
	event.ended.probes_unanswered = s->probes_out;
	event.ended.probes_sent = t->c.probes_sent;
	event.ended.probes_answered = t->c.probes_answered;
	event.ended.observed_us = (s->time_ns - t->c.first_ns) / 1000;
	event.ended.retransmits = s->retransmits;
	event.ended.unacked_bytes = s->unacked_bytes;
	event.ended.queued_bytes = s->queued_bytes;
	event.ended.partial = t->at_start;
	event.ended.orphan = s->orphan;
	event.ended.write_err = s->write_err;
	model->counts.timeouts += verdict_is_timeout(event.ended.verdict);
	err = model_publish(model, t, &event, now_ns);
	model_leave(model, t, FATE_ENDED);
	return err;
}

int model_tell_unseen(struct model *model, struct tracked *t, uint64_t now_ns)
{
	struct event event = {
		.kind = EVENT_ENDED,
		.time_ns = now_ns,
		.connection = &t->c,
		.settings = t->c.settings,
		.ended = {
			.verdict = VERDICT_UNSEEN,
			.probes_unanswered = t->c.probes_unanswered,
			.probes_sent = t->c.probes_sent,
			.probes_answered = t->c.probes_answered,
			.observed_us = (now_ns - t->c.first_ns) / 1000,
			.partial = t->at_start,
		},
	};
	int err;

	if (t->lost_before == model->lost) { /* otherwise it is among the records that were lost */
		model->counts.lost_hook++;
		model_lost(model, LOST_HOOK, 1, now_ns);
	}
	err = model_publish(model, t, &event, now_ns);
	model_leave(model, t, FATE_ENDED);
	return err;
}

/* Keeps the first error: the following steps are taken even if one step is out of memory. */
static void keep(int *err, int result)
{
	if (result)
		*err = result;
}

int model_tell(struct model *model, struct tracked *t, const struct sighting *s, uint64_t now_ns)
{
	const bool is_new = !t->c.announced;
	int err = configured(model, t, s, now_ns);

	if (s->kind != KATRACE_ANSWER && s->kind != KATRACE_SUPPRESSED)
		keep(&err, find_late_answer(model, t, s, now_ns));
	switch (s->kind) {
	case KATRACE_PROBE_SENT:
		find_gap(model, t, s->probes_out, is_new, now_ns);
		keep(&err, found_half_closed(model, t, s, now_ns));
		keep(&err, suppression_over(model, t, s, now_ns));
		keep(&err, probe_sent(model, t, s, now_ns));
		break;
	case KATRACE_PROBE_DROPPED:
		keep(&err, found_half_closed(model, t, s, now_ns));
		keep(&err, suppression_over(model, t, s, now_ns));
		keep(&err, probe_dropped(model, t, s, now_ns));
		break;
	case KATRACE_ANSWER:
		keep(&err, answer_arrived(model, t, s, now_ns));
		break;
	case KATRACE_SUPPRESSED:
		keep(&err, found_half_closed(model, t, s, now_ns));
		keep(&err, suppressed(model, t, s, now_ns));
		break;
	case KATRACE_SETTLED:
		keep(&err, suppression_over(model, t, s, now_ns));
		break;
	case KATRACE_PEER_CLOSED:
		keep(&err, peer_closed(model, t, s, now_ns));
		break;
	case KATRACE_CLOSING:
		began_to_close(t, s);
		break;
	case KATRACE_CLOSED:
		if (verdict_of(s) == VERDICT_KEEPALIVE_TIMEOUT) /* otherwise probes of the window may count, too */
			find_gap(model, t, s->probes_out + 1, is_new, now_ns);
		return ended(model, t, s, now_ns) ?: err;
	default:
		break;
	}
	t->lost_before = model->lost;
	return err;
}
