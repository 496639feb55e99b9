/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Where formatted output goes: a file descriptor behind a bounded queue and a thread of its own, so that a slow reader
 * never stalls the ring. One write(2) holds whole lines. Only one thread may call these functions.
 */
#ifndef KATRACE_SINK_H
#define KATRACE_SINK_H

#include <stddef.h>
#include <stdint.h>

struct sink;

/*
 * Writes to fd, which stays the caller's and is left in the mode it is in. capacity: bytes that may wait, and the
 * largest text sink_write() takes. On success *sink is the caller's. Returns 0 or -errno.
 */
int sink_new(struct sink **sink, int fd, size_t capacity);

/* Queues whole lines. Returns 0; -ENOBUFS when they did not fit and were dropped; or the error that broke the sink. */
int sink_write(struct sink *sink, const char *text, size_t n);

/* The same, but waits for room. */
int sink_write_wait(struct sink *sink, const char *text, size_t n);

/* How many sink_write() calls were dropped, in total. */
uint64_t sink_dropped(const struct sink *sink);

/* Becomes readable when writing has failed: -EPIPE when the reader has gone. */
int sink_fd(const struct sink *sink);

/* Waits until all is written, and frees the sink; NULL is fine. Returns 0 or the error that broke it. */
int sink_close(struct sink *sink);

#endif
