// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/rows.h"

#include "format/words.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2
/* "364d23h" */
#define SPAN_WIDTH 7

#define COLOR_FAILURE "\033[31m"
#define COLOR_WARNING "\033[33m"
#define COLOR_DIM "\033[2m"
#define COLOR_OFF "\033[0m"

enum column {
	COLUMN_PID,
	COLUMN_COMM,
	COLUMN_LOCAL,
	COLUMN_PEER,
	COLUMN_STATE,
	COLUMN_NEXT,
	COLUMN_PROBES,
	COLUMN_IDLE,
	COLUMN_INTERVAL,
	COLUMN_TIMEOUT,
	COLUMN_SILENT,
	COLUMN_NOTICED,
	COLUMN_NETNS,
	COLUMN_CONTAINER,
	COLUMN_NOTE,
	COLUMNS
};

struct rows {
	struct rows_options options;
	size_t width[COLUMNS]; /* of the widest cell, or the title */
	bool shown[COLUMNS];
	bool narrow; /* local addresses are shortened to their port */
	bool has_timeout, has_netns, has_container;
	bool measured;
	uint32_t last_pid; /* last measured */
	struct settings last_settings;
};

/* --- cells --- */

static void pid_cell(const struct rows *rows, const struct listed *listed, struct out *out)
{
	(void)rows;
	if (listed->connection.owner.pid)
		out_number(out, listed->connection.owner.pid);
	else
		out_text(out, "-");
}

static void comm_cell(const struct rows *rows, const struct listed *listed, struct out *out)
{
	const struct owner *owner = &listed->connection.owner;

	(void)rows;
	if (!owner->pid) {
		out_text(out, "-");
		return;
	}
	out_escaped(out, owner->comm, sizeof(owner->comm));
	if (owner->n_others) {
		out_text(out, " +");
		out_number(out, owner->n_others);
	}
}

static void local_cell(const struct rows *rows, const struct listed *listed, struct out *out)
{
	if (!rows->narrow) {
		words_endpoint(out, &listed->connection.id.local);
		return;
	}
	out_text(out, ":");
	out_number(out, listed->connection.id.local.port);
}

static void peer_cell(const struct rows *rows, const struct listed *listed, struct out *out)
{
	(void)rows;
	if (listed->state == TCP_LISTEN)
		out_text(out, "*");
	else
		words_endpoint(out, &listed->connection.id.peer);
}

static void state_cell(const struct rows *rows, const struct listed *listed, struct out *out)
{
	(void)rows;
	out_text(out, listed->state == TCP_ESTABLISHED ? "estab" : (state_name(listed->state) ?: "-"));
}

