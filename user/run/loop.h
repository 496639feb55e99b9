/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a command waits for: descriptors, deadlines and signals, each with a function to call. The loop blocks in
 * epoll_wait() only; with nothing to do it is never woken. Use it from one thread only.
 */
#ifndef KATRACE_LOOP_H
#define KATRACE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#define LOOP_NEVER UINT64_MAX

struct loop;

typedef void (*loop_fn)(void *ctx);

/* When to call run() next: CLOCK_BOOTTIME nanoseconds, or LOOP_NEVER. */
typedef uint64_t (*loop_due_fn)(void *ctx);

/* On success the caller owns *loop. Returns 0 or -errno. */
int loop_new(struct loop **loop);

/* Does not close the watched descriptors, and does not change signals; NULL is fine. */
void loop_free(struct loop *loop);

/*
 * Calls ready() when fd has one of the events of epoll(7), for example EPOLLIN; EPOLLERR and EPOLLHUP are always
 * included. Returns 0 or -errno: -EPERM if fd cannot be polled, like a regular file.
 */
int loop_watch(struct loop *loop, int fd, uint32_t events, loop_fn ready, void *ctx);

/* Stops watching fd. Call it before closing fd; any of the functions may call it. */
void loop_unwatch(struct loop *loop, int fd);

/*
 * The loop calls due() before each wait instead of storing a time, so a deadline follows the state of its owner and is
 * never stale. Of several expired deadlines, the earliest runs first. Returns 0, or -ENOSPC beyond 16.
 */
int loop_deadline(struct loop *loop, loop_due_fn due, loop_fn run, void *ctx);

/* From now on calls arrived() for this signal, instead of its default effect. Returns 0 or -errno. */
int loop_signal(struct loop *loop, int signal, loop_fn arrived, void *ctx);

/*
 * Calls end() for the signals that end a command: SIGINT, SIGTERM, and SIGHUP unless it was started with that
 * ignored: nohup(1). Returns 0 or -errno.
 */
int loop_ending_signals(struct loop *loop, loop_fn end, void *ctx);

/*
 * Restores the default effect of the signal, even if it was ignored at the start. Handles pending signals first. NULL
 * is fine.
 */
void loop_release_signal(struct loop *loop, int signal);

/* Runs until loop_stop(). Returns 0 or -errno. */
int loop_run(struct loop *loop);

/* For a long task before loop_run(): serves one descriptor or signal if it is ready. False after loop_stop(). */
bool loop_poll(const struct loop *loop);

/* The loop ends after the function that is running. */
void loop_stop(struct loop *loop);

#endif
