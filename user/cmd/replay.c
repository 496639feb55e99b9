// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace replay: turns the lines of a recording into events and connections, for the text output of a live run. */
#include "cmd/cmd.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "run/output.h"
#include "system/lines.h"
#include "format/json_reader.h"
#include "format/words.h"
#include "model/replay.h"
#include "model/sequence.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Why lines were skipped: the errors of ndjson_read(), and of check_place(). */
static const struct {
	int error;
	const char *why;
} reasons[] = {
	{ -EBADMSG, "not JSON, or truncated" },
	{ -ENOMSG, "of other programs" },
	{ -ENOSYS, "with events this version does not know" },
	{ -ENOTSUP, "of katrace list, which is no recording" },
	{ -EPROTONOSUPPORT, "of another schema version" },
	{ -EINVAL, "with invalid values" },
	{ -EALREADY, "repeated" },
};

/* How compressed files begin, and who prints them. */
static const struct {
	const char *begin, *program;
} packers[] = {
	{ "\x1f\x8b", "zcat" },
	{ "\x28\xb5\x2f\xfd", "zstdcat" },
	{ "\3757zXZ", "xzcat" },
	{ "BZh", "bzcat" },
};

#define N_REASONS (sizeof(reasons) / sizeof(reasons[0]))

struct player {
	struct options options;
	int fd;
	struct lines *lines;
	struct ndjson *ndjson;
	struct replay *replay;
	struct outputs *outputs;
	uint64_t last_ns; /* time of the last line */
	uint64_t events;  /* shown */
	uint64_t skipped[N_REASONS];
	bool begun;         /* the first line was read */
	const char *packer; /* what prints the file, which is compressed; NULL: it is not */
	uint64_t late;      /* after lines that were written later */
	struct sequence sequence;
	int output_error; /* ends the replay */
	struct progress progress;
};

/* --- output --- */

static void keep_error(struct player *player, int err)
{
	if (err && !player->output_error)
		player->output_error = err;
}

static void on_event(void *ctx, const struct event *event)
{
	struct player *player = ctx;

	progress_make_way(&player->progress);
	keep_error(player, outputs_event(player->outputs, event));
	player->events++;
}

static void on_finished(void *ctx, const struct connection *connection)
{
	struct player *player = ctx;

	progress_make_way(&player->progress);
	keep_error(player, outputs_finished(player->outputs, connection));
}

/* --- input --- */

/* Connections that are open when a run ends are shown as at Ctrl-C. */
static int begin_run(struct player *player, const struct recorded *recorded)
{
	const struct started started = { .wall_ns = recorded->time_ns, .netns = recorded->own_netns };

	replay_finish(player->replay, player->last_ns);
	player->sequence = (struct sequence){ 0 };
	return outputs_started(player->outputs, &started);
}

static void count_skipped(struct player *player, int error)
{
	for (size_t i = 0; i < N_REASONS; i++)
		if (reasons[i].error == error)
			player->skipped[i]++;
}

/* The run is known from the connection's id: 5f3a1c2b-12 is the twelfth of run 5f3a1c2b. */
static int check_place(struct player *player, const struct recorded *recorded)
{
	char run[SEQUENCE_RUN_MAX];
	enum sequence_place place;

	_Static_assert(SEQUENCE_RUN_MAX >= RECORDED_ID_MAX, "room for every run");
	if (recorded->kind != RECORDED_EVENT || recorded->event.kind == EVENT_EVENTS_LOST)
		return 0;
	snprintf(run, sizeof(run), "%.*s", (int)strcspn(recorded->connection_id, "-"), recorded->connection_id);
	place = sequence_see(&player->sequence, run, recorded->sequence);
	player->late += place == SEQUENCE_LATE;
	return place == SEQUENCE_AGAIN ? -EALREADY : 0;
}

static int check_begin(struct player *player, const char *line, size_t n)
{
	player->begun = true;
	for (size_t i = 0; i < sizeof(packers) / sizeof(packers[0]); i++)
		if (n >= strlen(packers[i].begin) && memcmp(line, packers[i].begin, strlen(packers[i].begin)) == 0)
			player->packer = packers[i].program;
	return player->packer ? -EBADMSG : 0;
}

static int take_line(struct player *player, const char *line, size_t n)
{
	struct recorded recorded;
	int err = player->begun ? 0 : check_begin(player, line, n);

	if (err)
		return err;
	err = ndjson_read(player->ndjson, line, n, &recorded) ?: check_place(player, &recorded);
	if (err) {
		count_skipped(player, err);
		return 0;
	}
	if (recorded.kind == RECORDED_STARTED)
		keep_error(player, begin_run(player, &recorded));
	player->last_ns = recorded.time_ns;
	if (recorded.kind == RECORDED_EVENT)
		err = replay_event(player->replay, &recorded);
	return err ?: player->output_error;
}

