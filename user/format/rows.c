// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/rows.h"

#include "format/columns.h"

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

struct rows {
	struct rows_options options;
	size_t width[COLUMNS]; /* of the widest cell, or the title */
	bool shown[COLUMNS];
	struct look look;
	bool has_timeout, has_netns, has_container;
	bool measured;
	uint32_t last_pid; /* last measured */
	struct settings last_settings;
};

struct rows *rows_new(const struct rows_options *options)
{
	struct rows *rows = calloc(1, sizeof(*rows));

	if (!rows)
		return NULL;
	rows->options = *options;
	rows->look.own_netns = options->own_netns;
	rows->look.zombies = options->zombies;
	for (enum column i = 0; i < COLUMNS; i++)
		rows->width[i] = strlen(column_title(i));
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

	column_cell(column, &rows->look, listed, &out);
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
	if (listed->old_timer || listed->gives_up_ms)
		measure_cell(rows, COLUMN_NOTE, listed);
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

	for (enum column i = 0; i < COLUMNS; i++)
		if (rows->shown[i])
			width += rows->width[i] + GAP;
	return width - GAP;
}

static bool fits(const struct rows *rows)
{
	return !rows->options.columns || total_width(rows) <= rows->options.columns;
}

/* If the terminal is narrow, columns are left out in the order of dispensable. */
void rows_measured(struct rows *rows)
{
	static const enum column dispensable[] = { COLUMN_CONTAINER, COLUMN_INTERVAL, COLUMN_NETNS, COLUMN_TIMEOUT,
						   COLUMN_NOTE,      COLUMN_IDLE,     COLUMN_STATE };

	for (enum column i = 0; i < COLUMNS; i++)
		rows->shown[i] = true;
	rows->shown[COLUMN_TIMEOUT] = rows->has_timeout;
	rows->shown[COLUMN_NETNS] = rows->has_netns;
	rows->shown[COLUMN_CONTAINER] = rows->has_container;
	if (!fits(rows)) {
		rows->look.narrow = true;
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

	for (enum column i = 0; i < COLUMNS; i++) {
		if (!rows->shown[i])
			continue;
		from = out->used;
		out_text(out, column_title(i));
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
	for (enum column i = 0; i < COLUMNS; i++) {
		if (!rows->shown[i])
			continue;
		from = out->used;
		column_cell(i, &rows->look, listed, out);
		out_pad(out, from, rows->width[i] + GAP);
	}
	end_line(rows, out, line);
	if (*color)
		out_text(out, COLOR_OFF);
	out_text(out, "\n");
}
