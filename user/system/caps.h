/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The privileges katrace needs, and giving up all others. */
#ifndef KATRACE_CAPS_H
#define KATRACE_CAPS_H

#include "system/account.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Names the capabilities this process lacks, "CAP_BPF and CAP_PERFMON" say, in buf. Returns how many are missing: 0
 * when everything needed is there. CAP_SYS_ADMIN stands for both.
 */
int caps_missing(char *buf, size_t size);

/* True if RLIMIT_MEMLOCK is finite: before 5.11 BPF memory was charged to it, whatever the capabilities. */
bool locked_memory_is_limited(void);

/* True if this process may switch to another user. */
bool caps_can_switch_user(void);

/*
 * Gives up every capability but those the walks need, and the way back to any; becomes the user, unless that is NULL.
 * Capabilities and users belong to threads: call it before the first thread is created. Returns 0 or -errno.
 */
int caps_drop(const struct account *user);

#endif
