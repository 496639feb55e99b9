/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Where formatted output goes: a file descriptor behind a bounded queue and a thread of its own, so that a slow reader
 * or a full disk never stalls the ring. One write(2) holds whole lines. Only one thread may call these functions.
 */
#ifndef KATRACE_SINK_H
#define KATRACE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink;

enum sink_state {
	SINK_WORKS,
	SINK_FULL,   /* no space: what is queued is tried again every second, and kept until then */
	SINK_BROKEN, /* writing has failed for good: the reader has gone, say */
};

/*
 * Writes to fd, which is the sink's from then on, and is left in the mode it is in. capacity: bytes that may wait, and
 * the largest text sink_write() takes. On success *sink is the caller's. Returns 0 or -errno.
 */
int sink_new(struct sink **sink, int fd, size_t capacity);

/* Queues whole lines. Returns 0; -ENOBUFS when they did not fit and were dropped; or the error that broke the sink. */
int sink_write(struct sink *sink, const char *text, size_t n);

/* The same, but waits for room, unless there is no space for what is queued already. */
int sink_write_wait(struct sink *sink, const char *text, size_t n);

/* Waits until all is written. Returns 0; -ENOSPC when there is no space for it; or the error that broke the sink. */
int sink_flush(struct sink *sink);

/* Would sink_write() take n bytes now, with a good chance that they are written? */
bool sink_has_room(struct sink *sink, size_t n);

/* How many lines were dropped, in total. */
uint64_t sink_dropped(const struct sink *sink);

/*
 * Goes on in another file, which is the sink's from then on; closes the one before. What is queued goes to either, in
 * order, and no line is split between them.
 */
void sink_switch(struct sink *sink, int fd);

/* Becomes readable when there is trouble; sink_state() says which, and clears it. */
int sink_fd(const struct sink *sink);
enum sink_state sink_state(struct sink *sink);

/*
 * Waits until all is written, but not for space, and frees the sink; NULL is fine. Returns 0 or the error it ended
 * with: -EPIPE when the reader has gone. *unwritten is the number of lines that were queued and not written.
 */
int sink_close(struct sink *sink, uint64_t *unwritten);

#endif
