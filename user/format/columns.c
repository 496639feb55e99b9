// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/columns.h"

#include "format/words.h"
#include "model/detection.h"

#include <netinet/tcp.h>

static void pid_cell(const struct look *look, const struct listed *listed, struct out *out)
{
	(void)look;
	if (listed->connection.owner.pid)
		out_number(out, listed->connection.owner.pid);
	else
		out_text(out, "-");
}

static void comm_cell(const struct look *look, const struct listed *listed, struct out *out)
{
	const struct owner *owner = &listed->connection.owner;

	if (!owner->pid) {
		out_text(out, "-");
		return;
	}
	out_escaped(out, owner->comm, sizeof(owner->comm));
	words_title(out, owner, look->brief);
	if (owner->n_others) {
		out_text(out, " +");
		out_number(out, owner->n_others + owner->n_unlisted);
	}
}

static void local_cell(const struct look *look, const struct listed *listed, struct out *out)
{
	if (!look->narrow) {
		words_endpoint(out, &listed->connection.id.local);
		return;
	}
	out_text(out, ":");
	out_number(out, listed->connection.id.local.port);
}

static void peer_cell(const struct look *look, const struct listed *listed, struct out *out)
{
	(void)look;
	if (listed->state == TCP_LISTEN)
		out_text(out, "*");
	else
		words_endpoint(out, &listed->connection.id.peer);
}

static void state_cell(const struct look *look, const struct listed *listed, struct out *out)
{
	(void)look;
	out_text(out, listed->state == TCP_ESTABLISHED ? "estab" : (state_name(listed->state) ?: "-"));
}

static void next_cell(const struct look *look, const struct listed *listed, struct out *out)
{
	(void)look;
	if (!listed->connection.settings.enabled)
		out_text(out, "off");
	else if (listed->due)
		words_span(out, listed->next_us);
	else
		out_text(out, "-");
}

static void mark(const struct settings *settings, enum katrace_setting setting, struct out *out)
{
	if (settings->from_sysctl & setting)
		out_text(out, "*");
}

static void probes_cell(const struct look *look, const struct listed *listed, struct out *out)
{
	const struct settings *settings = &listed->connection.settings;

	(void)look;
	if (!settings->enabled) {
		out_text(out, "-");
		return;
	}
	out_number(out, listed->probes_out);
	if (settings->user_timeout_ms)
		return; /* the user timeout decides, not the limit */
	out_text(out, "/");
	out_number(out, settings->probe_limit);
	mark(settings, KATRACE_PROBE_LIMIT, out);
}

static void setting_cell(const struct settings *settings, uint32_t seconds, enum katrace_setting setting,
			 struct out *out)
{
	if (!settings->enabled) {
		out_text(out, "-");
		return;
	}
	words_setting(out, seconds);
	mark(settings, setting, out);
}

static void idle_cell(const struct look *look, const struct listed *listed, struct out *out)
{
	const struct settings *settings = &listed->connection.settings;

	(void)look;
	setting_cell(settings, settings->idle_s, KATRACE_IDLE, out);
}

static void interval_cell(const struct look *look, const struct listed *listed, struct out *out)
{
	const struct settings *settings = &listed->connection.settings;

	(void)look;
	setting_cell(settings, settings->interval_s, KATRACE_INTERVAL, out);
}

static void timeout_cell(const struct look *look, const struct listed *listed, struct out *out)
{
	const uint32_t ms = listed->connection.settings.user_timeout_ms;

	(void)look;
	if (!ms)
		out_text(out, "-");
	else if (ms % 1000)
		words_ms(out, ms);
	else
		words_setting(out, ms / 1000);
}

static void silent_cell(const struct look *look, const struct listed *listed, struct out *out)
{
	(void)look;
	if (listed->was_connected)
		words_span(out, silence_us(listed));
	else
		out_text(out, "-");
}

