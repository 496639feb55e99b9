/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Events for programs: one JSON object a line. Names, types and meanings are a contract, docs/events.md; what is
 * changed here is changed there and in docs/schema.json.
 */
#ifndef KATRACE_EVENTS_H
#define KATRACE_EVENTS_H

#include "model/event.h"
#include "format/json.h"
#include "format/out.h"

#include <stddef.h>
#include <stdint.h>

#define EVENTS_SCHEMA_VERSION "1.1"

/* No line is longer, its newline included. */
#define EVENTS_LINE_MAX 4096

/* What one line has apart from its event. */
struct event_line {
	const char *run;   /* begins the connection ids of this run */
	uint64_t sequence; /* 1, 2, 3... in this run */
	uint64_t wall_ns;  /* the event's time as CLOCK_REALTIME */
};

/* "katrace.probe_sent" */
const char *events_name(enum event_kind kind);

/* Each writes one line. */
void events_event(const struct event_line *line, const struct event *event, struct out *out);
void events_started(const struct event_line *line, const struct started *started, struct out *out);
void events_stats(const struct event_line *line, const struct stats *stats, struct out *out);

/*
 * Parts of a line that others share. In the object open at that moment: its head; who a connection is on the network;
 * who holds it; and, within "katrace", what identifies it, what more is known of its holders, and its keepalive values.
 */
void events_head(struct jsonw *json, const char *name, bool warning, const struct event_line *line);
void events_network(struct jsonw *json, const struct identity *id, uint8_t state);
void events_owner(struct jsonw *json, const struct owner *owner);
void events_identity(struct jsonw *json, const struct identity *id, uint64_t cookie);
void events_other_owners(struct jsonw *json, const struct owner *owner);
void events_keepalive(struct jsonw *json, const struct settings *settings);

#endif
