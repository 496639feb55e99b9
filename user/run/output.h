/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The right end of the street: what a run has to tell goes to each output in its list, live and from a recording alike.
 * An output is a plug: to add one, write its struct output_ops in a file of its own, and name it at the end of this
 * one.
 */
#ifndef KATRACE_OUTPUT_H
#define KATRACE_OUTPUT_H

#include "run/loop.h"
#include "run/target.h"
#include "model/event.h"

#include <stdbool.h>
#include <stdint.h>

struct output;

/*
 * What an output makes of a run; all but open() may be NULL: of no interest to it. Each returns 0, or the error that
 * broke the output: what is dropped because it is too slow is counted by its target, and no error.
 */
struct output_ops {
	bool no_lines; /* it needs no target */
	/* On success *output is the list's. file as for target_new(): what will be written to. */
	int (*open)(struct output **output, const char *file);
	int (*started)(struct output *output, const struct started *started);        /* first */
	int (*event)(struct output *output, const struct event *event);              /* in order */
	int (*finished)(struct output *output, const struct connection *connection); /* once for each, at its end */
	int (*stats)(struct output *output, const struct stats *stats);              /* now and then, and last */
	void (*close)(struct output *output);                                        /* frees it, but not the target */
};

/* What all outputs have; the first member of each one's own struct. */
struct output {
	const struct output_ops *ops;
	struct target *target;      /* its lines go there; NULL: it writes none */
	uint64_t lost[EVENT_KINDS]; /* lines for events that its target lost */
	uint64_t reported;          /* lines lost, of which it was told by an event */
	bool broken;
};

/* The outputs of a run. The first one is the main one: when it breaks the run is over; without the others it goes on.
 */
struct outputs;

/* From now on SIGPIPE and SIGXFSZ have no effect, for EPIPE and EFBIG tell as much. NULL when out of memory. */
struct outputs *outputs_new(void);

/*
 * Adds one that writes to file, or to stdout if that is NULL. Starts a thread: privileges must have been dropped
 * before. Returns 0, or -errno after a line on stderr.
 */
int outputs_add(struct outputs *outputs, const struct output_ops *ops, const char *file);

/*
 * Has the loop look after what becomes of them: a full disk is said on stderr, one that is broken as well, and the loop
 * is stopped when it is the main one, or the reader of stdout has gone. Returns 0 or -errno.
 */
int outputs_watch(struct outputs *outputs, struct loop *loop);

/* Does any of them show timelines? Does the main one tell sums by itself? Could one be reopened? */
bool outputs_show_timelines(const struct outputs *outputs);
bool outputs_tell_sums(const struct outputs *outputs);
bool outputs_have_file(const struct outputs *outputs);

/* Each is handed to all outputs. Returns 0, or the error that broke the main one. */
int outputs_started(struct outputs *outputs, const struct started *started);
int outputs_event(struct outputs *outputs, const struct event *event);
int outputs_finished(struct outputs *outputs, const struct connection *connection);

/* The lost lines of output are each one's own: that member is filled in here. */
int outputs_stats(struct outputs *outputs, const struct stats *stats);

/*
 * Tells each output of the lines it has lost since the last time, as an event of its own, once it has room again, or
 * that would be lost too; with last_call at once. The times are those of the event.
 */
void outputs_report_losses(struct outputs *outputs, uint64_t time_ns, uint64_t wall_ns, bool last_call);

/* From now on there is time: they wait for room instead of dropping. */
void outputs_take_time(struct outputs *outputs);

/* Waits until all is written. Returns 0; -ENOSPC when there is no space; or the error that broke the main one. */
int outputs_flush(struct outputs *outputs);

/* Lines lost by all of them; of these, lines for events of this kind. */
uint64_t outputs_lost(const struct outputs *outputs);
uint64_t outputs_lost_of(const struct outputs *outputs, enum event_kind kind);

/* On stderr: what each output but the main one has lost. */
void outputs_say_lost(const struct outputs *outputs);

/* Opens the files anew, after they were renamed; says so on stderr and goes on with an old one if that fails. */
void outputs_reopen(struct outputs *outputs);

/*
 * Waits until all is written and frees; NULL is fine. Returns 0, or -errno after saying so; 0 for a reader of the main
 * one that left.
 */
int outputs_close(struct outputs *outputs);

/* The plugs. */
extern const struct output_ops text_output; /* lines for people, and timelines */
extern const struct output_ops json_output; /* lines for programs: docs/events.md */

#endif
