// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "deliver/sink.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RETRY_S 1           /* on a full disk, between tries */
#define FOREVER_S INT32_MAX /* after an error, until there is another file */

/* Two buffers are swapped: one is filled while the other is written, so a line is never split between writes. */
struct buffer {
	char *bytes;
	size_t used;
};

struct sink {
	int fd; /* only the writer's thread uses it */
	int trouble_fd;
	size_t capacity;
	uint64_t dropped; /* only the caller's thread uses it */
	pthread_t writer;
	pthread_mutex_t lock;    /* protects everything below */
	pthread_cond_t changed;  /* for the writer: filled, closing or next_fd */
	pthread_cond_t progress; /* for the caller: emptied, full or error */
	struct buffer filling, writing;
	int next_fd; /* -1: none */
	bool idle;   /* the writer has nothing to write */
	bool closing;
	int full; /* the errno of a write that found no space; 0: none */
	int error;
	uint64_t unwritten;
};

/* --- the writer's thread --- */

/* Returns the descriptor that is no longer needed, or -1. Close it without the lock: close() may take time. */
static int take_next_fd(struct sink *sink)
{
	const int old_fd = sink->fd;

	if (sink->next_fd < 0)
		return -1;
	sink->fd = sink->next_fd;
	sink->next_fd = -1;
	sink->error = 0;
	return old_fd;
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* Waits for text or for another file, and takes both. There may be no text. False at the end. */
static bool take_filled(struct sink *sink)
{
	struct buffer empty = sink->writing;
	bool go_on;
	int old_fd;

	pthread_mutex_lock(&sink->lock);
	sink->idle = true;
	pthread_cond_signal(&sink->progress);
	while (!sink->filling.used && !sink->closing && sink->next_fd < 0)
		pthread_cond_wait(&sink->changed, &sink->lock);
	sink->idle = false;
	old_fd = take_next_fd(sink);
	sink->writing = sink->filling;
	sink->filling = empty;
	go_on = sink->writing.used > 0 || !sink->closing;
	pthread_cond_signal(&sink->progress);
	pthread_mutex_unlock(&sink->lock);
	close_if_open(old_fd);
	return go_on;
}

static void set_trouble(struct sink *sink, int full, int error)
{
	const uint64_t one = 1;

	pthread_mutex_lock(&sink->lock);
	sink->full = full;
	sink->error = error;
	pthread_cond_signal(&sink->progress);
	pthread_mutex_unlock(&sink->lock);
	/* cannot fail: the counter is far from its maximum */
	if ((full || error) && write(sink->trouble_fd, &one, sizeof(one)) < 0)
		return;
}

static size_t line_start(const char *bytes, size_t at)
{
	while (at > 0 && bytes[at - 1] != '\n')
		at--;
	return at;
}

/*
 * Removes a partial line that the full disk left in the file, so that a file never contains a part of a line; not if
 * somebody else has written to the file since. Returns where to continue in bytes.
 */
static size_t take_back_part(int fd, const char *bytes, size_t at)
{
	const size_t start = line_start(bytes, at);
	struct stat info;
	off_t end;

	if (start == at || fstat(fd, &info) || !S_ISREG(info.st_mode))
		return at;
	end = lseek(fd, 0, SEEK_CUR) - (off_t)(at - start);
	if (end < 0 || info.st_size != end + (off_t)(at - start) || ftruncate(fd, end))
		return at;
	lseek(fd, end, SEEK_SET); /* no effect with O_APPEND */
	return start;
}

/* Waits this long, or until there is another file. False if the sink is being closed, and there is none. */
static bool wait_for_better(struct sink *sink, time_t seconds, bool may_switch)
{
	struct timespec until;
	int old_fd = -1;
	bool go_on;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += seconds;
	pthread_mutex_lock(&sink->lock);
	while (!sink->closing && (sink->next_fd < 0 || !may_switch))
		if (pthread_cond_timedwait(&sink->changed, &sink->lock, &until) == ETIMEDOUT)
			break;
	go_on = !sink->closing;
	if (may_switch)
		old_fd = take_next_fd(sink);
	pthread_mutex_unlock(&sink->lock);
	close_if_open(old_fd);
	return go_on || old_fd >= 0;
}

static bool is_out_of_space(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/* Writes the whole buffer, however long that takes. Returns 0, or -errno; *at is how much was written. */
static int write_all(struct sink *sink, size_t *at)
{
	const struct buffer *buffer = &sink->writing;
	struct pollfd writable = { .events = POLLOUT };
	bool full = false, last_try = false;
	ssize_t n;
	int error;

	for (*at = 0; *at < buffer->used;) {
		n = write(sink->fd, buffer->bytes + *at, buffer->used - *at);
		error = n < 0 ? errno : 0;
		if (!error) {
			*at += (size_t)n;
		} else if (error == EAGAIN) { /* somebody else made the descriptor non-blocking */
			writable.fd = sink->fd;
			poll(&writable, 1, -1);
		} else if (is_out_of_space(error)) {
			*at = take_back_part(sink->fd, buffer->bytes, *at);
			if (last_try)
				return -error;
			if (!full)
				set_trouble(sink, error, 0);
			full = true;
			last_try = !wait_for_better(sink, RETRY_S, line_start(buffer->bytes, *at) == *at);
		} else if (error != EINTR) {
			full = false;
			set_trouble(sink, 0, -error);
			if (!wait_for_better(sink, FOREVER_S, true))
				return -error;
			*at = line_start(buffer->bytes, *at);
		}
	}
	if (full)
		set_trouble(sink, 0, 0);
	return 0;
}

static uint64_t count_lines(const char *bytes, size_t n)
{
	uint64_t lines = 0;

	for (size_t i = 0; i < n; i++)
		lines += bytes[i] == '\n';
	return lines;
}

static void *write_loop(void *arg)
{
	struct sink *sink = arg;
	size_t at;
	int err;

	while (take_filled(sink)) {
		err = write_all(sink, &at);
		if (err) {
			sink->unwritten = count_lines(sink->writing.bytes + at, sink->writing.used - at);
			set_trouble(sink, 0, err);
			break;
		}
		sink->writing.used = 0;
	}
	return NULL;
}

/* The main thread handles all signals. */
static int start_writer(struct sink *sink)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&sink->writer, NULL, write_loop, sink);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

/* --- the caller's thread --- */

static void sink_free(struct sink *sink)
{
	free(sink->filling.bytes);
	free(sink->writing.bytes);
	close_if_open(sink->trouble_fd);
	pthread_cond_destroy(&sink->changed);
	pthread_cond_destroy(&sink->progress);
	pthread_mutex_destroy(&sink->lock);
	free(sink);
}

/* CLOCK_MONOTONIC: setting the wall clock must not make the writer wait for hours. */
static void init_conditions(struct sink *sink)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&sink->changed, &monotonic);
	pthread_cond_init(&sink->progress, NULL);
	pthread_condattr_destroy(&monotonic);
}

