/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Walks over all TCP sockets of network namespaces. An iterator looks at the namespace of the thread that created it,
 * and can be read once, from anywhere. Those of katrace's own namespace are created when they are needed; those of
 * others at the start, because entering a namespace needs privileges: two of each, for two looks.
 */
#ifndef KATRACE_NAMESPACES_H
#define KATRACE_NAMESPACES_H

#include "kernel/iterator.h"

enum look { LOOK_FIRST, LOOK_AGAIN, LOOKS };

struct namespaces {
	struct bpf_link *link;
	int (*others)[LOOKS]; /* -1: it was read */
	size_t n, room;
};

/* Takes over a link of the program. Returns 0, or -errno if it is NULL. */
int namespaces_init(struct namespaces *namespaces, struct bpf_link *link);

void namespaces_free(struct namespaces *namespaces);

/* Adds the namespace that this thread is in. Returns 0 or -errno. */
int namespaces_add(struct namespaces *namespaces);

/* Reads all of them, each one of added namespaces once for each look. Returns like iterator_read(). */
int namespaces_read(struct namespaces *namespaces, enum look look, size_t size, record_fn found, void *ctx);

#endif
