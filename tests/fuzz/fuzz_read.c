// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Fuzzes the reader of recordings: no line may crash it, and every accepted line prints completely and in printable
 * characters only.
 */
#include "format/json_reader.h"
#include "format/text.h"
#include "format/utf8.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
	struct filter *filter;
	struct ndjson *ndjson;
	struct replay *replay;
	struct text *text;
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check(const struct out *out)
{
	size_t length;

	require(!out->cut);
	for (size_t i = 0; i < out->used; i += length) {
		length = utf8_length(out->buf + i, out->used - i);
		require(length && (out->buf[i] == '\n' || utf8_width(utf8_decode(out->buf + i, length))));
	}
}

static void on_event(void *ctx, const struct event *event)
{
	struct fuzz *fuzz = ctx;
	char buf[2 * TEXT_LINE_MAX];
	struct out out = out_make(buf, sizeof(buf));

	text_event(fuzz->text, event, &out);
	check(&out);
}

static void on_finished(void *ctx, const struct connection *c)
{
	struct fuzz *fuzz = ctx;
	char buf[TEXT_TIMELINE_MAX];
	struct out out = out_make(buf, sizeof(buf));

	text_timeline(fuzz->text, c, &out);
	check(&out);
}

static void open_text(struct fuzz *fuzz, uint32_t own_netns)
{
	const struct text_options options = { .own_netns = own_netns };

	text_free(fuzz->text);
	fuzz->text = text_new(&options);
	require(fuzz->text);
}

static void take_line(struct fuzz *fuzz, const char *line, size_t n)
{
	struct recorded recorded;

	if (ndjson_read(fuzz->ndjson, line, n, &recorded))
		return;
	if (recorded.kind == RECORDED_STARTED) {
		replay_finish(fuzz->replay, recorded.time_ns);
		open_text(fuzz, recorded.own_netns);
	}
	if (recorded.kind == RECORDED_EVENT)
		require(replay_event(fuzz->replay, &recorded) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz fuzz = { .filter = filter_new(), .ndjson = ndjson_new() };
	const struct model_options options = { .max_connections = 3, .filter = fuzz.filter };
	const struct model_output output = { .event = on_event, .finished = on_finished, .ctx = &fuzz };
	const char *line = (const char *)data, *end = line + size, *newline;

	fuzz.replay = replay_new(&options, &output);
	require(fuzz.filter && fuzz.ndjson && fuzz.replay);
	open_text(&fuzz, 0);
	while (line < end) {
		newline = memchr(line, '\n', (size_t)(end - line));
		take_line(&fuzz, line, (size_t)((newline ? newline : end) - line));
		line = newline ? newline + 1 : end;
	}
	replay_finish(fuzz.replay, 0);
	replay_free(fuzz.replay);
	text_free(fuzz.text);
	ndjson_free(fuzz.ndjson);
	filter_free(fuzz.filter);
	return 0;
}
