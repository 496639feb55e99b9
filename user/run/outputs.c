// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The list of outputs: passes everything to each, and isolates them from each other's errors. */
#include "run/output.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define OUTPUTS_MAX 8
/* For each output: how many bytes may wait for a slow reader. */
#define SINK_CAPACITY (4UL * 1024 * 1024)

struct outputs {
	struct output *list[OUTPUTS_MAX];
	size_t n;
	struct loop *loop; /* that watches them, or NULL */
};

static struct output *main_output(const struct outputs *outputs)
{
	return outputs->list[0];
}

static bool writes_to_stdout(const struct output *output)
{
	return output->target && target_is_stdout(output->target);
}

struct outputs *outputs_new(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return calloc(1, sizeof(struct outputs));
}

/* Another output that writes to the same file, or NULL. */
static const struct output *find_sharing(const struct outputs *outputs, const struct target *target)
{
	for (size_t i = 0; i < outputs->n; i++)
		if (outputs->list[i]->target && target_shares_file(outputs->list[i]->target, target))
			return outputs->list[i];
	return NULL;
}

/* Returns 0, or -errno after a line on stderr. */
static int open_target(const struct outputs *outputs, struct target **target, const char *file)
{
	int err = target_new(target, file);
	const struct output *other;

	if (err)
		return err;
	other = find_sharing(outputs, *target);
	if (!other)
		return 0;
	if (strcmp(target_name(*target), target_name(other->target)) == 0)
		fprintf(stderr, "katrace: two outputs cannot both go to %s\n", target_name(*target));
	else
		fprintf(stderr, "katrace: cannot write to %s: it is the same file as %s\n", target_name(*target),
			target_name(other->target));
	target_close(*target, false);
	return -EEXIST;
}

int outputs_add(struct outputs *outputs, const struct output_ops *ops, const char *file)
{
	struct output *output;
	int err;

	if (outputs->n == OUTPUTS_MAX)
		return -ENOSPC;
	if (file && strcmp(file, "-") == 0)
		file = NULL;
	err = ops->open(&output, file);
	if (err) {
		fprintf(stderr, "katrace: cannot open an output: %s\n", strerror(-err));
		return err;
	}
	*output = (struct output){ .ops = ops };
	if (!ops->no_lines)
		err = open_target(outputs, &output->target, file);
	if (err) {
		ops->close(output);
		return err;
	}
	outputs->list[outputs->n++] = output;
	return 0;
}

int outputs_start(struct outputs *outputs)
{
	int err = 0;

	for (size_t i = 0; i < outputs->n && !err; i++)
		err = target_start(outputs->list[i]->target, SINK_CAPACITY);
	if (err)
		fprintf(stderr, "katrace: cannot start an output: %s\n", strerror(-err));
	return err;
}

/* --- events --- */

/* An error of the main output ends the run; an error of another output is printed once. */
static int judge(const struct outputs *outputs, struct output *output, int err)
{
	if (!err)
		return 0;
	if (output == main_output(outputs))
		return err;
	if (!output->broken)
		fprintf(stderr, "katrace: cannot write to %s any more: %s; continuing without it\n",
			target_name(output->target), strerror(-err));
	output->broken = true;
	return 0;
}

/* Calls all outputs, even after the main one broke, so that a recording is complete. */
static int tell(struct outputs *outputs, int (*one)(struct output *, const void *), const void *what)
{
	int result = 0, err;

	for (size_t i = 0; i < outputs->n; i++) {
		err = judge(outputs, outputs->list[i], one(outputs->list[i], what));
		if (err)
			result = err;
	}
	return result;
}

static int tell_started(struct output *output, const void *started)
{
	return output->ops->started ? output->ops->started(output, started) : 0;
}

static int tell_event(struct output *output, const void *what)
{
	const uint64_t lost_before = target_lost(output->target);
	const struct event *event = what;
	int err;

	if (!output->ops->event)
		return 0;
	err = output->ops->event(output, event);
	output->lost[event->kind] += target_lost(output->target) > lost_before;
	return err;
}

static int tell_finished(struct output *output, const void *connection)
{
	return output->ops->finished ? output->ops->finished(output, connection) : 0;
}

/* Each output reports its own lost lines. */
static int tell_stats(struct output *output, const void *stats)
{
	struct stats own = *(const struct stats *)stats;

	own.lost[LOST_OUTPUT] = target_lost(output->target);
	return output->ops->stats ? output->ops->stats(output, &own) : 0;
}

int outputs_started(struct outputs *outputs, const struct started *started)
{
	return tell(outputs, tell_started, started);
}