static void noticed_cell(const struct look *look, const struct listed *listed, struct out *out)
{
	(void)look;
	if (listed->detects)
		words_span(out, listed->detection_us);
	else if (listed->state == TCP_ESTABLISHED && !listed->connection.settings.enabled && !listed->waiting)
		out_text(out, "never");
	else
		out_text(out, "-");
}

static void netns_cell(const struct look *look, const struct listed *listed, struct out *out)
{
	const struct identity *id = &listed->connection.id;

	if (id->netns == look->own_netns)
		out_text(out, "-");
	else
		words_netns(out, id->netns, id->netns_name);
}

static void container_cell(const struct look *look, const struct listed *listed, struct out *out)
{
	(void)look;
	words_container(out, &listed->connection.owner);
}

enum note {
	NOTE_NONE,
	NOTE_UNANSWERED, /* after their number */
	NOTE_RETRANSMITTING,
	NOTE_WINDOW_CLOSED,
	NOTE_ZOMBIE,
	NOTE_PEER_CLOSED,
	NOTE_NO_KEEPALIVE,
	NOTE_NO_PROBES,
	NOTE_OLD_TIMER, /* before when it fires */
	NOTE_ORPHAN,
	NOTE_KERNEL,
	NOTE_NOT_ACCEPTED,
	NOTE_SUBFLOW,
	NOTE_UNHELD,
	NOTES
};

static const char *const notes[NOTES] = {
	[NOTE_NONE] = "",
	[NOTE_UNANSWERED] = "unanswered",
	[NOTE_RETRANSMITTING] = "retransmitting",
	[NOTE_WINDOW_CLOSED] = "window closed",
	[NOTE_ZOMBIE] = "zombie",
	[NOTE_PEER_CLOSED] = "peer closed",
	[NOTE_NO_KEEPALIVE] = "no keepalive",
	[NOTE_NO_PROBES] = "limit of 0 probes",
	[NOTE_OLD_TIMER] = "old timer still running",
	[NOTE_ORPHAN] = "orphan",
	[NOTE_KERNEL] = "the kernel's",
	[NOTE_NOT_ACCEPTED] = "not accepted",
	[NOTE_SUBFLOW] = "MPTCP subflow",
	[NOTE_UNHELD] = "no descriptor",
};

const char *column_note(size_t i)
{
	return i + 1 < NOTES ? notes[i + 1] : NULL;
}

/* Who holds the socket, if it is no process, or not directly. */
static enum note holder_note(const struct listed *listed)
{
	if (listed->connection.owner.pid)
		return listed->connection.mptcp_subflow ? NOTE_SUBFLOW : NOTE_NONE;
	if (listed->orphan)
		return NOTE_ORPHAN;
	if (listed->unheld)
		return NOTE_UNHELD;
	if (listed->in_kernel)
		return NOTE_KERNEL;
	return listed->unseen ? NOTE_NONE : NOTE_NOT_ACCEPTED;
}

static enum note note_of(const struct listed *listed, const struct zombie_limits *zombies)
{
	const struct settings *settings = &listed->connection.settings;

	switch (concern_of(listed, zombies)) {
	case CONCERN_UNANSWERED:
		return NOTE_UNANSWERED;
	case CONCERN_RETRANSMITTING:
		return listed->window_probe ? NOTE_WINDOW_CLOSED : NOTE_RETRANSMITTING;
	case CONCERN_ORPHAN:
		return NOTE_ORPHAN;
	case CONCERN_ZOMBIE:
		return NOTE_ZOMBIE;
	case CONCERN_PEER_CLOSED:
		return NOTE_PEER_CLOSED;
	case CONCERN_NO_KEEPALIVE:
		return NOTE_NO_KEEPALIVE;
	case CONCERN_NONE:
		if (!settings->probe_limit && !settings->user_timeout_ms)
			return NOTE_NO_PROBES;
		return holder_note(listed);
	case CONCERN_PASSING:
		return holder_note(listed);
	case CONCERN_LISTENER:
		break;
	}
	return NOTE_NONE;
}

