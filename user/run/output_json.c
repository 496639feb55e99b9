// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Lines of JSON, for programs and for replay. */
#include "run/output.h"

#include "format/json_writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct json_plug {
	struct output output; /* first */
	struct json_writer *writer;
	char run[16];      /* struct started, run: hexadecimal, in the connection ids */
	uint64_t sequence; /* of the last line */
};

static int open_json(struct output **output, const char *file)
{
	struct json_plug *plug = calloc(1, sizeof(*plug));

	(void)file;
	if (!plug)
		return -ENOMEM;
	plug->writer = json_writer_new();
	if (!plug->writer) {
		free(plug);
		return -ENOMEM;
	}
	*output = &plug->output;
	return 0;
}

static struct json_writer *writer_of(struct output *output)
{
	return ((struct json_plug *)output)->writer;
}

/* A line gets its number before it is queued, so that gaps show lost lines. */
static struct event_line next_line(struct output *output)
{
	struct json_plug *plug = (struct json_plug *)output;

	return (struct event_line){ .run = plug->run, .sequence = ++plug->sequence };
}

static int put_started(struct output *output, const struct started *started)
{
	struct json_plug *plug = (struct json_plug *)output;
	const struct event_line line = next_line(output);
	char buf[EVENTS_LINE_MAX];
	struct out out = out_make(buf, sizeof(buf));

	snprintf(plug->run, sizeof(plug->run), "%08" PRIx32, started->run);
	json_writer_started(writer_of(output), &line, started, &out);
	return target_write(output->target, &out);
}

static int put_event(struct output *output, const struct event *event)
{
	const struct event_line line = next_line(output);
	char buf[EVENTS_LINE_MAX];
	struct out out = out_make(buf, sizeof(buf));

	json_writer_event(writer_of(output), &line, event, &out);
	return target_write(output->target, &out);
}

static int put_stats(struct output *output, const struct stats *stats)
{
	const struct event_line line = next_line(output);
	char buf[EVENTS_LINE_MAX];
	struct out out = out_make(buf, sizeof(buf));

	json_writer_stats(writer_of(output), &line, stats, &out);
	return target_write(output->target, &out);
}

static void close_json(struct output *output)
{
	struct json_plug *plug = (struct json_plug *)output;

	json_writer_free(plug->writer);
	free(plug);
}

const struct output_ops json_output = {
	.open = open_json,
	.started = put_started,
	.event = put_event,
	.stats = put_stats,
	.close = close_json,
};
