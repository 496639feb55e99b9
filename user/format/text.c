// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/text.h"

#include "format/text_closing.h"
#include "format/text_timeline.h"
#include "format/words.h"
#include "model/criteria.h"
#include "model/detection.h"

#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* On a narrower terminal only the port of the local address is shown. */
#define WIDE_COLUMNS 110

/* On a terminal one long name must not push the events of all connections to the right. */
#define LONGEST_COMM 20
#define LONGEST_PEER 30 /* on a narrow one */
/* There events begin in the same line all the same. */
#define SMALL_COLUMNS 90
#define SMALL_COMM 10
#define SMALL_PEER 21

enum column { COLUMN_TIME, COLUMN_PID, COLUMN_COMM, COLUMN_LOCAL, COLUMN_PEER, COLUMNS };

struct text {
	struct text_options options;
	bool narrow;
	bool headed;
	bool after_block;        /* the last thing written was a timeline */
	size_t width[COLUMNS];   /* the widest cell so far: columns grow */
	size_t longest[COLUMNS]; /* longer cells are shortened; 0: they are not */
};

#define COLOR_WARNING "\033[33m"
#define COLOR_FAILURE "\033[31m"
#define COLOR_GOOD "\033[32m"
#define COLOR_DIM "\033[2m"
#define COLOR_OFF "\033[0m"

struct text *text_new(const struct text_options *options)
{
	struct text *text = calloc(1, sizeof(*text));

	if (!text)
		return NULL;
	text->options = *options;
	text->narrow = options->columns && options->columns < WIDE_COLUMNS;
	text->width[COLUMN_PID] = 5;
	text->width[COLUMN_COMM] = 6;
	text->width[COLUMN_LOCAL] = text->narrow ? 6 : 15;
	text->width[COLUMN_PEER] = 15;
	if (options->columns)
		text->longest[COLUMN_COMM] = LONGEST_COMM;
	if (text->narrow)
		text->longest[COLUMN_PEER] = LONGEST_PEER;
	if (options->columns && options->columns < SMALL_COLUMNS) {
		text->longest[COLUMN_COMM] = SMALL_COMM;
		text->longest[COLUMN_PEER] = SMALL_PEER;
	}
	return text;
}

void text_free(struct text *text)
{
	free(text);
}

static void end_cell(struct text *text, enum column column, struct out *out, size_t from)
{
	size_t width;

	if (text->longest[column])
		out_shorten(out, from, text->longest[column],
			    column == COLUMN_COMM ? 0 : text->longest[column] * 3 / 5);
	width = out_width(out, from);
	if (width > text->width[column])
		text->width[column] = width;
	out_pad(out, from, text->width[column]);
	out_text(out, "  ");
}

