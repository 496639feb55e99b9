/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The right end of the street: events and connections become text or JSON, and go to stdout or to a file. */
#ifndef KATRACE_OUTPUT_H
#define KATRACE_OUTPUT_H

#include "model/event.h"
#include "format/events.h"
#include "format/text.h"

#include <stdbool.h>
#include <stdint.h>

struct output_options {
	bool json;
	const char *file; /* appended to; NULL: stdout */
	uint32_t own_netns;
};

/* How text fits stdout, a terminal or not. own_netns as in struct text_options. */
struct text_options text_options_for_stdout(uint32_t own_netns);

struct output;

/*
 * Opens the file and starts the sink's thread: privileges must have been dropped before. What the options point to must
 * outlive it. Returns 0, or -errno after saying on stderr what is wrong.
 */
int output_new(struct output **output, const struct output_options *options);

/* Time of an event + offset = CLOCK_REALTIME. It changes when the clock is set. */
void output_set_wall_offset(struct output *output, uint64_t offset_ns);

/*
 * Each queues what the output makes of it, which may be nothing. Returns 0, also when it was dropped because the queue
 * is full, or the error that broke the output. Timelines are for people, begin and sums for programs.
 */
int output_event(struct output *output, const struct event *event);
int output_timeline(struct output *output, const struct connection *connection);
int output_started(struct output *output, const struct started *started, uint64_t time_ns);
int output_stats(struct output *output, const struct stats *stats, uint64_t time_ns);

/* From now on there is time: the above wait for room instead of dropping. */
void output_take_time(struct output *output);

/* Lines dropped; and whether one more has a chance. */
uint64_t output_dropped(const struct output *output);
uint64_t output_dropped_of(const struct output *output, enum event_kind kind); /* events */
bool output_has_room(struct output *output);

/* Opens the file anew, after it was renamed; says so on stderr and goes on with the old one if that fails. */
void output_reopen(struct output *output);

/* Becomes readable when there is trouble. output_trouble() says on stderr what it is; true if that is the end. */
int output_fd(const struct output *output);
bool output_trouble(struct output *output);

/* Waits until all is written and frees; NULL is fine. Returns 0, or -errno after saying so; 0 for a reader that left.
 */
int output_close(struct output *output);

#endif
