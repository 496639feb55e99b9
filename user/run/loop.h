/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a command waits for: descriptors, deadlines and signals, each with a function that is called when it is there.
 * Blocks in epoll_wait() and nowhere else; with nothing to do it is not woken at all. One thread only.
 */
#ifndef KATRACE_LOOP_H
#define KATRACE_LOOP_H

#include <stdint.h>

#define LOOP_NEVER UINT64_MAX

struct loop;

typedef void (*loop_fn)(void *ctx);

/* When run() has something to do next: CLOCK_BOOTTIME nanoseconds, or LOOP_NEVER. */
typedef uint64_t (*loop_due_fn)(void *ctx);

/* On success *loop is the caller's. Returns 0 or -errno. */
int loop_new(struct loop **loop);

/* Closes no descriptor that is watched, and leaves signals as they are; NULL is fine. */
void loop_free(struct loop *loop);

/*
 * Calls ready() when fd has one of the events of epoll(7), EPOLLIN say; EPOLLERR and EPOLLHUP always count. Returns 0
 * or -errno: -EPERM for what cannot be waited for, a regular file.
 */
int loop_watch(struct loop *loop, int fd, uint32_t events, loop_fn ready, void *ctx);

/* No more of it; may be called by any of the functions. Before fd is closed. */
void loop_unwatch(struct loop *loop, int fd);

/*
 * A deadline is asked for before each wait, not set: so it follows from the state of its owner and cannot be stale. Of
 * several that are over, the earliest runs first. Returns 0, or -ENOSPC beyond 16.
 */
int loop_deadline(struct loop *loop, loop_due_fn due, loop_fn run, void *ctx);

/* Calls arrived() for this signal from now on, instead of its effect. Returns 0 or -errno. */
int loop_signal(struct loop *loop, int signal, loop_fn arrived, void *ctx);

/*
 * Calls end() for the signals that end a command: SIGINT, SIGTERM, and SIGHUP unless whoever started it had that
 * ignored: nohup(1). Returns 0 or -errno.
 */
int loop_ending_signals(struct loop *loop, loop_fn end, void *ctx);

/* Gives the signal its default effect, also if it was ignored at the start; those that have arrived are taken first.
 * NULL is fine. */
void loop_release_signal(struct loop *loop, int signal);

/* Runs until loop_stop(). Returns 0 or -errno. */
int loop_run(struct loop *loop);

/* The function running now is the last one. */
void loop_stop(struct loop *loop);

#endif
