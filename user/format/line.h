/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The kinds of JSON lines, and the sources of their values. */
#ifndef KATRACE_LINE_H
#define KATRACE_LINE_H

#include "model/event.h"

#include <stdint.h>

/* The longest line, including its newline. */
#define EVENTS_LINE_MAX 4096

/* What a line has besides its event. */
struct event_line {
	const char *run;   /* the first part of the connection ids of this run */
	uint64_t sequence; /* 1, 2, 3... in this run */
};

/* The major version changes if a field changes or is removed, the minor version if a field is added. */
#define SCHEMA_MAJOR "1"
#define SCHEMA_VERSION SCHEMA_MAJOR ".2"

/* The kind of a line: an event, or one of these. */
enum line_kind {
	LINE_STARTED = EVENT_KINDS,
	LINE_STATS,
	LINE_SOCKET, /* this and the following are lines of lists, which are no recordings */
	LINE_SUMMARY,
	LINE_SYSCTL,
	LINE_KINDS,
};

/* Where the values of a line come from, or are read into. */
enum source {
	FROM_LINE,       /* struct event_line */
	FROM_EVENT,      /* struct event; of other lines: the time, and of a socket its settings, state and silence */
	FROM_CONNECTION, /* struct connection */
	FROM_LISTED,     /* struct listed */
	FROM_STARTED,    /* struct started */
	FROM_STATS,      /* struct stats */
	FROM_SUMMARY,    /* struct summary_line */
	FROM_SYSCTLS,    /* struct sysctls */
	SOURCES
};

/* The sources of one line; those that do not apply are NULL. */
struct sources {
	enum line_kind kind;
	const void *from[SOURCES];
};

/* "katrace.probe_sent" */
const char *line_name(enum line_kind kind);

/* When a line of this kind is written: one sentence. */
const char *line_means(enum line_kind kind);

#define SEVERITIES (SEVERITY_WARN + 1)

/* Severities of OpenTelemetry: 9, "INFO". */
unsigned int severity_number(enum severity severity);
const char *severity_name(enum severity severity);

#endif
