/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The totals of a run: produced, written and lost, counted in many places, reported among the events and at the end. */
#ifndef KATRACE_LOSSES_H
#define KATRACE_LOSSES_H

#include "run/lookup.h"
#include "run/output.h"
#include "kernel/tracer.h"
#include "model/model.h"
#include "system/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct losses {
	struct tracer *tracer;
	struct model *model;
	struct outputs *outputs;
	const struct lookup *lookup;
	uint64_t max_connections;       /* of the model */
	uint64_t start_ns;              /* CLOCK_BOOTTIME */
	uint64_t events;                /* passed to the outputs */
	uint64_t lost_records;          /* not processed: invalid, or out of memory */
	uint64_t reported[LOST_STAGES]; /* reported so far, without those that the model and the outputs report */
	uint64_t next_counts_ns;        /* when to read the counters of the kernel side again */
};

/* Reports new losses as events. With last_call, reports everything that was not reported yet. */
void losses_report(struct losses *losses, const struct moment *now, bool last_call);

/*
 * When to call it for what the model has lost, though no more records may come: CLOCK_BOOTTIME nanoseconds; UINT64_MAX:
 * everything was reported.
 */
uint64_t losses_due_ns(const struct losses *losses);

/* The totals so far, over all outputs. Returns 0 or -errno. */
int losses_sum(const struct losses *losses, const struct moment *now, struct stats *stats);

/* The same for people, on stderr; where names the connections of the probes. */
void losses_say(const struct losses *losses, const struct stats *stats, const char *where);

/* Prints on stderr which kinds of events were lost, and where. */
void losses_say_kinds(const struct losses *losses);

#endif
