// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/story.h"

/* The first event is EVENT_CONFIGURED, unless a recording lacks it. Every event has the settings. */
static void begin(struct connection *c, const struct event *event)
{
	if (c->announced)
		return;
	c->announced = true;
	c->first_ns = event->time_ns;
	c->settings = event->settings;
}

static int configured(struct connection *c, const struct event *event)
{
	const struct entry entry = {
		.kind = ENTRY_CONFIGURED,
		.time_ns = event->time_ns,
		.before = c->settings,
		.after = event->settings,
	};

	c->settings = event->settings;
	c->middlebox_timeout_s = event->changed.middlebox_timeout_s;
	return event_is_change(event) ? timeline_add(&c->timeline, &entry) : 0;
}

static struct entry probe_entry(enum entry_kind kind, const struct event *event)
{
	return (struct entry){
		.kind = kind,
		.time_ns = event->time_ns,
		.end_ns = event->time_ns,
		.count = 1,
		.number = event->probe.number,
		.limit = event->probe.limit,
		.has_result = event->probe.has_result,
		.result = event->probe.result,
	};
}

static int probe_sent(struct connection *c, const struct event *event)
{
	const struct entry entry = probe_entry(ENTRY_PROBE, event);

	c->probes_sent++;
	c->probes_unanswered = event->probe.number;
	c->refused_with = event->probe.has_result && event->probe.result < 0 ? -event->probe.result : 0;
	return timeline_add(&c->timeline, &entry);
}

static int probe_dropped(struct connection *c, const struct event *event)
{
	const struct entry entry = probe_entry(ENTRY_DROPPED, event);

	return timeline_add(&c->timeline, &entry);
}

static void probe_answered(struct connection *c, const struct event *event)
{
	c->probes_answered++;
	c->probes_unanswered = 0;
	timeline_answer(&c->timeline, event->answer.late ? 0 : event->answer.rtt_us);
}

static int suppressed(struct connection *c, const struct event *event)
{
	const struct entry entry = {
		.kind = ENTRY_SUPPRESSED,
		.time_ns = event->time_ns,
		.unacked_bytes = event->suppressed.unacked_bytes,
		.queued_bytes = event->suppressed.queued_bytes,
		.retransmits = event->suppressed.retransmits,
		.window_probe = event->suppressed.window_probe,
		.orphan = event->suppressed.orphan,
		.fin = state_awaits_fin_ack(event->state),
		.gives_up_ms = event->suppressed.gives_up_ms,
	};

	if (c->suppressed) /* over, or now that of an orphan */
		timeline_end_suppressed(&c->timeline, event->time_ns);
	c->suppressed = event->suppressed.begin;
	c->orphan = event->suppressed.orphan;
	return c->suppressed ? timeline_add(&c->timeline, &entry) : 0;
}

static int peer_closed(struct connection *c, const struct event *event)
{
	const struct entry entry = { .kind = ENTRY_PEER_CLOSED, .time_ns = event->time_ns };

	c->peer_closed_ns = event->time_ns;
	return timeline_add(&c->timeline, &entry);
}

/* Takes the totals from the event: a recording may lack some of the counted events. */
static void ended(struct connection *c, const struct event *event)
{
	c->fate = FATE_ENDED;
	c->verdict = event->ended.verdict;
	c->error = event->ended.error;
	c->retransmits = event->ended.retransmits;
	c->unacked_bytes = event->ended.unacked_bytes;
	c->data = event->data;
	c->queued_bytes = event->ended.queued_bytes;
	c->orphan = event->ended.orphan;
	c->close_reason = event->ended.close_reason;
	c->probes_unanswered = event->ended.probes_unanswered;
	c->probes_sent = event->ended.probes_sent;
	c->probes_answered = event->ended.probes_answered;
}

int story_tell(struct connection *c, const struct event *event)
{
	c->only_met =
		event->kind == EVENT_CONFIGURED && event->changed.middlebox_timeout_s && (c->only_met || !c->announced);
	begin(c, event);
	c->last_ns = event->time_ns;
	c->silent_us = event->silent_us;
	c->heard_us = event->heard_us;
	c->state = event->state;
	c->warned = c->warned || event->severity == SEVERITY_WARN;
	switch (event->kind) {
	case EVENT_CONFIGURED:
		return configured(c, event);
	case EVENT_PROBE_SENT:
		return probe_sent(c, event);
	case EVENT_PROBE_DROPPED:
		return probe_dropped(c, event);
	case EVENT_PROBE_ANSWERED:
		probe_answered(c, event);
		return 0;
	case EVENT_SUPPRESSED:
		return suppressed(c, event);
	case EVENT_PEER_CLOSED:
		return peer_closed(c, event);
	case EVENT_ENDED:
		ended(c, event);
		return 0;
	case EVENT_EVENTS_LOST: /* not about a connection */
		return 0;
	}
	return 0;
}

int story_compare(const struct connection *a, const struct connection *b)
{
	if (a->first_ns != b->first_ns)
		return a->first_ns < b->first_ns ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}
