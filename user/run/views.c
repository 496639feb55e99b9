// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/views.h"

#include "format/csv.h"
#include "format/json_writer.h"
#include "format/report.h"
#include "format/rows.h"
#include "model/summary.h"

#include <errno.h>

#define INDENT 2 /* of a sentence's second line and those after it */

/* Where to write the header; NULL: no header. */
static struct out *header_line(const struct view *view)
{
	return view->header ? page_line(view->page) : NULL;
}

/* --- the sockets, one by one --- */

static struct rows *make_rows(const struct view *view, const struct snapshot *snapshot)
{
	const struct rows_options options = {
		.color = view->color,
		.columns = view->columns,
		.own_netns = snapshot_own_netns(snapshot),
		.zombies = view->zombies,
	};

	return rows_new(&options);
}

/* Notes whether a value of the socket comes from a sysctl. */
static void note_marks(struct view *view, const struct listed *listed)
{
	const struct settings *settings = &listed->connection.settings;

	view->marks |= settings->enabled && settings->from_sysctl;
}

static void measure_rows(struct view *view, struct rows *rows, const struct snapshot *snapshot)
{
	const struct sockets *sockets = snapshot_sockets(snapshot);
	struct listed listed = { 0 };

	for (size_t i = 0; i < sockets_count(sockets); i++) {
		snapshot_get(snapshot, i, &listed);
		note_marks(view, &listed);
		rows_measure(rows, &listed);
	}
	rows_measured(rows);
}

int view_rows(struct view *view, const struct snapshot *snapshot)
{
	const struct sockets *sockets = snapshot_sockets(snapshot);
	struct rows *rows = make_rows(view, snapshot);
	struct listed listed = { 0 };
	struct out *out;

	if (!rows)
		return -ENOMEM;
	measure_rows(view, rows, snapshot);
	page_plan(view->page, view->header + sockets_count(sockets));
	out = header_line(view);
	if (out)
		rows_header(rows, out);
	for (size_t i = 0; i < sockets_count(sockets); i++) {
		out = page_line(view->page);
		if (!out)
			break;
		snapshot_get(snapshot, i, &listed);
		rows_row(rows, &listed, out);
	}
	rows_free(rows);
	return 0;
}

int view_csv(struct view *view, const struct snapshot *snapshot)
{
	const struct sockets *sockets = snapshot_sockets(snapshot);
	struct out *out = header_line(view);
	struct listed listed = { 0 };

	if (out)
		csv_header(out);
	for (size_t i = 0; i < sockets_count(sockets); i++) {
		out = page_line(view->page);
		if (!out)
			break;
		snapshot_get(snapshot, i, &listed);
		csv_row(&listed, out);
	}
	return 0;
}

int view_json(struct view *view, const struct snapshot *snapshot)
{
	const struct sockets *sockets = snapshot_sockets(snapshot);
	struct event_line line = { .run = view->run };
	struct json_writer *writer = json_writer_new();
	struct listed listed = { 0 };
	struct out *out;

	if (!writer)
		return -ENOMEM;
	for (size_t i = 0; i < sockets_count(sockets); i++) {
		out = page_line(view->page);
		if (!out)
			break;
		snapshot_get(snapshot, i, &listed);
		line.sequence = ++view->sequence;
		json_writer_socket(writer, &line, snapshot_wall_ns(snapshot), &listed, out);
	}
	json_writer_free(writer);
	return 0;
}

/* --- summary --- */

static int sum_up(struct view *view, struct summary *summary, const struct snapshot *snapshot)
{
	const struct sockets *sockets = snapshot_sockets(snapshot);
	struct listed listed = { 0 };
	int err = 0;

	for (size_t i = 0; !err && i < sockets_count(sockets); i++) {
		snapshot_get(snapshot, i, &listed);
		note_marks(view, &listed);
		err = summary_add(summary, &listed);
	}
	summary_sort(summary);
	return err;
}

static void measure_lines(struct grid *grid, const struct summary *summary, unsigned int terminal)
{
	report_begin(grid, terminal);
	for (size_t i = 0; i < summary_count(summary); i++)
		report_measure(grid, summary_get(summary, i));
	report_measured(grid);
}