static void next_cell(const struct rows *rows, const struct listed *listed, struct out *out)
{
	(void)rows;
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

static void probes_cell(const struct rows *rows, const struct listed *listed, struct out *out)
{
	const struct settings *settings = &listed->connection.settings;

	(void)rows;
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

static void idle_cell(const struct rows *rows, const struct listed *listed, struct out *out)
{
	const struct settings *settings = &listed->connection.settings;

	(void)rows;
	setting_cell(settings, settings->idle_s, KATRACE_IDLE, out);
}

static void interval_cell(const struct rows *rows, const struct listed *listed, struct out *out)
{
	const struct settings *settings = &listed->connection.settings;

	(void)rows;
	setting_cell(settings, settings->interval_s, KATRACE_INTERVAL, out);
}

static void timeout_cell(const struct rows *rows, const struct listed *listed, struct out *out)
{
	const uint32_t ms = listed->connection.settings.user_timeout_ms;

	(void)rows;
	if (!ms)
		out_text(out, "-");
	else if (ms % 1000)
		words_ms(out, ms);
	else
		words_setting(out, ms / 1000);
}

static void silent_cell(const struct rows *rows, const struct listed *listed, struct out *out)
{
	(void)rows;
	if (listed->was_connected)
		words_span(out, listed->connection.silent_us);
	else
		out_text(out, "-");
}

static void noticed_cell(const struct rows *rows, const struct listed *listed, struct out *out)
{
	(void)rows;
	if (listed->detects)
		words_span(out, listed->detection_us);
	else if (listed->state == TCP_ESTABLISHED && !listed->connection.settings.enabled && !listed->waiting)
		out_text(out, "never");
	else
		out_text(out, "-");
}

static void netns_cell(const struct rows *rows, const struct listed *listed, struct out *out)
{
	if (listed->connection.id.netns == rows->options.own_netns)
		out_text(out, "-");
	else
		out_number(out, listed->connection.id.netns);
}

static void container_cell(const struct rows *rows, const struct listed *listed, struct out *out)
{
	(void)rows;
	words_container(out, &listed->connection.owner);
}

enum note {
	NOTE_NONE,
	NOTE_UNANSWERED, /* after their number */
	NOTE_RETRANSMITTING,
	NOTE_WINDOW_CLOSED,
	NOTE_ZOMBIE,
	NOTE_NO_KEEPALIVE,
	NOTE_ORPHAN,
	NOTE_KERNEL,
	NOTE_NOT_ACCEPTED,
	NOTES
};

static const char *const notes[NOTES] = {
	[NOTE_NONE] = "",
	[NOTE_UNANSWERED] = "unanswered",
	[NOTE_RETRANSMITTING] = "retransmitting",
	[NOTE_WINDOW_CLOSED] = "window closed",
	[NOTE_ZOMBIE] = "zombie",
	[NOTE_NO_KEEPALIVE] = "no keepalive",
	[NOTE_ORPHAN] = "orphan",
	[NOTE_KERNEL] = "the kernel's",
	[NOTE_NOT_ACCEPTED] = "not accepted",
};

const char *rows_note(size_t i)
{
	return i + 1 < NOTES ? notes[i + 1] : NULL;
}

/* Why no process holds the socket. */
static enum note unheld_note(const struct listed *listed)
{
	if (listed->connection.owner.pid)
		return NOTE_NONE;
	if (listed->orphan)
		return NOTE_ORPHAN;
	return listed->connection.id.inode ? NOTE_KERNEL : NOTE_NOT_ACCEPTED;
}

static enum note note_of(const struct listed *listed, const struct zombie_limits *zombies)
{
	switch (concern_of(listed, zombies)) {
	case CONCERN_UNANSWERED:
		return NOTE_UNANSWERED;
	case CONCERN_RETRANSMITTING:
		return listed->window_probe ? NOTE_WINDOW_CLOSED : NOTE_RETRANSMITTING;
	case CONCERN_ZOMBIE:
		return NOTE_ZOMBIE;
	case CONCERN_NO_KEEPALIVE:
		return NOTE_NO_KEEPALIVE;
	case CONCERN_NONE:
	case CONCERN_PASSING:
		return unheld_note(listed);
	case CONCERN_LISTENER:
		break;
	}
	return NOTE_NONE;
}

static void note_cell(const struct rows *rows, const struct listed *listed, struct out *out)
{
	const enum note note = note_of(listed, &rows->options.zombies);

	if (note == NOTE_UNANSWERED) {
		out_number(out, listed->probes_out);
		out_text(out, " ");
	}
	out_text(out, notes[note]);
}

static const struct {
	const char *title;
	void (*cell)(const struct rows *rows, const struct listed *listed, struct out *out);
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

/* --- the table --- */

struct rows *rows_new(const struct rows_options *options)
{
	struct rows *rows = calloc(1, sizeof(*rows));

	if (!rows)
		return NULL;
	rows->options = *options;
	for (int i = 0; i < COLUMNS; i++)
		rows->width[i] = strlen(columns[i].title);
	rows->width[COLUMN_NEXT] = rows->width[COLUMN_SILENT] = rows->width[COLUMN_NOTICED] = SPAN_WIDTH;
	rows->width[COLUMN_NOTE] = sizeof("retransmitting") - 1;
	return rows;
}

void rows_free(struct rows *rows)
{
	free(rows);
}

static void measure_cell(struct rows *rows, enum column column, const struct listed *listed)
{
	char buf[ROWS_LINE_MAX];
	struct out out = out_make(buf, sizeof(buf));

	columns[column].cell(rows, listed, &out);
	if (out.used > rows->width[column])
		rows->width[column] = out.used;
}

/* Only cells that differ from those of the last socket: there may be hundreds of thousands. */
void rows_measure(struct rows *rows, const struct listed *listed)
{
	static const enum column of_owner[] = { COLUMN_PID, COLUMN_COMM, COLUMN_CONTAINER };
	static const enum column of_settings[] = { COLUMN_PROBES, COLUMN_IDLE, COLUMN_INTERVAL, COLUMN_TIMEOUT };
	static const enum column of_place[] = { COLUMN_LOCAL, COLUMN_PEER, COLUMN_NETNS };
	const struct connection *c = &listed->connection;
	const bool first = !rows->measured;

	if (first || c->owner.pid != rows->last_pid || c->owner.n_others)
		for (size_t i = 0; i < sizeof(of_owner) / sizeof(of_owner[0]); i++)
			measure_cell(rows, of_owner[i], listed);
	if (first || !same_settings(&c->settings, &rows->last_settings) || listed->probes_out > 9)
		for (size_t i = 0; i < sizeof(of_settings) / sizeof(of_settings[0]); i++)
			measure_cell(rows, of_settings[i], listed);
	for (size_t i = 0; i < sizeof(of_place) / sizeof(of_place[0]); i++)
		measure_cell(rows, of_place[i], listed);
	if (listed->state != TCP_ESTABLISHED)
		measure_cell(rows, COLUMN_STATE, listed);
	rows->measured = true;
	rows->last_pid = c->owner.pid;
	rows->last_settings = c->settings;
	rows->has_timeout |= c->settings.user_timeout_ms != 0;
	rows->has_container |= *c->owner.cgroup.container != '\0';
	rows->has_netns |= c->id.netns != rows->options.own_netns;
}

static size_t total_width(const struct rows *rows)
{
	size_t width = 0;

	for (int i = 0; i < COLUMNS; i++)
		if (rows->shown[i])
			width += rows->width[i] + GAP;
	return width - GAP;
}

static bool fits(const struct rows *rows)
{
	return !rows->options.columns || total_width(rows) <= rows->options.columns;
}

/* The first column is left out first if the terminal is narrow. */
void rows_measured(struct rows *rows)
{
	static const enum column dispensable[] = { COLUMN_CONTAINER, COLUMN_INTERVAL, COLUMN_NETNS, COLUMN_TIMEOUT,
						   COLUMN_NOTE,      COLUMN_IDLE,     COLUMN_STATE };

	for (int i = 0; i < COLUMNS; i++)
		rows->shown[i] = true;
	rows->shown[COLUMN_TIMEOUT] = rows->has_timeout;
	rows->shown[COLUMN_NETNS] = rows->has_netns;
	rows->shown[COLUMN_CONTAINER] = rows->has_container;
	if (!fits(rows)) {
		rows->narrow = true;
		rows->width[COLUMN_LOCAL] = sizeof(":65535") - 1;
	}
	for (size_t i = 0; i < sizeof(dispensable) / sizeof(dispensable[0]) && !fits(rows); i++)
		rows->shown[dispensable[i]] = false;
}

/* Ends a line that began at from: no trailing spaces, and not wider than the terminal. */
static void end_line(const struct rows *rows, struct out *out, size_t from)
{
	if (rows->options.columns && out->used - from > rows->options.columns)
		out->used = from + rows->options.columns;
	while (out->used > from && out->buf[out->used - 1] == ' ')
		out->used--;
}

void rows_header(const struct rows *rows, struct out *out)
{
	const size_t line = out->used;
	size_t from;

	for (int i = 0; i < COLUMNS; i++) {
		if (!rows->shown[i])
			continue;
		from = out->used;
		out_text(out, columns[i].title);
		out_pad(out, from, rows->width[i] + GAP);
	}
	end_line(rows, out, line);
	out_text(out, "\n");
}

static const char *color_of(const struct rows *rows, const struct listed *listed)
{
	if (!rows->options.color)
		return "";
	switch (concern_of(listed, &rows->options.zombies)) {
	case CONCERN_UNANSWERED:
	case CONCERN_RETRANSMITTING:
		return COLOR_FAILURE;
	case CONCERN_ZOMBIE:
	case CONCERN_NO_KEEPALIVE:
		return COLOR_WARNING;
	case CONCERN_PASSING:
		return COLOR_DIM;
	case CONCERN_NONE:
	case CONCERN_LISTENER:
		break;
	}
	return "";
}

void rows_row(const struct rows *rows, const struct listed *listed, struct out *out)
{
	const char *color = color_of(rows, listed);
	size_t line, from;

	out_text(out, color);
	line = out->used;
	for (int i = 0; i < COLUMNS; i++) {
		if (!rows->shown[i])
			continue;
		from = out->used;
		columns[i].cell(rows, listed, out);
		out_pad(out, from, rows->width[i] + GAP);
	}
	end_line(rows, out, line);
	if (*color)
		out_text(out, COLOR_OFF);
	out_text(out, "\n");
}
