// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/rows.h"

#include "format/columns.h"
#include "format/grid.h"

#include <netinet/tcp.h>
#include <stdlib.h>

/* "364d23h" */
#define SPAN_WIDTH 7

#define COLOR_FAILURE "\033[31m"
#define COLOR_WARNING "\033[33m"
#define COLOR_DIM "\033[2m"
#define COLOR_OFF "\033[0m"

struct rows {
	struct rows_options options;
	struct grid_column columns[COLUMNS];
	struct grid grid;
	struct look look;
	size_t brief_comm; /* how wide its column is with titles in brief */
	bool has_timeout, has_netns, has_container;
	bool measured;
	uint32_t last_pid; /* last measured */
	struct settings last_settings;
};

_Static_assert(COLUMNS <= GRID_MAX, "room for every column");

static void set_up_columns(struct grid_column *columns)
{
	for (enum column i = 0; i < COLUMNS; i++)
		columns[i].title = column_title(i);
	columns[COLUMN_NEXT].width = columns[COLUMN_SILENT].width = columns[COLUMN_NOTICED].width = SPAN_WIDTH;
	columns[COLUMN_NOTE].width = sizeof("retransmitting") - 1;
	columns[COLUMN_NOTE].fair = sizeof("old timer still running, next") - 1;
	columns[COLUMN_NOTE].least = sizeof("12 unanswered") - 1;
	columns[COLUMN_COMM].fair = sizeof("kworker-15bytes +9") - 1; /* longer only with titles and escapes */
	columns[COLUMN_COMM].least = 8;
	columns[COLUMN_LOCAL].fair = columns[COLUMN_PEER].fair = sizeof("[2001:db8:1:2::3]:65535") - 1;
	columns[COLUMN_LOCAL].least = columns[COLUMN_PEER].least = sizeof("255.255.255.255:65535") - 1;
	columns[COLUMN_NETNS].fair = sizeof("4026531840") - 1;
	columns[COLUMN_NETNS].least = 8;
	columns[COLUMN_LOCAL].keeps_end = columns[COLUMN_PEER].keeps_end = true;
}

struct rows *rows_new(const struct rows_options *options)
{
	struct rows *rows = calloc(1, sizeof(*rows));

	if (!rows)
		return NULL;
	rows->options = *options;
	rows->look.own_netns = options->own_netns;
	rows->look.zombies = options->zombies;
	set_up_columns(rows->columns);
	grid_begin(&rows->grid, rows->columns, COLUMNS, options->columns);
	rows->brief_comm = rows->grid.width[COLUMN_COMM];
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
	grid_measure(&rows->grid, column, &out);
}

static void measure_owner(struct rows *rows, const struct listed *listed)
{
	static const enum column of_owner[] = { COLUMN_PID, COLUMN_COMM, COLUMN_CONTAINER };
	static const struct look brief = { .brief = true };
	char buf[ROWS_LINE_MAX];
	struct out out = out_make(buf, sizeof(buf));
	size_t width;

	for (size_t i = 0; i < sizeof(of_owner) / sizeof(of_owner[0]); i++)
		measure_cell(rows, of_owner[i], listed);
	column_cell(COLUMN_COMM, &brief, listed, &out);
	width = out_width(&out, 0);
	if (width > rows->brief_comm)
		rows->brief_comm = width;
}

/* Only cells that differ from those of the last socket: there may be hundreds of thousands. */
void rows_measure(struct rows *rows, const struct listed *listed)
{
	static const enum column of_settings[] = { COLUMN_PROBES, COLUMN_IDLE, COLUMN_INTERVAL, COLUMN_TIMEOUT };
	static const enum column of_place[] = { COLUMN_LOCAL, COLUMN_PEER, COLUMN_NETNS };
	const struct connection *c = &listed->connection;
	const bool first = !rows->measured;

	if (first || c->owner.pid != rows->last_pid || c->owner.n_others)
		measure_owner(rows, listed);
	if (first || !same_settings(&c->settings, &rows->last_settings) || listed->probes_out > 9)
		for (size_t i = 0; i < sizeof(of_settings) / sizeof(of_settings[0]); i++)
			measure_cell(rows, of_settings[i], listed);
	for (size_t i = 0; i < sizeof(of_place) / sizeof(of_place[0]); i++)
		measure_cell(rows, of_place[i], listed);
	if (listed->state != TCP_ESTABLISHED)
		measure_cell(rows, COLUMN_STATE, listed);
	if (listed->waiting || listed->old_timer || listed->probes_out)
		measure_cell(rows, COLUMN_NOTE, listed); /* the others are short */
	rows->measured = true;
	rows->last_pid = c->owner.pid;
	rows->last_settings = c->settings;
	rows->has_timeout |= c->settings.user_timeout_ms != 0;
	rows->has_container |= *c->owner.cgroup.container != '\0';
	rows->has_netns |= c->id.netns != rows->options.own_netns;
}

/* What tells a connection from others, and what is wrong with it, stays longest. */
void rows_measured(struct rows *rows)
{
	static const unsigned char order[] = { COLUMN_CONTAINER, COLUMN_INTERVAL, COLUMN_NETNS, COLUMN_TIMEOUT,
					       COLUMN_IDLE,      COLUMN_STATE,    COLUMN_NEXT,  COLUMN_PROBES,
					       COLUMN_NOTICED,   COLUMN_PID,      COLUMN_LOCAL, COLUMN_SILENT };
	enum { DETAILS = 6 };

	rows->grid.shown[COLUMN_TIMEOUT] = rows->has_timeout;
	rows->grid.shown[COLUMN_NETNS] = rows->has_netns;
	rows->grid.shown[COLUMN_CONTAINER] = rows->has_container;
	if (!grid_fits(&rows->grid)) {
		rows->look.brief = true;
		rows->grid.width[COLUMN_COMM] = rows->brief_comm;
	}
	if (!grid_fits(&rows->grid)) {
		rows->look.narrow = true;
		rows->grid.width[COLUMN_LOCAL] = sizeof(":65535") - 1;
	}
	grid_fit(&rows->grid, order, sizeof(order), DETAILS);
}

void rows_header(const struct rows *rows, struct out *out)
{
	grid_header(&rows->grid, out);
}

static const char *color_of(const struct rows *rows, const struct listed *listed)
{
	if (!rows->options.color)
		return "";
	switch (concern_of(listed, &rows->options.zombies)) {
	case CONCERN_UNANSWERED:
	case CONCERN_RETRANSMITTING:
	case CONCERN_ORPHAN:
		return COLOR_FAILURE;
	case CONCERN_ZOMBIE:
	case CONCERN_PEER_CLOSED:
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
		if (!rows->grid.shown[i])
			continue;
		from = out->used;
		column_cell(i, &rows->look, listed, out);
		grid_end_cell(&rows->grid, i, out, from);
	}
	grid_end_line(&rows->grid, out, line);
	if (*color)
		out_text(out, COLOR_OFF);
	out_text(out, "\n");
}
