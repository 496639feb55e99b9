/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The network namespaces of this host. */
#ifndef KATRACE_NETNS_H
#define KATRACE_NETNS_H

#include <stddef.h>

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

#endif