int sink_new(struct sink **out, int fd, size_t capacity)
{
	struct sink *sink = calloc(1, sizeof(*sink));
	int err;

	if (!sink)
		return -ENOMEM;
	sink->fd = fd;
	sink->next_fd = -1;
	sink->capacity = capacity;
	pthread_mutex_init(&sink->lock, NULL);
	init_conditions(sink);
	sink->filling.bytes = malloc(capacity);
	sink->writing.bytes = malloc(capacity);
	sink->trouble_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!sink->filling.bytes || !sink->writing.bytes)
		err = -ENOMEM;
	else if (sink->trouble_fd < 0)
		err = -errno;
	else
		err = start_writer(sink);
	if (err) {
		sink_free(sink);
		return err;
	}
	*out = sink;
	return 0;
}

static bool fits(const struct sink *sink, size_t n)
{
	return sink->capacity - sink->filling.used >= n;
}

static int put(struct sink *sink, const char *text, size_t n, bool wait)
{
	int err;

	pthread_mutex_lock(&sink->lock);
	while (wait && !sink->error && !sink->full && n <= sink->capacity && !fits(sink, n))
		pthread_cond_wait(&sink->progress, &sink->lock);
	err = sink->error;
	if (!err && !fits(sink, n))
		err = -ENOBUFS;
	if (!err) {
		memcpy(sink->filling.bytes + sink->filling.used, text, n);
		sink->filling.used += n;
		pthread_cond_signal(&sink->changed);
	}
	pthread_mutex_unlock(&sink->lock);
	if (err == -ENOBUFS)
		sink->dropped += count_lines(text, n);
	return err;
}

int sink_write(struct sink *sink, const char *text, size_t n)
{
	return put(sink, text, n, false);
}

int sink_write_wait(struct sink *sink, const char *text, size_t n)
{
	return put(sink, text, n, true);
}

int sink_flush(struct sink *sink)
{
	int err;

	pthread_mutex_lock(&sink->lock);
	while ((sink->filling.used || !sink->idle) && !sink->error && !sink->full)
		pthread_cond_wait(&sink->progress, &sink->lock);
	err = sink->full ? -sink->full : sink->error;
	pthread_mutex_unlock(&sink->lock);
	return err;
}

bool sink_has_room(struct sink *sink, size_t n)
{
	bool room;

	pthread_mutex_lock(&sink->lock);
	room = !sink->full && !sink->error && fits(sink, n);
	pthread_mutex_unlock(&sink->lock);
	return room;
}

uint64_t sink_dropped(const struct sink *sink)
{
	return sink->dropped;
}

void sink_switch(struct sink *sink, int fd)
{
	int unused_fd;

	pthread_mutex_lock(&sink->lock);
	unused_fd = sink->next_fd;
	sink->next_fd = fd;
	sink->error = 0;
	pthread_cond_signal(&sink->changed);
	pthread_mutex_unlock(&sink->lock);
	close_if_open(unused_fd);
}

int sink_fd(const struct sink *sink)
{
	return sink->trouble_fd;
}

enum sink_state sink_state(struct sink *sink)
{
	enum sink_state state = SINK_WORKS;
	uint64_t troubles;

	if (read(sink->trouble_fd, &troubles, sizeof(troubles)) < 0)
		troubles = 0;
	pthread_mutex_lock(&sink->lock);
	if (sink->error)
		state = SINK_BROKEN;
	else if (sink->full)
		state = sink->full == EFBIG ? SINK_TOO_LARGE : SINK_FULL;
	pthread_mutex_unlock(&sink->lock);
	return state;
}

int sink_close(struct sink *sink, uint64_t *unwritten)
{
	int err;

	*unwritten = 0;
	if (!sink)
		return 0;
	pthread_mutex_lock(&sink->lock);
	sink->closing = true;
	pthread_cond_signal(&sink->changed);
	pthread_mutex_unlock(&sink->lock);
	pthread_join(sink->writer, NULL);
	err = sink->error;
	*unwritten = sink->unwritten + count_lines(sink->filling.bytes, sink->filling.used);
	close_if_open(sink->next_fd);
	close(sink->fd);
	sink_free(sink);
	return err;
}