static void write_lines(struct view *view, const struct grid *grid, const struct summary *summary)
{
	struct out *out = header_line(view);

	if (out)
		grid_header(grid, out);
	for (size_t i = 0; i < summary_count(summary); i++) {
		out = page_line(view->page);
		if (!out)
			return;
		report_line(grid, summary_get(summary, i), out);
	}
}

/* The text as lines that fit the terminal, broken between words. Returns how many; without a page only counts them. */
static size_t write_broken(const struct view *view, struct page *page, const struct out *text)
{
	struct out_line line = { 0 };
	size_t lines = 0;
	struct out *out;

	for (; out_next_line(text, view->columns, INDENT, &line); lines++) {
		out = page ? page_line(page) : NULL;
		if (!out)
			continue;
		out_printf(out, "%*s", (int)line.indent, "");
		out_bytes(out, text->buf + line.from, line.end - line.from);
		out_text(out, "\n");
	}
	return lines;
}

/* The findings, below an empty line. The same as above. */
static size_t write_findings(const struct view *view, struct page *page, const struct summary *summary)
{
	char buf[REPORT_LINE_MAX];
	struct out line, *out;
	size_t lines = 0;

	for (size_t i = 0; i < summary_count(summary); i++) {
		for (size_t finding = 0; finding < REPORT_FINDINGS; finding++) {
			line = out_make(buf, sizeof(buf));
			report_finding(summary_get(summary, i), finding, &view->zombies, &line);
			out_finish(&line);
			out = page && line.used && !lines ? page_line(page) : NULL;
			if (out)
				out_text(out, "\n");
			lines += line.used && !lines;
			lines += write_broken(view, page, &line);
		}
	}
	return lines;
}

static int write_json_lines(struct view *view, const struct snapshot *snapshot, const struct summary *summary)
{
	struct event_line line = { .run = view->run };
	struct json_writer *writer = json_writer_new();
	struct out *out;

	if (!writer)
		return -ENOMEM;
	for (size_t i = 0; i < summary_count(summary); i++) {
		out = page_line(view->page);
		if (!out)
			break;
		line.sequence = ++view->sequence;
		json_writer_summary(writer, &line, snapshot_wall_ns(snapshot), summary_get(summary, i), out);
	}
	json_writer_free(writer);
	return 0;
}

int view_summary(struct view *view, const struct snapshot *snapshot)
{
	struct summary *summary = summary_new(&view->zombies, view->seed);
	struct grid grid;
	int err = -ENOMEM;

	if (summary)
		err = sum_up(view, summary, snapshot);
	if (!err && view->json) {
		err = write_json_lines(view, snapshot, summary);
	} else if (!err) {
		page_plan(view->page, view->header + summary_count(summary) + write_findings(view, NULL, summary));
		measure_lines(&grid, summary, view->columns);
		write_lines(view, &grid, summary);
		write_findings(view, view->page, summary);
	}
	summary_free(summary);
	return err;
}

/* --- sysctls --- */

static int write_json_sysctls(struct view *view, const struct snapshot *snapshot)
{
	struct event_line line = { .run = view->run };
	struct json_writer *writer = json_writer_new();
	const struct sysctls *sysctls;
	struct out *out;
	size_t n;

	if (!writer)
		return -ENOMEM;
	sysctls = snapshot_sysctls(snapshot, &n);
	for (size_t i = 0; i < n; i++) {
		out = page_line(view->page);
		if (!out)
			break;
		line.sequence = ++view->sequence;
		json_writer_sysctls(writer, &line, snapshot_wall_ns(snapshot), &sysctls[i], out);
	}
	json_writer_free(writer);
	return 0;
}

int view_sysctls(struct view *view, const struct snapshot *snapshot)
{
	const struct sysctls *sysctls;
	struct grid grid;
	struct out *out;
	size_t n;

	if (view->json)
		return write_json_sysctls(view, snapshot);
	sysctls = snapshot_sysctls(snapshot, &n);
	page_plan(view->page, view->header + n);
	report_sysctl_begin(&grid, view->columns);
	for (size_t i = 0; i < n; i++)
		report_sysctl_measure(&grid, &sysctls[i]);
	report_sysctl_measured(&grid);
	out = header_line(view);
	if (out)
		grid_header(&grid, out);
	for (size_t i = 0; i < n; i++) {
		out = page_line(view->page);
		if (!out)
			break;
		report_sysctl(&grid, &sysctls[i], out);
	}
	return 0;
}
