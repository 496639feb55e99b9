/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The kernel side remembers a connection until it sees its end. If the kernel did not run the program then, the entry
 * stays. When the kernel side has no room although the model has, entries that the model does not know are deleted.
 */
#ifndef KATRACE_SWEEP_H
#define KATRACE_SWEEP_H

#include "kernel/tracer.h"
#include "model/model.h"

#include <stddef.h>
#include <stdint.h>

struct sweep {
	struct tracer *tracer;
	const struct model *model;
	uint64_t *suspects; /* socks that the model did not know at the last look: it may not have seen their records */
	size_t n, room;
	uint64_t next_ns; /* 0: nothing is to be done */
};

/* The kernel side had no room for a connection at now_ns. */
void sweep_want(struct sweep *sweep, uint64_t now_ns);

/* When to call sweep_go() next; UINT64_MAX: not now. */
uint64_t sweep_due_ns(const struct sweep *sweep);
void sweep_go(struct sweep *sweep, uint64_t now_ns);

/* Frees what it holds, not the sweep itself. */
void sweep_clear(struct sweep *sweep);

#endif
