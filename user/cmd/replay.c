// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace replay: lines of a recording become events and connections again, and go to the text output of a live run. */
#include "system/clock.h"
#include "cmd/cmd.h"
#include "cli/options.h"
#include "run/output.h"
#include "system/lines.h"
#include "format/json_reader.h"
#include "model/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As many as a live run remembers. */
#define MAX_CONNECTIONS 200000
/* It takes a while to read a file as large as this: progress is shown. */
#define BIG_FILE (32L * 1024 * 1024)
#define PROGRESS_PAUSE_NS 200000000ULL

/* Why lines were passed over: the errors of ndjson_read(). */
static const struct {
	int error;
	const char *why;
} reasons[] = {
	{ -EBADMSG, "not JSON, or cut off" },
	{ -ENOMSG, "of other programs" },
	{ -ENOSYS, "with events this version does not know" },
	{ -EPROTONOSUPPORT, "of another schema version" },
	{ -EINVAL, "with values that cannot be" },
};

#define N_REASONS (sizeof(reasons) / sizeof(reasons[0]))

struct session {
	struct options options;
	int fd;
	struct lines *lines;
	struct ndjson *ndjson;
	struct replay *replay;
	struct outputs *outputs;
	uint64_t last_ns; /* time of the last line */
	uint64_t events;  /* shown */
	uint64_t skipped[N_REASONS];
	int output_error; /* it ends there */

	uint64_t size, done; /* bytes of the file; 0: no progress is shown */
	uint64_t shown_ns;
	bool progress_shown;
};

/* --- progress, on stderr --- */

static void hide_progress(struct session *session)
{
	if (session->progress_shown)
		fprintf(stderr, "\r%30s\r", "");
	session->progress_shown = false;
}

static void keep_error(struct session *session, int err)
{
	if (err && !session->output_error)
		session->output_error = err;
}

static void show_progress(struct session *session)
{
	const uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (!session->size || now - session->shown_ns < PROGRESS_PAUSE_NS)
		return;
	keep_error(session, outputs_flush(session->outputs));
	/* a file that grows while it is read has no more than 100 % */
	fprintf(stderr, "\rkatrace: %3.0f %% read", 100.0 * (double)session->done / (double)session->size);
	session->progress_shown = true;
	session->shown_ns = now;
}

/* --- right end: what is told --- */

static void on_event(void *ctx, const struct event *event)
{
	struct session *session = ctx;

	if (isatty(STDOUT_FILENO)) /* it may be the same terminal */
		hide_progress(session);
	keep_error(session, outputs_event(session->outputs, event));
	session->events++;
}

static void on_finished(void *ctx, const struct connection *connection)
{
	struct session *session = ctx;

	if (isatty(STDOUT_FILENO)) /* it may be the same terminal */
		hide_progress(session);
	keep_error(session, outputs_finished(session->outputs, connection));
}

/* --- left end: lines --- */

/* What is open when a run ends looks as it does at Ctrl-C. */
static int begin_run(struct session *session, const struct recorded *recorded)
{
	const struct started started = { .wall_ns = recorded->time_ns, .netns = recorded->own_netns };

	replay_finish(session->replay, session->last_ns);
	return outputs_started(session->outputs, &started);
}

static void count_skipped(struct session *session, int error)
{
	for (size_t i = 0; i < N_REASONS; i++)
		if (reasons[i].error == error)
			session->skipped[i]++;
}

static int take_line(struct session *session, const char *line, size_t n)
{
	struct recorded recorded;
	int err = ndjson_read(session->ndjson, line, n, &recorded);

	if (err) {
		count_skipped(session, err);
		return 0;
	}
	if (recorded.kind == RECORDED_STARTED)
		keep_error(session, begin_run(session, &recorded));
	session->last_ns = recorded.time_ns;
	if (recorded.kind == RECORDED_EVENT)
		err = replay_event(session->replay, &recorded);
	return err ?: session->output_error;
}

