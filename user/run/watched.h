/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The processes asked for by pid: their ends are reported, and with the last one there is nothing left to trace. */
#ifndef KATRACE_WATCHED_H
#define KATRACE_WATCHED_H

#include "run/loop.h"
#include "kernel/walk.h"
#include "model/filter.h"

#include <stdbool.h>

struct watched;

/*
 * children: their descendants are followed by walk, and count as well. *watched is NULL when the filter asks for no
 * process, else the caller's; walk must outlive it. Returns 0 or -errno.
 */
int watched_new(struct watched **watched, const struct filter *filter, bool children, const struct walk *walk);

/* NULL is fine. */
void watched_free(struct watched *watched);

/* Has the loop watch them, and calls gone() when the last one has ended. NULL is fine. Returns 0 or -errno. */
int watched_watch(struct watched *watched, struct loop *loop, loop_fn gone, void *ctx);

#endif
