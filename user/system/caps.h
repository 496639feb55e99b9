/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The privileges that katrace needs, and dropping all others. */
#ifndef KATRACE_CAPS_H
#define KATRACE_CAPS_H

#include "system/account.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes the names of the capabilities that this process lacks into buf, for example "CAP_BPF and CAP_PERFMON". Returns
 * how many are missing, 0 if none. CAP_SYS_ADMIN includes both.
 */
int caps_missing(char *buf, size_t size);

/* True if RLIMIT_MEMLOCK is finite. Before 5.11 BPF memory counts against it, whatever the capabilities. */
bool locked_memory_is_limited(void);

/* True if this process may switch to another user. */
bool caps_can_switch_user(void);

/*
 * Drops every capability except those that the walks need, so that none can be regained; switches to the user, unless
 * that is NULL. Capabilities and users belong to threads: call it before the first thread is created. Returns 0 or
 * -errno.
 */
int caps_drop(const struct account *user);

#endif
