// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/views.h"

#include "format/csv.h"
#include "format/json_writer.h"
#include "format/report.h"
#include "format/rows.h"
#include "model/summary.h"

#include <errno.h>

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

static void measure_rows(struct rows *rows, const struct snapshot *snapshot)
{
	const struct sockets *sockets = snapshot_sockets(snapshot);
	struct listed listed = { 0 };

	for (size_t i = 0; i < sockets_count(sockets); i++) {
		snapshot_get(snapshot, i, &listed);
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
	measure_rows(rows, snapshot);
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

static int sum_up(struct summary *summary, const struct snapshot *snapshot)
{
	const struct sockets *sockets = snapshot_sockets(snapshot);
	struct listed listed = { 0 };
	int err = 0;

	for (size_t i = 0; !err && i < sockets_count(sockets); i++) {
		snapshot_get(snapshot, i, &listed);
		err = summary_add(summary, &listed);
	}
	summary_sort(summary);
	return err;
}

static void write_lines(struct view *view, const struct summary *summary)
{
	struct out *out = header_line(view);

	if (out)
		report_header(out);
	for (size_t i = 0; i < summary_count(summary); i++) {
		out = page_line(view->page);
		if (!out)
			return;
		report_line(summary_get(summary, i), out);
	}
}

static void write_line(struct view *view, const struct out *line)
{
	struct out *out = line->used ? page_line(view->page) : NULL;

	if (out)
		out_bytes(out, line->buf, line->used);
}

static void write_findings(struct view *view, const struct summary *summary)
{
	char buf[REPORT_LINE_MAX];
	struct out line = out_make(buf, sizeof(buf));

	if (summary_count(summary))
		out_text(&line, "\n");
	write_line(view, &line);
	for (size_t i = 0; i < summary_count(summary); i++) {
		for (size_t finding = 0; finding < REPORT_FINDINGS; finding++) {
			line = out_make(buf, sizeof(buf));
			report_finding(summary_get(summary, i), finding, &view->zombies, &line);
			write_line(view, &line);
		}
	}
}

int view_summary(struct view *view, const struct snapshot *snapshot)
{
	struct summary *summary = summary_new(&view->zombies, view->seed);
	int err = -ENOMEM;

	if (summary)
		err = sum_up(summary, snapshot);
	if (!err) {
		write_lines(view, summary);
		write_findings(view, summary);
	}
	summary_free(summary);
	return err;
}

/* --- sysctls --- */

int view_sysctls(struct view *view, const struct snapshot *snapshot)
{
	struct out *out = header_line(view);
	const struct snapshot_netns *found;
	size_t n;

	found = snapshot_sysctls(snapshot, &n);
	if (out)
		report_sysctl_header(out);
	for (size_t i = 0; i < n; i++) {
		out = page_line(view->page);
		if (!out)
			break;
		report_sysctl(&found[i].netns, snapshot_hz(snapshot),
			      found[i].netns.netns == snapshot_own_netns(snapshot), found[i].descriptors, out);
	}
	return 0;
}
