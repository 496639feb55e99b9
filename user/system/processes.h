/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What /proc and pidfds tell of other processes. */
#ifndef KATRACE_PROCESSES_H
#define KATRACE_PROCESSES_H

#include <stddef.h>
#include <stdint.h>

/* When a process began, in clock ticks since boot: with its pid it names one process for ever. Returns 0 or -errno. */
int process_start(uint32_t pid, uint64_t *ticks);

/* The text of /proc/PID/cgroup, zero-terminated and cut to size. Returns 0 or -errno. */
int process_cgroups(uint32_t pid, char *text, size_t size);

/*
 * Calls found() for every process that descends from pid now, parents before their children. Returns 0, or -errno when
 * /proc cannot be read.
 */
int process_descendants(uint32_t pid, void (*found)(void *ctx, uint32_t pid), void *ctx);

/* Processes whose end is waited for. */
struct processes;

/* Returns NULL with errno set. */
struct processes *processes_new(void);

/* NULL is fine. */
void processes_free(struct processes *processes);

/* Watches one more. Returns 0, also when it has ended already, or -errno. */
int processes_watch(struct processes *processes, uint32_t pid);

/* Becomes readable when one of them has ended. */
int processes_fd(const struct processes *processes);

/* One that has ended since the last call, 0: none. */
uint32_t processes_ended(struct processes *processes);

/* How many have not been reported as ended. */
size_t processes_left(const struct processes *processes);

#endif
