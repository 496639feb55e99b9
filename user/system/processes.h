/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Other processes, through /proc and pidfds. */
#ifndef KATRACE_PROCESSES_H
#define KATRACE_PROCESSES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The start time of a process in clock ticks since boot: unique together with its pid. Returns 0 or -errno. */
int process_start(uint32_t pid, uint64_t *ticks);

/* The text of /proc/PID/cgroup, zero-terminated and truncated to size. Returns 0 or -errno. */
int process_cgroups(uint32_t pid, char *text, size_t size);

/*
 * The words of its command line, each with a zero behind it (the last may lack it); a word that does not fit size is
 * left out, and those after it. Returns the length or -errno; it is 0 for a process that has exited.
 */
ssize_t process_command_line(uint32_t pid, char *text, size_t size);

/*
 * Calls found() for every current descendant of pid, parents before their children. Returns 0, or -errno if /proc
 * cannot be read.
 */
int process_descendants(uint32_t pid, void (*found)(void *ctx, uint32_t pid), void *ctx);

/* A set of processes whose exit is reported. */
struct processes;

/* Returns NULL with errno set. */
struct processes *processes_new(void);

/* NULL is fine. */
void processes_free(struct processes *processes);

/* Adds one. Returns 0, also if the process has already exited, or -errno. */
int processes_watch(struct processes *processes, uint32_t pid);

/* Becomes readable when one of them has exited. */
int processes_fd(const struct processes *processes);

/* The pid of one that has exited and was not returned before; 0: none. */
uint32_t processes_ended(struct processes *processes);

/* How many processes_ended() has not returned yet. */
size_t processes_left(const struct processes *processes);

#endif
