/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a run adds up to, and what it lost on the way: counted in many places, told in the stream of events and at its
 * end. */
#ifndef KATRACE_LOSSES_H
#define KATRACE_LOSSES_H

#include "run/lookup.h"
#include "run/output.h"
#include "kernel/tracer.h"
#include "model/model.h"

#include <stdbool.h>
#include <stdint.h>

struct tally {
	struct tracer *tracer;
	struct model *model;
	struct output *output;
	const struct lookup *lookup;
	uint64_t start_ns;              /* CLOCK_BOOTTIME */
	uint64_t events;                /* handed to the output */
	uint64_t lost_records;          /* that could not be taken in */
	uint64_t reported[LOST_STAGES]; /* losses told so far, but for those the model told itself */
	uint64_t next_counts_ns;        /* the kernel side's counters are looked at again then */
};

/*
 * Tells new losses where they show, in the stream of events: those of the output once it has room again, or the report
 * would be lost too. With last_call, all that is not told yet.
 */
void tally_report_losses(struct tally *tally, uint64_t now_ns, bool last_call);

/* The sums so far. Returns 0 or -errno. */
int tally_sum(const struct tally *tally, uint64_t now_ns, struct stats *stats);

/* The same for people, on stderr; where says of which connections the probes are. */
void tally_say(const struct tally *tally, const struct stats *stats, const char *where);

/* On stderr: which kinds of event were lost, and where. */
void tally_say_losses(const struct tally *tally);

#endif