static void time_cell(struct text *text, uint64_t wall_ns, struct out *out)
{
	const time_t seconds = (time_t)(wall_ns / 1000000000);
	const size_t from = out->used;
	struct tm tm = { 0 };
	char clock[16];

	localtime_r(&seconds, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	out_printf(out, "%s.%03u", clock, (unsigned int)(wall_ns / 1000000 % 1000));
	end_cell(text, COLUMN_TIME, out, from);
}

static void owner_cells(struct text *text, const struct owner *owner, struct out *out)
{
	size_t from = out->used;

	if (owner->pid)
		out_printf(out, "%u", owner->pid);
	else
		out_text(out, "-");
	end_cell(text, COLUMN_PID, out, from);
	from = out->used;
	if (owner->pid) {
		out_escaped(out, owner->comm, sizeof(owner->comm));
		words_title(out, owner, text->options.columns);
	} else {
		out_text(out, "-");
	}
	end_cell(text, COLUMN_COMM, out, from);
}

static void endpoint_cells(struct text *text, const struct connection *c, struct out *out)
{
	size_t from = out->used;

	if (text->narrow)
		out_printf(out, ":%u", c->id.local.port);
	else
		words_endpoint(out, &c->id.local);
	end_cell(text, COLUMN_LOCAL, out, from);
	from = out->used;
	words_endpoint(out, &c->id.peer);
	end_cell(text, COLUMN_PEER, out, from);
}

/* The line is about many. */
static void no_endpoint_cells(struct text *text, struct out *out)
{
	size_t from = out->used;

	out_text(out, "*");
	end_cell(text, COLUMN_LOCAL, out, from);
	from = out->used;
	out_text(out, "*");
	end_cell(text, COLUMN_PEER, out, from);
}

static void header(struct text *text, struct out *out)
{
	static const char *const names[COLUMNS] = { "TIME", "PID", "COMM", "LOCAL", "PEER" };

	for (enum column i = 0; i < COLUMNS; i++) {
		const size_t from = out->used;

		out_text(out, names[i]);
		out_pad(out, from, text->width[i]);
		out_text(out, "  ");
	}
	out_text(out, "EVENT\n");
}

/* --- the event column --- */

static void say_middlebox(const struct event *event, struct out *out)
{
	/* An old timer is not in the settings. */
	static const char *const late[] = {
		[LATE_NONE] = "an old timer is still running: first probe too late",
		[LATE_FIRST] = "first probe too late",
		[LATE_SECOND] = "second probe too late",
		[LATE_ALL] = "no probe",
	};
	const struct settings *settings = &event->settings;
	const uint32_t timeout_s = event->changed.middlebox_timeout_s;

	out_printf(out, "; %s for a middlebox that forgets after %us",
		   late[middlebox_late_probe(settings, 1000000ULL * settings->idle_s, 1000000ULL * timeout_s)],
		   timeout_s);
}

/* One line for many connections of a process. */
static void say_many(const struct event *event, struct out *out)
{
	out_printf(out, "%u connections have no probe, or one too late, for a middlebox that forgets after %us",
		   event->changed.middlebox_connections, event->changed.middlebox_timeout_s);
}

static void say_configured(const struct event *event, struct out *out)
{
	if (event->changed.middlebox_connections) {
		say_many(event, out);
		return;
	}
	out_text(out, event_is_change(event) ? "keepalive is now: " : "keepalive: ");
	words_settings(out, &event->settings);
	if (event->changed.middlebox_timeout_s)
		say_middlebox(event, out);
}

static void say_probe(const struct event *event, struct out *out)
{
	words_probe(out, event->probe.number, event->probe.limit);
	out_text(out, event->kind == EVENT_PROBE_DROPPED ? " not sent: refused by the local stack, after " : " after ");
	words_duration(out, event->silent_us);
	out_text(out, " of silence");
	if (event->probe.unanswered_before)
		out_printf(out, ", %u unanswered", event->probe.unanswered_before);
	if (detection_is_contradicted(&event->settings, event->silent_us, event->heard_us)) {
		out_text(out, ", but something arrived ");
		words_duration(out, event->heard_us);
		out_text(out, " ago");
	}
	if (event->probe.has_result && event->probe.result < 0) {
		out_text(out, "; refused on this host: ");
		words_errno(out, -event->probe.result);
	}
	if (event->state != TCP_ESTABLISHED && state_name(event->state))
		out_printf(out, " (%s)", state_name(event->state));
}

static void say_answered(const struct event *event, struct out *out)
{
	out_text(out, "answered");
	if (event->answer.rtt_us) {
		out_text(out, event->answer.late ? " within about " : " in ");
		words_duration(out, event->answer.rtt_us);
	} else if (event->answer.rtt_min_us) {
		out_text(out, " in at least ");
		words_duration(out, event->answer.rtt_min_us);
	}
	if (event->answer.rtt_max_us) {
		out_text(out, ", at most ");
		words_duration(out, event->answer.rtt_max_us);
	}
}

static void say_suppressed(const struct event *event, struct out *out)
{
	out_text(out, event->suppressed.begin ? "suppressed: " : "no longer suppressed: ");
	words_backlog(out, event->suppressed.unacked_bytes, event->suppressed.queued_bytes,
		      state_awaits_fin_ack(event->state), event->suppressed.retransmits);
	if (!event->suppressed.begin)
		return;
	if (event->suppressed.orphan)
		out_text(out, "; closed by this side (an orphan), waiting for the peer to confirm");
	out_printf(out, "; %s is in charge", event->suppressed.window_probe ? "window probing" : "retransmission");
	if (!event->suppressed.gives_up_ms)
		return;
	out_text(out, ", gives up in about ");
	words_duration(out, event->suppressed.gives_up_ms * 1000);
}

static void say_ended(const struct event *event, struct out *out)
{
	out_text(out, "ended: ");
	words_ended(out, event->ended.verdict, event->ended.error, &event->data, event->ended.close_reason);
}

static void say_lost(const struct event *event, struct out *out)
{
	static const struct {
		const char *what, *how;
	} words[LOST_STAGES] = {
		[LOST_HOOK] = { "event", "that katrace's hooks did not see" },
		[LOST_RING] = { "event", "lost: this host made events faster than katrace could read them" },
		[LOST_OUTPUT] = { "event", "lost: the output was too slow" },
		[LOST_CONNECTIONS] = { "connection", "without room: more than --max-connections at once" },
		[LOST_OWNER] = { "event", "left out: the owner was not known in time" },
	};
	const uint64_t n = event->lost.count;

	out_printf(out, "%" PRIu64 " %s%s %s", n, words[event->lost.stage].what, words_plural(n),
		   words[event->lost.stage].how);
}

static const char *color_of(const struct event *event)
{
	if (event->kind == EVENT_ENDED || event->kind == EVENT_EVENTS_LOST)
		return event->severity == SEVERITY_WARN ? COLOR_FAILURE : "";
	if (event->kind == EVENT_PROBE_ANSWERED)
		return COLOR_GOOD;
	if (event->kind == EVENT_CONFIGURED)
		return COLOR_DIM;
	return event->severity == SEVERITY_WARN ? COLOR_WARNING : "";
}

static void say(const struct event *event, struct out *out)
{
	switch (event->kind) {
	case EVENT_CONFIGURED:
		say_configured(event, out);
		break;
	case EVENT_PROBE_SENT:
	case EVENT_PROBE_DROPPED:
		say_probe(event, out);
		break;
	case EVENT_PROBE_ANSWERED:
		say_answered(event, out);
		break;
	case EVENT_SUPPRESSED:
		say_suppressed(event, out);
		break;
	case EVENT_PEER_CLOSED:
		out_text(out, CLOSING_BY_PEER);
		break;
	case EVENT_ENDED:
		say_ended(event, out);
		break;
	case EVENT_EVENTS_LOST:
		say_lost(event, out);
		break;
	}
}

static void line(struct text *text, const struct event *event, struct out *out)
{
	const char *color = text->options.color ? color_of(event) : "";

	time_cell(text, event->wall_ns, out);
	if (event->connection) {
		owner_cells(text, &event->connection->owner, out);
		if (event->kind == EVENT_CONFIGURED && event->changed.middlebox_connections)
			no_endpoint_cells(text, out);
		else
			endpoint_cells(text, event->connection, out);
	}
	out_text(out, color);
	say(event, out);
	out_text(out, *color ? COLOR_OFF "\n" : "\n");
}

void text_event(struct text *text, const struct event *event, struct out *out)
{
	char first[TEXT_LINE_MAX];
	struct out body = out_make(first, sizeof(first));

	text->after_block = false;
	if (text->headed || !event->connection) {
		line(text, event, out);
		return;
	}
	/* The header comes first, but only formatting the line shows how wide the columns are. */
	line(text, event, &body);
	header(text, out);
	text->headed = true;
	out_bytes(out, body.buf, body.used);
}

void text_timeline(struct text *text, const struct connection *connection, struct out *out)
{
	if (!text->after_block)
		out_text(out, "\n");
	text->after_block = true;
	timeline_text(connection, text->options.own_netns, out);
}