/* Flushes the output first, so that it comes before the progress line. */
static void show_progress(struct player *player)
{
	if (!progress_is_due(&player->progress))
		return;
	keep_error(player, outputs_flush(player->outputs));
	progress_show(&player->progress);
}

static int read_all(struct player *player)
{
	const char *line;
	ssize_t got;
	size_t n;
	int err = 0;

	do {
		got = lines_read(player->lines);
		if (got < 0)
			return (int)got;
		player->progress.done += (uint64_t)got;
		while (!err && lines_next(player->lines, &line, &n))
			err = take_line(player, line, n);
		show_progress(player);
		if (outputs_lost(player->outputs)) /* replay waits for room, so the disk must be full */
			keep_error(player, -ENOSPC);
	} while (got && !err && !player->output_error);
	return err ?: player->output_error;
}

/* --- beginning and ending --- */

static int open_file(struct player *player)
{
	const char *file = player->options.file;

	player->fd = strcmp(file, "-") == 0 ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	if (player->fd < 0)
		return -errno;
	progress_begin(&player->progress, player->fd);
	return 0;
}

static int begin(struct player *player)
{
	const struct model_options options = {
		.max_connections = player->options.max_connections,
		.filter = player->options.filters.filter,
	};
	const struct model_output output = { .event = on_event, .finished = on_finished, .ctx = player };

	player->lines = lines_new(player->fd);
	player->ndjson = ndjson_new();
	player->replay = replay_new(&options, &output);
	player->outputs = outputs_new();
	if (!player->lines || !player->ndjson || !player->replay || !player->outputs)
		return -ENOMEM;
	player->output_error = outputs_add(player->outputs, &text_output, NULL) ?: outputs_start(player->outputs);
	outputs_take_time(player->outputs);
	return player->output_error;
}

static void say_skipped(const struct player *player)
{
	const uint64_t too_long = lines_too_long(player->lines);
	uint64_t sum = too_long;
	const char *before = ": ";

	for (size_t i = 0; i < N_REASONS; i++)
		sum += player->skipped[i];
	if (!sum)
		return;
	fprintf(stderr, "katrace: skipped %" PRIu64 " line%s", sum, words_plural(sum));
	for (size_t i = 0; i < N_REASONS; i++) {
		if (!player->skipped[i])
			continue;
		fprintf(stderr, "%s%" PRIu64 " %s", before, player->skipped[i], reasons[i].why);
		before = ", ";
	}
	if (too_long)
		fprintf(stderr, "%s%" PRIu64 " longer than 64 KiB", before, too_long);
	fputs("\n", stderr);
}

static void say_counts(const struct player *player)
{
	const struct model_counts counts = replay_counts(player->replay);

	fprintf(stderr, "katrace: %" PRIu64 " event%s shown; the recording has %s%" PRIu64 " connection%s\n",
		player->events, words_plural(player->events), counts.are_more ? "more than " : "", counts.connections,
		words_plural(counts.connections));
	if (counts.lost_connections)
		fprintf(stderr,
			"katrace: %s%" PRIu64 " of them without timeline%s: more than %" PRIu64
			" at once; raise --max-connections\n",
			counts.are_more ? "at least " : "", counts.lost_connections,
			words_plural(counts.lost_connections), player->options.max_connections);
	if (player->late)
		fprintf(stderr,
			"katrace: %" PRIu64
			" line%s out of order: what is told of their connections may be wrong; order "
			"the lines by sequence\n",
			player->late, player->late == 1 ? " is" : "s are");
	say_skipped(player);
}

static int run(struct player *player)
{
	int err = read_all(player);

	if (err)
		return err;
	replay_finish(player->replay, player->last_ns);
	keep_error(player, outputs_flush(player->outputs));
	return player->output_error;
}

/* An error of the output was printed already. */
static void say_error(const struct player *player, int err)
{
	const char *file = player->options.file;

	if (player->packer)
		fprintf(stderr, "katrace: '%s' is compressed; print it with %s, and pipe that to katrace replay -\n",
			file, player->packer);
	else if (!player->output_error)
		fprintf(stderr, "katrace: cannot read '%s': %s\n", file, strerror(-err));
}

int cmd_replay(const struct options *options)
{
	struct player player = { .options = *options, .fd = -1 };
	int err;

	err = open_file(&player) ?: begin(&player) ?: run(&player);
	progress_hide(&player.progress);
	if (!err)
		say_counts(&player);
	else
		say_error(&player, err);
	outputs_close(player.outputs); /* prints its error */
	replay_free(player.replay);
	ndjson_free(player.ndjson);
	lines_free(player.lines);
	if (player.fd > STDIN_FILENO)
		close(player.fd);
	return err && err != -EPIPE ? EXIT_TROUBLE : EXIT_OK; /* a reader that exits is not an error */
}
