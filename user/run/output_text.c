// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Events and timelines as text, for people. */
#include "run/output.h"

#include "format/text.h"
#include "system/terminal.h"

#include <errno.h>
#include <stdlib.h>

struct text_plug {
	struct output output; /* first */
	struct text_options options;
	struct text *text;
};

/* Text in a file has no limit of width and no colours. */
static int open_text(struct output **output, const char *file)
{
	struct text_plug *plug = calloc(1, sizeof(*plug));

	if (!plug)
		return -ENOMEM;
	if (!file) {
		plug->options.color = terminal_has_color();
		plug->options.columns = terminal_columns();
	}
	plug->text = text_new(&plug->options);
	if (!plug->text) {
		free(plug);
		return -ENOMEM;
	}
	*output = &plug->output;
	return 0;
}

/* A recording may contain several runs: each has its own header and network namespace. */
static int text_started(struct output *output, const struct started *started)
{
	struct text_plug *plug = (struct text_plug *)output;
	struct text *text;

	plug->options.own_netns = started->netns;
	text = text_new(&plug->options);
	if (!text)
		return -ENOMEM;
	text_free(plug->text);
	plug->text = text;
	return 0;
}

static int put_event(struct output *output, const struct event *event)
{
	const struct text_plug *plug = (struct text_plug *)output;
	char buf[2 * TEXT_LINE_MAX]; /* with the header */
	struct out out = out_make(buf, sizeof(buf));

	text_event(plug->text, event, &out);
	out_finish(&out);
	return target_write(output->target, &out);
}

static int put_timeline(struct output *output, const struct connection *connection)
{
	const struct text_plug *plug = (struct text_plug *)output;
	char buf[TEXT_TIMELINE_MAX];
	struct out out = out_make(buf, sizeof(buf));

	text_timeline(plug->text, connection, &out);
	out_finish(&out);
	return target_write(output->target, &out);
}

static void close_text(struct output *output)
{
	struct text_plug *plug = (struct text_plug *)output;

	text_free(plug->text);
	free(plug);
}

const struct output_ops text_output = {
	.open = open_text,
	.started = text_started,
	.event = put_event,
	.finished = put_timeline,
	.close = close_text,
};
