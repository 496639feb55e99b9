/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Events and connections for people. */
#ifndef KATRACE_TEXT_H
#define KATRACE_TEXT_H

#include "model/event.h"
#include "format/out.h"

#include <stdbool.h>
#include <stdint.h>

/* Large enough for every line of text_event(), and for every block of text_timeline(). */
#define TEXT_LINE_MAX 1024
#define TEXT_TIMELINE_MAX (16 * 1024)

struct text_options {
	bool color;
	unsigned int columns; /* of the terminal; 0: no terminal, any width is fine */
	uint32_t own_netns;   /* connections in other network namespaces show theirs */
};

struct text;

/* NULL when out of memory. */
struct text *text_new(const struct text_options *options);

/* NULL is fine. */
void text_free(struct text *text);

/* One event per line, with a header before the first. */
void text_event(struct text *text, const struct event *event, struct out *out);

/* A connection as one block: its identity, its timeline, and a sentence that says how it ended or would end. */
void text_timeline(struct text *text, const struct connection *connection, struct out *out);

#endif