/* The sysctls or the interval were lowered: that moves no timer which runs. */
static void old_timer_note(const struct listed *listed, struct out *out)
{
	out_printf(out, "%s, next probe in ", notes[NOTE_OLD_TIMER]);
	words_span(out, listed->next_us);
}

/* How far retransmission, or of an orphan window probing, has come. */
static void retransmitting_note(const struct listed *listed, struct out *out)
{
	const uint32_t tries = listed->connection.retransmits;

	if (listed->window_probe)
		out_printf(out, ", %s", notes[NOTE_WINDOW_CLOSED]);
	else
		out_printf(out, ", %u %s", tries, tries == 1 ? "try" : "tries");
	if (!listed->gives_up_ms)
		return;
	out_text(out, ", gives up in ");
	words_span(out, listed->gives_up_ms * 1000);
}

static void arrived_note(const struct listed *listed, struct out *out)
{
	const struct connection *c = &listed->connection;

	if (!detection_is_contradicted(&c->settings, c->silent_us, listed->heard_us))
		return;
	out_text(out, ", something arrived ");
	words_span(out, listed->heard_us);
	out_text(out, " ago");
}

static void note_cell(const struct look *look, const struct listed *listed, struct out *out)
{
	const enum note note = note_of(listed, &look->zombies), holder = holder_note(listed);
	const bool old_timer = listed->old_timer && !listed->waiting;

	if (note == NOTE_UNANSWERED) {
		out_number(out, listed->probes_out);
		out_text(out, " ");
	}
	out_text(out, notes[note]);
	if (note != NOTE_NONE && note != NOTE_PEER_CLOSED && listed->state == TCP_CLOSE_WAIT)
		out_printf(out, ", %s", notes[NOTE_PEER_CLOSED]);
	if (note == NOTE_RETRANSMITTING || (note == NOTE_ORPHAN && is_stalled(listed)))
		retransmitting_note(listed, out);
	if (note == NOTE_UNANSWERED)
		arrived_note(listed, out);
	if (!listed->connection.owner.pid && note != holder)
		out_printf(out, "%s%s", note == NOTE_NONE ? "" : ", ", notes[holder]);
	if ((note != NOTE_NONE || holder != NOTE_NONE) && old_timer)
		out_text(out, ", ");
	if (old_timer)
		old_timer_note(listed, out);
}

static const struct {
	const char *title;
	void (*cell)(const struct look *look, const struct listed *listed, struct out *out);
} columns[COLUMNS] = {
	[COLUMN_PID] = { "PID", pid_cell },
	[COLUMN_COMM] = { "COMM", comm_cell },
	[COLUMN_LOCAL] = { "LOCAL", local_cell },
	[COLUMN_PEER] = { "PEER", peer_cell },
	[COLUMN_STATE] = { "STATE", state_cell },
	[COLUMN_NEXT] = { "NEXT", next_cell },
	[COLUMN_PROBES] = { "PROBES", probes_cell },
	[COLUMN_IDLE] = { "IDLE", idle_cell },
	[COLUMN_INTERVAL] = { "INTVL", interval_cell },
	[COLUMN_TIMEOUT] = { "USERTO", timeout_cell },
	[COLUMN_SILENT] = { "SILENT", silent_cell },
	[COLUMN_NOTICED] = { "NOTICED", noticed_cell },
	[COLUMN_NETNS] = { "NETNS", netns_cell },
	[COLUMN_CONTAINER] = { "CONTAINER", container_cell },
	[COLUMN_NOTE] = { "NOTE", note_cell },
};

const char *column_title(enum column column)
{
	return columns[column].title;
}

void column_cell(enum column column, const struct look *look, const struct listed *listed, struct out *out)
{
	columns[column].cell(look, listed, out);
}
