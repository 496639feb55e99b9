/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The processes of --pid: their exits are reported, and after the last one there is nothing left to trace. */
#ifndef KATRACE_WATCHED_H
#define KATRACE_WATCHED_H

#include "run/loop.h"
#include "kernel/walk.h"
#include "model/filter.h"

#include <stdbool.h>

struct watched;

/*
 * children: walk follows their descendants, which count as well. On success the caller owns *watched, which is NULL if
 * the filter has no pids; walk must outlive it. Returns 0 or -errno.
 */
int watched_new(struct watched **watched, const struct filter *filter, bool children, const struct walk *walk);

/* NULL is fine. */
void watched_free(struct watched *watched);

/* Lets the loop watch them, and calls gone() when the last one has exited. NULL is fine. Returns 0 or -errno. */
int watched_watch(struct watched *watched, struct loop *loop, loop_fn gone, void *ctx);

#endif
