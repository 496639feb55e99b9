// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/budget.h"

#include "system/clock.h"

/* The pause is at least this, and at least COST_FACTOR times the CPU time of the work. */
#define PAUSE_NS NS_PER_S
#define COST_FACTOR 100

/* Not the time that passes: on a busy host most of it is waiting for a CPU, which costs nobody anything. */
void budget_step_begins(struct budget *budget)
{
	budget->from_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

void budget_step_ends(struct budget *budget, bool done)
{
	uint64_t pause;

	budget->cost_ns += clock_ns(CLOCK_THREAD_CPUTIME_ID) - budget->from_ns;
	budget->next_ns = clock_ns(CLOCK_BOOTTIME);
	if (!done)
		return;
	pause = COST_FACTOR * budget->cost_ns;
	budget->next_ns += pause > PAUSE_NS ? pause : PAUSE_NS;
	budget->cost_ns = 0;
}
