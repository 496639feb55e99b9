/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Strict parsing of what users type. */
#ifndef KATRACE_PARSE_H
#define KATRACE_PARSE_H

#include "model/filter.h"

#include <stddef.h>
#include <stdint.h>

/* The id of a process that may have existed, perhaps elsewhere. Returns 0 or -EINVAL. */
int parse_any_pid(const char *text, uint32_t *pid);

/* The id of a process that exists. Returns 0, -EINVAL, or -ESRCH when there is none. */
int parse_pid(const char *text, uint32_t *pid);

/*
 * The inode number of a network namespace, given as that number, as the id of a process in it, or as a path
 * (/run/netns/NAME). Returns 0, -EINVAL, or what stat(2) says of the path: -ENOENT.
 */
int parse_netns(const char *text, uint32_t *inode);

/*
 * A cgroup that exists: as a path within its hierarchy, "/system.slice", or as that of its directory,
 * "/sys/fs/cgroup/system.slice". Writes the path within the hierarchy. Returns 0, -EINVAL, or -ENOENT.
 */
int parse_cgroup(const char *text, char *path, size_t size);

/* The beginning of a container id. Returns 0 or -EINVAL. */
int parse_container(const char *text);

/* From 1 to 65535. Returns 0 or -EINVAL. */
int parse_port(const char *text, uint16_t *port);

/* ADDR, ADDR/BITS, :PORT, ADDR:PORT, [ADDR6]:PORT. Returns 0 or -EINVAL. */
int parse_where(const char *text, struct where *where);

/*
 * Calls take() for each item of a list separated by commas; an empty list is one empty item. Stops at the first take()
 * that does not return 0, returns that, and leaves the item in bad. Returns -EINVAL when an item does not fit bad.
 */
int parse_list(const char *text, int (*take)(void *ctx, const char *item), void *ctx, char *bad, size_t bad_size);

/* A time as 90, 90s, 10m, 2h or 3d: one number, one unit, seconds if none. Returns 0, -EINVAL or -ERANGE. */
int parse_duration(const char *text, uint64_t max_s, uint64_t *seconds);

#endif
