/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What work in the background may cost: 1 % of a core, and at most one piece of work a second. */
#ifndef KATRACE_BUDGET_H
#define KATRACE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* Zeros: the first piece of work may begin at once. */
struct budget {
	uint64_t next_ns; /* CLOCK_BOOTTIME: when to go on, or to begin the next piece of work */
	uint64_t cost_ns; /* CPU time of the present piece of work, without the present step */
	uint64_t from_ns; /* CPU time of the thread when the present step began */
};

void budget_step_begins(struct budget *budget);

/* Goes on at once, or if the piece of work is done, after a pause in proportion to its cost. */
void budget_step_ends(struct budget *budget, bool done);

#endif
