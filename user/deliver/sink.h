/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Writes formatted output to a file descriptor, with a bounded queue and a thread of its own, so that a slow reader or
 * a full disk never stalls the ring. Each write(2) contains whole lines. Only one thread may call these functions.
 */
#ifndef KATRACE_SINK_H
#define KATRACE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink;

enum sink_state {
	SINK_WORKS,
	SINK_FULL,      /* no space: queued text is kept, and tried again every second */
	SINK_TOO_LARGE, /* the same, because the file may not grow further: RLIMIT_FSIZE, or the file system's limit */
	SINK_BROKEN,    /* writing has failed, for example because the reader has exited; only another file helps */
};

/*
 * Takes ownership of fd and does not change its mode. capacity: how many bytes may wait, and the largest text that
 * sink_write() takes. On success the caller owns *sink. Returns 0 or -errno.
 */
int sink_new(struct sink **sink, int fd, size_t capacity);

/* Queues whole lines. Returns 0; -ENOBUFS if they did not fit and were dropped; or the error that broke the sink. */
int sink_write(struct sink *sink, const char *text, size_t n);

/* The same, but waits for room, unless the disk is full. */
int sink_write_wait(struct sink *sink, const char *text, size_t n);

/* Waits until everything is written. Returns 0; -ENOSPC or its like if there is no space; or the error that broke the
 * sink. */
int sink_flush(struct sink *sink);

/* Would sink_write() take n bytes now, and are they likely to be written? */
bool sink_has_room(struct sink *sink, size_t n);

/* How many lines were dropped, in total. */
uint64_t sink_dropped(const struct sink *sink);

/*
 * Continues in another file, also if the sink was broken: takes ownership of fd and closes the old one. Queued text
 * goes to either file, in order, and no line is split between them.
 */
void sink_switch(struct sink *sink, int fd);

/* Becomes readable when the state changes for the worse; sink_state() returns the state and clears this. */
int sink_fd(const struct sink *sink);
enum sink_state sink_state(struct sink *sink);

/*
 * Waits until everything is written, but not for space, and frees the sink; NULL is fine. Returns 0 or the error that
 * broke the sink: -EPIPE if the reader has exited. *unwritten is the number of lines that were queued and not written.
 */
int sink_close(struct sink *sink, uint64_t *unwritten);

#endif
