/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The network namespaces of this host. */
#ifndef KATRACE_NETNS_H
#define KATRACE_NETNS_H

#include <stddef.h>
#include <stdint.h>

/* Namespaces that could not be entered. */
struct netns_refused {
	size_t n;
	int err; /* the first -errno */
};

/*
 * Enters each network namespace that a process is in or /run/netns names, except this thread's own, calls inside() and
 * comes back. Returns 0; what inside() returned if that was not 0; or -errno. Needs CAP_SYS_ADMIN.
 */
int netns_visit(int (*inside)(void *ctx), void *ctx, struct netns_refused *refused);

/*
 * Calls take() for each name that ip netns has given, with the inode number of its network namespace. Returns 0;
 * -EAGAIN if one of the names stands for nothing yet, or no longer; or -errno.
 */
int netns_each_name(void (*take)(void *ctx, const char *name, uint32_t netns), void *ctx);

/* When a name was given or taken away last, CLOCK_REALTIME in nanoseconds; 0: none ever was. */
uint64_t netns_names_changed_ns(void);

#endif
