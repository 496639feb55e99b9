/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The outputs of a run: each event goes to every output in the list, live and from a recording. To add an output, write
 * its struct output_ops in a file of its own, and declare it at the end of this header.
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
 * The functions of an output. All except open() may be NULL: the output does not need the call. Each returns 0, or the
 * error that broke the output. Lines dropped because the output is too slow are not an error; its target counts them.
 */
struct output_ops {
	bool no_lines; /* it needs no target */
	/* On success the list owns *output. file: where it will be written, as for target_new(). */
	int (*open)(struct output **output, const char *file);
	int (*started)(struct output *output, const struct started *started);        /* first */
	int (*event)(struct output *output, const struct event *event);              /* in order */
	int (*finished)(struct output *output, const struct connection *connection); /* once for each, at its end */
	int (*stats)(struct output *output, const struct stats *stats);              /* periodically, and last */
	void (*close)(struct output *output);                                        /* frees it, but not the target */
};

/* Common to all outputs: the first member of the struct of each output. */
struct output {
	const struct output_ops *ops;
	struct target *target;      /* where its lines go; NULL: it writes none */
	uint64_t lost[EVENT_KINDS]; /* lost lines by kind of event */
	uint64_t reported;          /* lost lines that were reported to it */
	bool broken;
};

/* The outputs of a run. The first one is the main output: the run ends if it breaks, but continues without the others.
 */
struct outputs;

/* From now on SIGPIPE and SIGXFSZ are ignored: EPIPE and EFBIG are enough. NULL when out of memory. */
struct outputs *outputs_new(void);

/*
 * Adds an output that writes to file, or to stdout if that is NULL or "-", and opens the file. Returns 0, or -errno
 * after a line on stderr: -EEXIST if another output writes to the same file.
 */
int outputs_add(struct outputs *outputs, const struct output_ops *ops, const char *file);

/*
 * Call it after the last outputs_add(), before anything else. Starts threads: drop privileges first. Returns 0, or
 * -errno after a line on stderr.
 */
int outputs_start(struct outputs *outputs);

/*
 * Lets the loop watch the outputs: full disks and broken outputs are reported on stderr. The loop stops if the main
 * output breaks or the reader of stdout exits. Returns 0 or -errno.
 */
int outputs_watch(struct outputs *outputs, struct loop *loop);

/* Does any output print timelines? Does the main output print totals itself? Can any output be reopened? */
bool outputs_show_timelines(const struct outputs *outputs);
bool outputs_tell_sums(const struct outputs *outputs);
bool outputs_have_file(const struct outputs *outputs);

/* Each call goes to all outputs. Returns 0, or the error that broke the main output. */
int outputs_started(struct outputs *outputs, const struct started *started);
int outputs_event(struct outputs *outputs, const struct event *event);
int outputs_finished(struct outputs *outputs, const struct connection *connection);

/* Fills in lost[LOST_OUTPUT] for each output with its own number of lost lines. */
int outputs_stats(struct outputs *outputs, const struct stats *stats);

/*
 * Reports to each output, as an event, the lines it has lost since the last report; once it has room again, otherwise
 * the report would be lost too; with last_call at once. The times are those of the event.
 */
void outputs_report_losses(struct outputs *outputs, uint64_t time_ns, uint64_t wall_ns, bool last_call);

/* From now on the outputs wait for room instead of dropping lines. */
void outputs_take_time(struct outputs *outputs);

/* Waits until everything is written. Returns 0; -ENOSPC if a disk is full; or the error that broke the main output. */
int outputs_flush(struct outputs *outputs);

/* Lost lines of all outputs; and those for events of this kind. */
uint64_t outputs_lost(const struct outputs *outputs);
uint64_t outputs_lost_of(const struct outputs *outputs, enum event_kind kind);

/* Prints on stderr what each output except the main one has lost. */
void outputs_say_lost(const struct outputs *outputs);

/* Reopens the files after they were renamed, or broke; if that fails, prints an error and continues in the old file. */
void outputs_reopen(struct outputs *outputs);

/*
 * Waits until everything is written and frees; NULL is fine. Returns 0, also if the reader of the main output has
 * exited, or -errno after printing it.
 */
int outputs_close(struct outputs *outputs);

/* The outputs. */
extern const struct output_ops text_output; /* lines for people, and timelines */
extern const struct output_ops json_output; /* lines for programs: docs/events.md */

#endif