int outputs_event(struct outputs *outputs, const struct event *event)
{
	return tell(outputs, tell_event, event);
}

int outputs_finished(struct outputs *outputs, const struct connection *connection)
{
	return tell(outputs, tell_finished, connection);
}

int outputs_stats(struct outputs *outputs, const struct stats *stats)
{
	return tell(outputs, tell_stats, stats);
}

/* --- losses --- */

static void report_losses(struct outputs *outputs, struct output *output, struct event *event, bool last_call)
{
	const uint64_t lost = target_lost(output->target);

	if (lost == output->reported || output->broken || (!last_call && !target_has_room(output->target)))
		return;
	event->lost.count = lost - output->reported;
	output->reported = lost;
	judge(outputs, output, tell_event(output, event));
}

void outputs_report_losses(struct outputs *outputs, uint64_t time_ns, uint64_t wall_ns, bool last_call)
{
	struct event event = {
		.kind = EVENT_EVENTS_LOST,
		.severity = SEVERITY_WARN,
		.time_ns = time_ns,
		.wall_ns = wall_ns,
		.lost.stage = LOST_OUTPUT,
	};

	for (size_t i = 0; i < outputs->n; i++)
		report_losses(outputs, outputs->list[i], &event, last_call);
}

uint64_t outputs_lost(const struct outputs *outputs)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < outputs->n; i++)
		lost += target_lost(outputs->list[i]->target);
	return lost;
}

uint64_t outputs_lost_of(const struct outputs *outputs, enum event_kind kind)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < outputs->n; i++)
		lost += outputs->list[i]->lost[kind];
	return lost;
}

void outputs_say_lost(const struct outputs *outputs)
{
	const struct target *target;
	uint64_t lost;

	for (size_t i = 1; i < outputs->n; i++) {
		target = outputs->list[i]->target;
		lost = target_lost(target);
		if (lost)
			fprintf(stderr, "katrace: LOST: %" PRIu64 " of these lines from %s\n", lost,
				target_name(target));
	}
}

/* --- errors of the targets --- */

static void look_at_troubles(void *ctx)
{
	const struct outputs *outputs = ctx;

	for (size_t i = 0; i < outputs->n; i++)
		if (judge(outputs, outputs->list[i], target_trouble(outputs->list[i]->target)))
			loop_stop(outputs->loop);
}

static void reader_has_gone(void *ctx)
{
	const struct outputs *outputs = ctx;

	loop_stop(outputs->loop);
}

int outputs_watch(struct outputs *outputs, struct loop *loop)
{
	int err = 0;

	outputs->loop = loop;
	for (size_t i = 0; i < outputs->n && !err; i++)
		if (outputs->list[i]->target)
			err = loop_watch(loop, target_fd(outputs->list[i]->target), EPOLLIN, look_at_troubles, outputs);
	/* A pipe shows at once that its reader has exited. A regular file cannot be polled, and has no reader. */
	if (!err && writes_to_stdout(main_output(outputs)))
		loop_watch(loop, STDOUT_FILENO, 0, reader_has_gone, outputs);
	return err;
}

void outputs_take_time(struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->n; i++)
		target_take_time(outputs->list[i]->target);
}

int outputs_flush(struct outputs *outputs)
{
	int err = 0;

	for (size_t i = 0; i < outputs->n && !err; i++)
		err = judge(outputs, outputs->list[i], target_flush(outputs->list[i]->target));
	return err;
}

void outputs_reopen(struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->n; i++) {
		target_reopen(outputs->list[i]->target);
		outputs->list[i]->broken = false; /* if it still is, it is reported again */
	}
}

int outputs_close(struct outputs *outputs)
{
	struct target *target;
	int result = 0, err;

	if (!outputs)
		return 0;
	for (size_t i = 0; i < outputs->n; i++) {
		target = outputs->list[i]->target;
		outputs->list[i]->ops->close(outputs->list[i]);
		err = target_close(target, i == 0);
		if (err && (i || err != -EPIPE))
			result = err;
	}
	free(outputs);
	return result;
}

/* --- properties --- */

bool outputs_show_timelines(const struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->n; i++)
		if (outputs->list[i]->ops->finished)
			return true;
	return false;
}

bool outputs_tell_sums(const struct outputs *outputs)
{
	return main_output(outputs)->ops->stats;
}

bool outputs_have_file(const struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->n; i++)
		if (outputs->list[i]->target && !writes_to_stdout(outputs->list[i]))
			return true;
	return false;
}
