/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Walks over every task's descriptors: which process holds which TCP socket. */
#ifndef KATRACE_WALK_H
#define KATRACE_WALK_H

#include "kernel/object.h"

#include <katrace/record.h>

struct walk;

/*
 * Loads the walk's programs and learns from a socket of its own what the tracer must know (walk_facts()). btf names a
 * file with the kernel's BTF, or is NULL. On success *walk is the caller's, to be given to walk_free(). Returns 0 or
 * -errno; -ENODATA when the kernel hid an address or the socket was not found.
 */
int walk_new(struct walk **walk, const char *btf);

/* NULL is fine. */
void walk_free(struct walk *walk);

/* How memory is read on this kernel, as found by trying. */
enum read_method walk_read_method(const struct walk *walk);

/* Valid as long as the walk. */
const struct katrace_facts *walk_facts(const struct walk *walk);

/*
 * Calls found() for each descriptor of a TCP socket, in every network namespace, held by a task of katrace's pid
 * namespace; a socket held by several is reported several times. Returns 0 or -errno; found() has then been called for
 * a part of them.
 */
int walk_run(struct walk *walk, void (*found)(void *ctx, const struct katrace_owner *owner), void *ctx);

#endif
