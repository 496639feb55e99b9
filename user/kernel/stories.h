/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What user space changes in the maps of the kernel side while it traces: see bpf/state.bpf.h. */
#ifndef KATRACE_STORIES_H
#define KATRACE_STORIES_H

#include "kernel/tracer.h"

/*
 * Suppresses records about this connection until the given time (CLOCK_BOOTTIME) or its end. Best effort: records may
 * still arrive.
 */
void tracer_ignore(struct tracer *tracer, uint64_t sock, uint64_t inode, uint64_t until_ns);

/* Calls take() for the sock of each connection that the kernel side remembers. Returns 0 or -errno. */
int tracer_each_story(struct tracer *tracer, void (*take)(void *ctx, uint64_t sock), void *ctx);

/* If keepalive acts on it again, its story starts again. */
void tracer_forget_story(struct tracer *tracer, uint64_t sock);

#endif
