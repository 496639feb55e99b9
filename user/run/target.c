// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/target.h"

#include "deliver/sink.h"
#include "format/line.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct target {
	const char *file; /* NULL: stdout */
	struct stat info; /* of the file when it was first opened */
	int fd;           /* until the sink has it; -1 then */
	struct sink *sink;
	uint64_t refused; /* lines after it broke */
	bool takes_time;
	bool said_full; /* about this file */
};

/* O_NONBLOCK: opening a FIFO without a reader must fail, not block. */
static int open_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0640);

	return fd < 0 ? -errno : fd;
}

/* A socket cannot be opened either, with the same error. */
static const char *why_not(const struct target *target, int err)
{
	struct stat info;

	if (err == -ENXIO && target->file && stat(target->file, &info) == 0 && S_ISFIFO(info.st_mode))
		return "nobody reads this FIFO; start its reader first";
	return strerror(-err);
}

static int open_stdout(void)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

int target_new(struct target **out, const char *file)
{
	struct target *target = calloc(1, sizeof(*target));
	int err = 0;

	if (!target)
		return -ENOMEM;
	target->file = file;
	target->fd = file ? open_file(file) : open_stdout();
	if (target->fd < 0)
		err = target->fd;
	else if (fstat(target->fd, &target->info))
		err = -errno;
	if (err) {
		fprintf(stderr, "katrace: cannot write to %s: %s\n", target_name(target), why_not(target, err));
		target_close(target, false);
		return err;
	}
	*out = target;
	return 0;
}

int target_start(struct target *target, size_t capacity)
{
	int err;

	if (!target)
		return 0;
	err = sink_new(&target->sink, target->fd, capacity);
	if (!err)
		target->fd = -1;
	return err;
}

const char *target_name(const struct target *target)
{
	if (!target)
		return "an output without lines";
	return target->file ? target->file : "the standard output";
}

bool target_is_stdout(const struct target *target)
{
	return !target->file;
}

bool target_shares_file(const struct target *a, const struct target *b)
{
	const bool is_null = S_ISCHR(a->info.st_mode) && a->info.st_rdev == makedev(1, 3);

	return !is_null && a->info.st_dev == b->info.st_dev && a->info.st_ino == b->info.st_ino;
}

int target_write(struct target *target, const struct out *lines)
{
	int err = target->takes_time ? sink_write_wait(target->sink, lines->buf, lines->used)
				     : sink_write(target->sink, lines->buf, lines->used);

	if (err == -ENOBUFS) /* the sink counts it; not an error */
		return 0;
	for (size_t i = 0; err && i < lines->used; i++)
		target->refused += lines->buf[i] == '\n';
	return err;
}

void target_take_time(struct target *target)
{
	if (target)
		target->takes_time = true;
}

int target_flush(struct target *target)
{
	return target ? sink_flush(target->sink) : 0;
}

uint64_t target_lost(const struct target *target)
{
	return target ? sink_dropped(target->sink) + target->refused : 0;
}

bool target_has_room(struct target *target)
{
	return sink_has_room(target->sink, EVENTS_LINE_MAX);
}

void target_reopen(struct target *target)
{
	int fd;

	if (!target || !target->file)
		return;
	fd = open_file(target->file);
	if (fd < 0) {
		fprintf(stderr, "katrace: cannot reopen %s: %s; still writing to the old file%s\n", target->file,
			why_not(target, fd),
			fd == -EACCES ? "; start katrace with --user OWNER of the directory, or keep the file in one "
					"that root owns"
				      : "");
		return;
	}
	sink_switch(target->sink, fd);
	target->said_full = false;
}

int target_fd(const struct target *target)
{
	return sink_fd(target->sink);
}

static void say_full(struct target *target, enum sink_state state)
{
	const bool too_large = state == SINK_TOO_LARGE;

	if (target->said_full)
		return;
	fprintf(stderr, "katrace: %s %s: events that do not fit are dropped and counted; %s%s\n",
		too_large ? "the limit of file sizes (ulimit -f) is reached by" : "no space left for",
		target_name(target), too_large ? "start katrace with a higher one" : "make room",
		target->file ? ", or move it elsewhere and send SIGHUP" : "");
	target->said_full = true;
}

int target_trouble(struct target *target)
{
	const enum sink_state state = target ? sink_state(target->sink) : SINK_WORKS;

	if (state == SINK_FULL || state == SINK_TOO_LARGE)
		say_full(target, state);
	return state == SINK_BROKEN ? sink_flush(target->sink) : 0; /* returns at once now */
}

int target_close(struct target *target, bool reader_may_exit)
{
	uint64_t unwritten;
	int err;

	if (!target)
		return 0;
	if (target->fd >= 0)
		close(target->fd);
	err = sink_close(target->sink, &unwritten);
	unwritten += target->refused;
	if (err && (err != -EPIPE || !reader_may_exit))
		fprintf(stderr, "katrace: cannot write to %s: %s; the last %" PRIu64 " line%s lost\n",
			target_name(target), strerror(-err), unwritten, unwritten == 1 ? " is" : "s are");
	free(target);
	return err;
}
