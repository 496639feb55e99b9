/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Events and sockets for programs: one JSON object per line, according to the table of fields (format/fields.h). Each
 * function writes one line of at most EVENTS_LINE_MAX bytes.
 */
#ifndef KATRACE_JSON_WRITER_H
#define KATRACE_JSON_WRITER_H

#include "format/line.h"
#include "format/out.h"
#include "model/sockets.h"
#include "model/summary.h"
#include "model/sysctls.h"

struct json_writer;

/* NULL when out of memory, or if the table exceeds the limits of format/plan.h. */
struct json_writer *json_writer_new(void);

/* NULL is fine. */
void json_writer_free(struct json_writer *writer);

void json_writer_event(struct json_writer *writer, const struct event_line *line, const struct event *event,
		       struct out *out);
void json_writer_started(struct json_writer *writer, const struct event_line *line, const struct started *started,
			 struct out *out);
void json_writer_stats(struct json_writer *writer, const struct event_line *line, const struct stats *stats,
		       struct out *out);

/* A line of a list, katrace.socket. line->sequence is also part of its connection id; wall_ns: CLOCK_REALTIME. */
void json_writer_socket(struct json_writer *writer, const struct event_line *line, uint64_t wall_ns,
			const struct listed *listed, struct out *out);

/* The connections of a process, and the sysctls of a network namespace, at that CLOCK_REALTIME. */
void json_writer_summary(struct json_writer *writer, const struct event_line *line, uint64_t wall_ns,
			 const struct summary_line *summary, struct out *out);
void json_writer_sysctls(struct json_writer *writer, const struct event_line *line, uint64_t wall_ns,
			 const struct sysctls *sysctls, struct out *out);

#endif
