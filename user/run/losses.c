// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/losses.h"

#include <inttypes.h>
#include <stdio.h>

/* While there is work, the kernel side's counters are looked at this often. */
#define COUNTS_PAUSE_NS 1000000000ULL

static uint64_t sum_lost(const struct tracer_counts *counts)
{
	uint64_t lost = 0;

	for (int kind = 0; kind < KATRACE_RECORD_KINDS; kind++)
		lost += counts->kind[kind].lost;
	return lost;
}

static void report_loss(struct tally *tally, enum lost_stage stage, uint64_t total, uint64_t now_ns)
{
	const uint64_t before = tally->reported[stage];

	tally->reported[stage] = total;
	if (total > before)
		model_lost(tally->model, stage, total - before, now_ns);
}

void tally_report_losses(struct tally *tally, uint64_t now_ns, bool last_call)
{
	struct tracer_counts counts;

	if ((tracer_losing(tally->tracer) || last_call || now_ns >= tally->next_counts_ns) &&
	    tracer_counts(tally->tracer, &counts) == 0) {
		tally->next_counts_ns = now_ns + COUNTS_PAUSE_NS;
		report_loss(tally, LOST_RING, sum_lost(&counts), now_ns);
		report_loss(tally, LOST_HOOK, counts.lost_hook, now_ns);
		report_loss(tally, LOST_CONNECTIONS, counts.untracked, now_ns);
	}
	if (last_call || output_has_room(tally->output))
		report_loss(tally, LOST_OUTPUT, output_dropped(tally->output), now_ns);
}

int tally_sum(const struct tally *tally, uint64_t now_ns, struct stats *stats)
{
	const struct model_counts model = model_counts(tally->model);
	struct tracer_counts counts;
	int err = tracer_counts(tally->tracer, &counts);

	if (err)
		return err;
	*stats = (struct stats){
		.uptime_us = (now_ns - tally->start_ns) / 1000,
		.probes_sent = counts.kind[KATRACE_PROBE_SENT].produced,
		.probes_dropped = counts.kind[KATRACE_PROBE_DROPPED].produced,
		.probes_answered = counts.kind[KATRACE_ANSWER].produced,
		.timeouts = model.timeouts,
		.connections = model.connections,
		.lost = {
			[LOST_HOOK] = counts.lost_hook + model.lost_hook,
			[LOST_RING] = sum_lost(&counts) + tally->lost_records + lookup_lost(tally->lookup),
			[LOST_OUTPUT] = output_dropped(tally->output),
			[LOST_CONNECTIONS] = model.lost_connections + counts.untracked,
		},
	};
	return 0;
}

void tally_say(const struct tally *tally, const struct stats *stats, const char *where)
{
	const uint64_t *lost = stats->lost;

	fprintf(stderr,
		"katrace: %" PRIu64 " events of %" PRIu64 " connection%s; %s %" PRIu64 " probes sent, %" PRIu64
		" answered, %" PRIu64 " refused locally\n",
		tally->events, stats->connections, stats->connections == 1 ? "" : "s", where, stats->probes_sent,
		stats->probes_answered, stats->probes_dropped);
	if (lost[LOST_HOOK] || lost[LOST_RING] || lost[LOST_OUTPUT] || lost[LOST_CONNECTIONS])
		fprintf(stderr,
			"katrace: LOST: %" PRIu64 " timers not seen, %" PRIu64 " records from the kernel, %" PRIu64
			" lines of output, %" PRIu64 " connections\n",
			lost[LOST_HOOK], lost[LOST_RING], lost[LOST_OUTPUT], lost[LOST_CONNECTIONS]);
}

void tally_say_losses(const struct tally *tally)
{
	static const enum event_kind event_of[KATRACE_RECORD_KINDS] = {
		[KATRACE_PROBE_SENT] = EVENT_PROBE_SENT,
		[KATRACE_PROBE_DROPPED] = EVENT_PROBE_DROPPED,
		[KATRACE_ANSWER] = EVENT_PROBE_ANSWERED,
		[KATRACE_SUPPRESSED] = EVENT_SUPPRESSED,
		[KATRACE_SETTLED] = EVENT_SUPPRESSED, /* its end */
		[KATRACE_CLOSED] = EVENT_ENDED,
		[KATRACE_SWITCHED_ON] = EVENT_CONFIGURED,
		[KATRACE_SWITCHED_OFF] = EVENT_CONFIGURED,
	};
	uint64_t in_ring[EVENT_KINDS] = { 0 };
	struct tracer_counts counts;

	if (tracer_counts(tally->tracer, &counts))
		return;
	for (int kind = 0; kind < KATRACE_RECORD_KINDS; kind++)
		in_ring[event_of[kind]] += counts.kind[kind].lost;
	for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++)
		if (in_ring[kind] || output_dropped_of(tally->output, kind))
			fprintf(stderr, "katrace: lost of %s: %" PRIu64 " in the ring, %" PRIu64 " in the output\n",
				events_name(kind), in_ring[kind], output_dropped_of(tally->output, kind));
}
