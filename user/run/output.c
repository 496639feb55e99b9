// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/output.h"

#include "system/terminal.h"
#include "deliver/sink.h"
#include "format/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define SINK_CAPACITY (4UL * 1024 * 1024)

struct output {
	struct output_options options;
	struct text *text; /* NULL: JSON */
	struct sink *sink;
	char run[16];      /* hexadecimal, in the connection ids */
	uint64_t sequence; /* of the last line */
	uint64_t wall_offset_ns;
	uint64_t dropped[EVENT_KINDS];
	bool takes_time;
	bool said_full; /* of this file */
};

/* O_NONBLOCK: to open a FIFO nobody reads must fail, not stall. */
static int open_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0640);

	return fd < 0 ? -errno : fd;
}

static int open_target(const struct output_options *options)
{
	int fd;

	if (options->file)
		return open_file(options->file);
	fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

struct text_options text_options_for_stdout(uint32_t own_netns)
{
	return (struct text_options){
		.color = terminal_has_color(),
		.columns = terminal_columns(),
		.own_netns = own_netns,
	};
}

static struct text_options text_options(const struct output_options *options)
{
	const struct text_options plain = { .own_netns = options->own_netns };

	return options->file ? plain : text_options_for_stdout(options->own_netns);
}

static int open_format(struct output *output)
{
	const struct text_options options = text_options(&output->options);
	uint32_t run;

	if (!output->options.json) {
		output->text = text_new(&options);
		return output->text ? 0 : -ENOMEM;
	}
	if (getrandom(&run, sizeof(run), 0) != sizeof(run))
		return -errno;
	snprintf(output->run, sizeof(output->run), "%08" PRIx32, run);
	return 0;
}

static const char *target_name(const struct output *output)
{
	return output->options.file ? output->options.file : "the standard output";
}

int output_new(struct output **out, const struct output_options *options)
{
	struct output *output = calloc(1, sizeof(*output));
	int fd = -1, err = -ENOMEM;

	if (!output)
		goto fail;
	output->options = *options;
	err = open_format(output);
	if (err)
		goto fail;
	fd = open_target(options);
	err = fd < 0 ? fd : sink_new(&output->sink, fd, SINK_CAPACITY);
	if (err)
		goto fail;
	*out = output;
	return 0;
fail:
	fprintf(stderr, "katrace: cannot write to %s: %s\n", output ? target_name(output) : "the output",
		strerror(-err));
	if (fd >= 0)
		close(fd);
	if (output)
		text_free(output->text);
	free(output);
	return err;
}

void output_set_wall_offset(struct output *output, uint64_t offset_ns)
{
	output->wall_offset_ns = offset_ns;
}

static int put(struct output *output, const struct out *out)
{
	return output->takes_time ? sink_write_wait(output->sink, out->buf, out->used)
				  : sink_write(output->sink, out->buf, out->used);
}

/* What is dropped is counted, and no reason to end. */
static int unless_dropped(int err)
{
	return err == -ENOBUFS ? 0 : err;
}

static struct event_line next_line(struct output *output, uint64_t time_ns)
{
	return (struct event_line){
		.run = output->run,
		.sequence = ++output->sequence,
		.wall_ns = time_ns + output->wall_offset_ns,
	};
}

int output_event(struct output *output, const struct event *event)
{
	char buf[EVENTS_LINE_MAX];
	struct out out = out_make(buf, sizeof(buf));
	struct event told = *event;
	struct event_line line;
	int err;

	told.wall_ns = event->time_ns + output->wall_offset_ns;
	_Static_assert(EVENTS_LINE_MAX >= 2 * TEXT_LINE_MAX, "room for a line of text and the header");
	if (output->text) {
		text_event(output->text, &told, &out);
	} else {
		line = next_line(output, event->time_ns);
		events_event(&line, &told, &out);
	}
	err = put(output, &out);
	output->dropped[event->kind] += err == -ENOBUFS;
	return unless_dropped(err);
}

int output_timeline(struct output *output, const struct connection *connection)
{
	char buf[TEXT_TIMELINE_MAX];
	struct out out = out_make(buf, sizeof(buf));

	if (!output->text)
		return 0;
	text_timeline(output->text, connection, &out);
	return unless_dropped(put(output, &out));
}

int output_started(struct output *output, const struct started *started, uint64_t time_ns)
{
	char buf[EVENTS_LINE_MAX];
	struct out out = out_make(buf, sizeof(buf));
	struct event_line line;

	if (output->text)
		return 0;
	line = next_line(output, time_ns);
	events_started(&line, started, &out);
	return unless_dropped(put(output, &out));
}

int output_stats(struct output *output, const struct stats *stats, uint64_t time_ns)
{
	char buf[EVENTS_LINE_MAX];
	struct out out = out_make(buf, sizeof(buf));
	struct event_line line;

	if (output->text)
		return 0;
	line = next_line(output, time_ns);
	events_stats(&line, stats, &out);
	return unless_dropped(put(output, &out));
}

void output_take_time(struct output *output)
{
	output->takes_time = true;
}

uint64_t output_dropped(const struct output *output)
{
	return sink_dropped(output->sink);
}

uint64_t output_dropped_of(const struct output *output, enum event_kind kind)
{
	return output->dropped[kind];
}

bool output_has_room(struct output *output)
{
	return sink_has_room(output->sink, EVENTS_LINE_MAX);
}

void output_reopen(struct output *output)
{
	int fd = open_file(output->options.file);

	if (fd < 0) {
		fprintf(stderr, "katrace: cannot reopen %s: %s; still writing to the file opened before\n",
			output->options.file, strerror(-fd));
		return;
	}
	sink_switch(output->sink, fd);
	output->said_full = false;
}

int output_fd(const struct output *output)
{
	return sink_fd(output->sink);
}

bool output_trouble(struct output *output)
{
	const enum sink_state state = sink_state(output->sink);

	if (state == SINK_FULL && !output->said_full) {
		fprintf(stderr,
			"katrace: no space left for %s: events that do not fit are dropped and counted; make room%s\n",
			target_name(output), output->options.file ? ", or move it elsewhere and send SIGHUP" : "");
		output->said_full = true;
	}
	return state == SINK_BROKEN;
}

int output_close(struct output *output)
{
	uint64_t unwritten;
	int err;

	if (!output)
		return 0;
	err = sink_close(output->sink, &unwritten);
	if (err == -EPIPE)
		err = 0;
	if (err)
		fprintf(stderr, "katrace: cannot write to %s: %s; the last %" PRIu64 " lines are lost\n",
			target_name(output), strerror(-err), unwritten);
	text_free(output->text);
	free(output);
	return err;
}
