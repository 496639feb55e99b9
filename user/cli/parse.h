/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Strict parsing of command line arguments. */
#ifndef KATRACE_PARSE_H
#define KATRACE_PARSE_H

#include "model/filter.h"

#include <stddef.h>
#include <stdint.h>

/* A process id; the process need not exist. Returns 0 or -EINVAL. */
int parse_any_pid(const char *text, uint32_t *pid);

/* The id of an existing process. Returns 0, -EINVAL, or -ESRCH if there is none. */
int parse_pid(const char *text, uint32_t *pid);

/*
 * The inode number of a network namespace, given as this number, as the id of a process in it, as its name (of ip
 * netns), or as a path. Returns 0, -EINVAL, or the error of open(2) for the path, such as -ENOENT.
 */
int parse_netns(const char *text, uint32_t *inode);

/*
 * An existing cgroup, given as a path within its hierarchy, "/system.slice", or as the path of its directory,
 * "/sys/fs/cgroup/system.slice". Writes the path within the hierarchy. Returns 0, -EINVAL, or -ENOENT.
 */
int parse_cgroup(const char *text, char *path, size_t size);

/* The beginning of a container id. Returns 0 or -EINVAL. */
int parse_container(const char *text);

/* PORT or FIRST-LAST, from 1 to 65535. Returns 0 or -EINVAL. */
int parse_ports(const char *text, struct ports *ports);

/*
 * ADDR, ADDR/BITS, :PORT, ADDR:PORT, [ADDR6]:PORT; PORT as for parse_ports(). Returns 0; -EINVAL; or -ENOTUNIQ for an
 * IPv6 address without brackets whose last part may be a port.
 */
int parse_where(const char *text, struct where *where);

/*
 * Calls take() for each item of a comma-separated list; an empty list is one empty item. Stops at the first take() that
 * fails, returns its error, and leaves the item in bad. Returns -EINVAL if an item does not fit in bad.
 */
int parse_list(const char *text, int (*take)(void *ctx, const char *item), void *ctx, char *bad, size_t bad_size);

/* A time such as 90, 90s, 10m, 2h or 3d: a number and a unit; seconds if there is none. Returns 0, -EINVAL or -ERANGE.
 */
int parse_duration(const char *text, uint64_t max_s, uint64_t *seconds);

#endif
