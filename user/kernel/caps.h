/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The privileges katrace needs, and giving up all others. */
#ifndef KATRACE_CAPS_H
#define KATRACE_CAPS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Names the capabilities this process lacks, "CAP_BPF and CAP_PERFMON" say, in buf. Returns how many are missing: 0
 * when everything needed is there. CAP_SYS_ADMIN stands for both.
 */
int caps_missing(char *buf, size_t size);

/* True if RLIMIT_MEMLOCK is finite: before 5.11 BPF memory was charged to it, whatever the capabilities. */
bool locked_memory_is_limited(void);

/*
 * Gives up every capability but those the walks need, and the way back to any. Capabilities belong to threads: call it
 * before the first thread is created. Returns 0 or -errno.
 */
int caps_drop(void);

#endif
