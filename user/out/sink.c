// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "out/sink.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Two buffers change places: one is filled while the other is written, so a line is never split between writes. */
struct buffer {
	char *bytes;
	size_t used;
};

struct sink {
	int fd;
	int broken_fd;
	size_t capacity;
	uint64_t dropped; /* caller's thread only */
	pthread_t writer;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t filled, emptied;
	struct buffer filling, writing;
	bool closing;
	int error;
};

static int write_all(int fd, const char *bytes, size_t n)
{
	struct pollfd writable = { .fd = fd, .events = POLLOUT };
	ssize_t written;

	while (n > 0) {
		written = write(fd, bytes, n);
		if (written >= 0) {
			bytes += written;
			n -= (size_t)written;
		} else if (errno == EAGAIN) { /* somebody else made the descriptor non-blocking */
			poll(&writable, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

/* Waits for text and takes it all. False when there will be none. */
static bool take_filled(struct sink *sink)
{
	struct buffer empty = sink->writing;

	pthread_mutex_lock(&sink->lock);
	while (!sink->filling.used && !sink->closing)
		pthread_cond_wait(&sink->filled, &sink->lock);
	sink->writing = sink->filling;
	sink->filling = empty;
	pthread_cond_signal(&sink->emptied);
	pthread_mutex_unlock(&sink->lock);
	return sink->writing.used > 0;
}

static void break_sink(struct sink *sink, int error)
{
	const uint64_t one = 1;

	pthread_mutex_lock(&sink->lock);
	sink->error = error;
	pthread_cond_signal(&sink->emptied);
	pthread_mutex_unlock(&sink->lock);
	/* Cannot fail: the counter is far from full. */
	if (write(sink->broken_fd, &one, sizeof(one)) < 0)
		return;
}

static void *write_loop(void *arg)
{
	struct sink *sink = arg;
	int err;

	while (take_filled(sink)) {
		err = write_all(sink->fd, sink->writing.bytes, sink->writing.used);
		sink->writing.used = 0;
		if (err) {
			break_sink(sink, err);
			break;
		}
	}
	return NULL;
}

/* Signals are the main thread's. */
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

static void sink_free(struct sink *sink)
{
	free(sink->filling.bytes);
	free(sink->writing.bytes);
	if (sink->broken_fd >= 0)
		close(sink->broken_fd);
	pthread_cond_destroy(&sink->filled);
	pthread_cond_destroy(&sink->emptied);
	pthread_mutex_destroy(&sink->lock);
	free(sink);
}

int sink_new(struct sink **out, int fd, size_t capacity)
{
	struct sink *sink = calloc(1, sizeof(*sink));
	int err;

	if (!sink)
		return -ENOMEM;
	sink->fd = fd;
	sink->capacity = capacity;
	pthread_mutex_init(&sink->lock, NULL);
	pthread_cond_init(&sink->filled, NULL);
	pthread_cond_init(&sink->emptied, NULL);
	sink->filling.bytes = malloc(capacity);
	sink->writing.bytes = malloc(capacity);
	sink->broken_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!sink->filling.bytes || !sink->writing.bytes)
		err = -ENOMEM;
	else if (sink->broken_fd < 0)
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

static int put(struct sink *sink, const char *text, size_t n, bool wait)
{
	int err;

	if (n > sink->capacity)
		return -ENOBUFS;
	pthread_mutex_lock(&sink->lock);
	while (wait && !sink->error && sink->capacity - sink->filling.used < n)
		pthread_cond_wait(&sink->emptied, &sink->lock);
	err = sink->error;
	if (!err && sink->capacity - sink->filling.used < n)
		err = -ENOBUFS;
	if (!err) {
		memcpy(sink->filling.bytes + sink->filling.used, text, n);
		sink->filling.used += n;
		pthread_cond_signal(&sink->filled);
	}
	pthread_mutex_unlock(&sink->lock);
	return err;
}

int sink_write(struct sink *sink, const char *text, size_t n)
{
	int err = put(sink, text, n, false);

	if (err == -ENOBUFS)
		sink->dropped++;
	return err;
}

int sink_write_wait(struct sink *sink, const char *text, size_t n)
{
	return put(sink, text, n, true);
}

uint64_t sink_dropped(const struct sink *sink)
{
	return sink->dropped;
}

int sink_fd(const struct sink *sink)
{
	return sink->broken_fd;
}

int sink_close(struct sink *sink)
{
	int err;

	if (!sink)
		return 0;
	pthread_mutex_lock(&sink->lock);
	sink->closing = true;
	pthread_cond_signal(&sink->filled);
	pthread_mutex_unlock(&sink->lock);
	pthread_join(sink->writer, NULL);
	err = sink->error;
	sink_free(sink);
	return err;
}