static int read_all(struct session *session)
{
	const char *line;
	ssize_t got;
	size_t n;
	int err = 0;

	do {
		got = lines_read(session->lines);
		if (got < 0)
			return (int)got;
		session->done += (uint64_t)got;
		while (!err && lines_next(session->lines, &line, &n))
			err = take_line(session, line, n);
		show_progress(session);
		if (outputs_lost(session->outputs)) /* there is time: it must be the space */
			keep_error(session, -ENOSPC);
	} while (got && !err && !session->output_error);
	return err ?: session->output_error;
}

/* --- beginning and ending --- */

static int open_file(struct session *session)
{
	const char *file = session->options.file;
	struct stat info;

	session->fd = strcmp(file, "-") == 0 ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	if (session->fd < 0)
		return -errno;
	if (isatty(STDERR_FILENO) && fstat(session->fd, &info) == 0 && S_ISREG(info.st_mode) &&
	    info.st_size >= BIG_FILE)
		session->size = (uint64_t)info.st_size;
	return 0;
}

static int begin(struct session *session)
{
	const struct model_options options = {
		.max_connections = MAX_CONNECTIONS,
		.filter = session->options.filters.filter,
	};
	const struct model_output output = { .event = on_event, .finished = on_finished, .ctx = session };

	session->lines = lines_new(session->fd);
	session->ndjson = ndjson_new();
	session->replay = replay_new(&options, &output);
	session->outputs = outputs_new();
	if (!session->lines || !session->ndjson || !session->replay || !session->outputs)
		return -ENOMEM;
	session->output_error = outputs_add(session->outputs, &text_output, NULL);
	outputs_take_time(session->outputs);
	return session->output_error;
}

static void say_skipped(const struct session *session)
{
	const uint64_t too_long = lines_too_long(session->lines);
	uint64_t sum = too_long;
	const char *before = ": ";

	for (size_t i = 0; i < N_REASONS; i++)
		sum += session->skipped[i];
	if (!sum)
		return;
	fprintf(stderr, "katrace: skipped %" PRIu64 " line%s", sum, sum == 1 ? "" : "s");
	for (size_t i = 0; i < N_REASONS; i++) {
		if (!session->skipped[i])
			continue;
		fprintf(stderr, "%s%" PRIu64 " %s", before, session->skipped[i], reasons[i].why);
		before = ", ";
	}
	if (too_long)
		fprintf(stderr, "%s%" PRIu64 " longer than 64 KiB", before, too_long);
	fputs("\n", stderr);
}

static void say_counts(const struct session *session)
{
	const struct model_counts counts = replay_counts(session->replay);

	fprintf(stderr, "katrace: %" PRIu64 " event%s shown; the recording has %" PRIu64 " connection%s\n",
		session->events, session->events == 1 ? "" : "s", counts.connections,
		counts.connections == 1 ? "" : "s");
	if (counts.lost_connections)
		fprintf(stderr, "katrace: %" PRIu64 " connections were no longer followed: too many at once\n",
			counts.lost_connections);
	say_skipped(session);
}

static int run(struct session *session)
{
	int err = read_all(session);

	if (err)
		return err;
	replay_finish(session->replay, session->last_ns);
	keep_error(session, outputs_flush(session->outputs));
	return session->output_error;
}

int cmd_replay(const struct options *options)
{
	struct session session = { .options = *options, .fd = -1 };
	int err;

	err = open_file(&session) ?: begin(&session) ?: run(&session);
	hide_progress(&session);
	if (!err)
		say_counts(&session);
	else if (!session.output_error)
		fprintf(stderr, "katrace: cannot read '%s': %s\n", session.options.file, strerror(-err));
	outputs_close(session.outputs); /* says what its trouble was */
	replay_free(session.replay);
	ndjson_free(session.ndjson);
	lines_free(session.lines);
	if (session.fd > STDIN_FILENO)
		close(session.fd);
	return err && err != -EPIPE ? EXIT_TROUBLE : EXIT_OK; /* when nobody reads on, that is no trouble */
}
