/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a run adds up to: produced, written and lost, counted in many places, told in the stream of events and at its
 * end. */
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
	uint64_t start_ns;              /* CLOCK_BOOTTIME */
	uint64_t events;                /* handed to the outputs */
	uint64_t lost_records;          /* that could not be taken in */
	uint64_t reported[LOST_STAGES]; /* told so far, but for those that the model and the outputs tell themselves */
	uint64_t next_counts_ns;        /* the kernel side's counters are looked at again then */
};

/* Tells new losses where they show, in the stream of events. With last_call, all that is not told yet. */
void losses_report(struct losses *losses, const struct moment *now, bool last_call);

/* The sums so far, over all outputs. Returns 0 or -errno. */
int losses_sum(const struct losses *losses, const struct moment *now, struct stats *stats);

/* The same for people, on stderr; where says of which connections the probes are. */
void losses_say(const struct losses *losses, const struct stats *stats, const char *where);

/* On stderr: which kinds of event were lost, and where. */
void losses_say_kinds(const struct losses *losses);

#endif
