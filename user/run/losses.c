// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/losses.h"

#include "format/words.h"

#include <inttypes.h>
#include <stdio.h>

/* While there is work, the counters of the kernel side are read at this interval. */
#define COUNTS_PAUSE_NS 1000000000ULL

static uint64_t sum_lost(const struct tracer_counts *counts)
{
	uint64_t lost = 0;

	for (int kind = 0; kind < KATRACE_RECORD_KINDS; kind++)
		lost += counts->kind[kind].lost;
	return lost;
}

static uint64_t sum_missed(const struct tracer_counts *counts)
{
	uint64_t missed = 0;

	for (enum hook_job job = 0; job < HOOK_JOBS; job++)
		if (hook_job_makes_events(job))
			missed += counts->misses.of[job];
	return missed;
}

static void report_loss(struct losses *losses, enum lost_stage stage, uint64_t total, uint64_t now_ns)
{
	const uint64_t before = losses->reported[stage];

	losses->reported[stage] = total;
	if (total > before)
		model_lost(losses->model, stage, total - before, now_ns);
}

void losses_report(struct losses *losses, const struct moment *now, bool last_call)
{
	struct tracer_counts counts;

	if ((tracer_losing(losses->tracer) || last_call || now->ns >= losses->next_counts_ns) &&
	    tracer_counts(losses->tracer, &counts) == 0) {
		losses->next_counts_ns = now->ns + COUNTS_PAUSE_NS;
		report_loss(losses, LOST_RING, sum_lost(&counts), now->ns);
		report_loss(losses, LOST_HOOK, sum_missed(&counts), now->ns);
		report_loss(losses, LOST_CONNECTIONS, model_counts(losses->model).lost_connections, now->ns);
		report_loss(losses, LOST_OWNER, model_counts(losses->model).lost_owner, now->ns);
	}
	outputs_report_losses(losses->outputs, now->ns, now->wall_ns, last_call);
}

uint64_t losses_due_ns(const struct losses *losses)
{
	const struct model_counts model = model_counts(losses->model);

	if (model.lost_connections == losses->reported[LOST_CONNECTIONS] &&
	    model.lost_owner == losses->reported[LOST_OWNER])
		return UINT64_MAX;
	return losses->next_counts_ns;
}

int losses_sum(const struct losses *losses, const struct moment *now, struct stats *stats)
{
	const struct model_counts model = model_counts(losses->model);
	struct tracer_counts counts;
	int err = tracer_counts(losses->tracer, &counts);

	if (err)
		return err;
	*stats = (struct stats){
		.wall_ns = now->wall_ns,
		.uptime_us = (now->ns - losses->start_ns) / 1000,
		.probes_sent = counts.kind[KATRACE_PROBE_SENT].produced,
		.probes_dropped = counts.kind[KATRACE_PROBE_DROPPED].produced,
		.probes_answered = counts.kind[KATRACE_ANSWER].produced,
		.timeouts = model.timeouts,
		.connections = model.connections,
		.lost = {
			[LOST_HOOK] = sum_missed(&counts) + model.lost_hook,
			[LOST_RING] = sum_lost(&counts) + losses->lost_records + lookup_lost(losses->lookup),
			[LOST_OUTPUT] = outputs_lost(losses->outputs),
			[LOST_CONNECTIONS] = model.lost_connections,
			[LOST_OWNER] = model.lost_owner,
		},
		.missed = {
			.timer = counts.misses.of[JOB_TIMER],
			.answer = counts.misses.of[JOB_ANSWER],
			.result = counts.misses.of[JOB_RESULT],
			.end = counts.misses.of[JOB_CLOSE],
			.switched = counts.misses.of[JOB_SWITCH],
		},
		.misses_known = counts.misses.known,
	};
	return 0;
}

static void say_lost_owners(uint64_t n)
{
	if (n)
		fprintf(stderr, "katrace: LOST: %" PRIu64 " event%s whose owner was not known in time for the filter\n",
			n, words_plural(n));
}

static void say_no_room(const struct losses *losses, uint64_t n)
{
	fprintf(stderr,
		"katrace: no room for %s%" PRIu64 " connection%s beyond %" PRIu64
		": they have no timeline, and normal ends may be missing; raise --max-connections\n",
		model_counts(losses->model).are_more ? "at least " : "", n, words_plural(n), losses->max_connections);
}

/* By job: how often the kernel did not run katrace's programs. */
static void say_missed(const struct stats *stats)
{
	const struct {
		const char *job;
		uint64_t n;
	} missed[] = {
		{ "the keepalive timer", stats->missed.timer },
		{ "sending a probe", stats->missed.result },
		{ "answers, which are then found late", stats->missed.answer },
		{ "ends", stats->missed.end },
		{ "switching on or off", stats->missed.switched },
	};

	for (size_t i = 0; i < sizeof(missed) / sizeof(*missed); i++)
		if (missed[i].n)
			fprintf(stderr, "katrace: %" PRIu64 " time%s the kernel did not run the hook for %s\n",
				missed[i].n, words_plural(missed[i].n), missed[i].job);
}

void losses_say(const struct losses *losses, const struct stats *stats, const char *where)
{
	const uint64_t *lost = stats->lost;

	fprintf(stderr,
		"katrace: %" PRIu64 " event%s of %" PRIu64 " connection%s; %s %" PRIu64 " probe%s sent, %" PRIu64
		" answered, %" PRIu64 " refused locally\n",
		losses->events, words_plural(losses->events), stats->connections, words_plural(stats->connections),
		where, stats->probes_sent, words_plural(stats->probes_sent), stats->probes_answered,
		stats->probes_dropped);
	say_lost_owners(lost[LOST_OWNER]);
	say_missed(stats);
	if (!lost[LOST_HOOK] && !lost[LOST_RING] && !lost[LOST_OUTPUT] && !lost[LOST_CONNECTIONS])
		return;
	fprintf(stderr,
		"katrace: LOST: %" PRIu64 " event%s not seen, %" PRIu64 " record%s from the kernel, %" PRIu64
		" line%s of output, %" PRIu64 " connection%s\n",
		lost[LOST_HOOK], words_plural(lost[LOST_HOOK]), lost[LOST_RING], words_plural(lost[LOST_RING]),
		lost[LOST_OUTPUT], words_plural(lost[LOST_OUTPUT]), lost[LOST_CONNECTIONS],
		words_plural(lost[LOST_CONNECTIONS]));
	if (lost[LOST_CONNECTIONS])
		say_no_room(losses, lost[LOST_CONNECTIONS]);
	outputs_say_lost(losses->outputs);
}

void losses_say_kinds(const struct losses *losses)
{
	static const enum event_kind event_of[KATRACE_RECORD_KINDS] = {
		[KATRACE_PROBE_SENT] = EVENT_PROBE_SENT,   [KATRACE_PROBE_DROPPED] = EVENT_PROBE_DROPPED,
		[KATRACE_ANSWER] = EVENT_PROBE_ANSWERED,   [KATRACE_SUPPRESSED] = EVENT_SUPPRESSED,
		[KATRACE_SETTLED] = EVENT_SUPPRESSED, /* its end */
		[KATRACE_CLOSING] = EVENT_ENDED,      /* what it says of data */
		[KATRACE_PEER_CLOSED] = EVENT_PEER_CLOSED, [KATRACE_CLOSED] = EVENT_ENDED,
		[KATRACE_SWITCHED_ON] = EVENT_CONFIGURED,  [KATRACE_SWITCHED_OFF] = EVENT_CONFIGURED,
	};
	uint64_t in_ring[EVENT_KINDS] = { 0 };
	struct tracer_counts counts;

	if (tracer_counts(losses->tracer, &counts))
		return;
	if (!counts.misses.known)
		fprintf(stderr, "katrace: this kernel does not tell how often it missed kprobes\n");
	for (int kind = 0; kind < KATRACE_RECORD_KINDS; kind++)
		in_ring[event_of[kind]] += counts.kind[kind].lost;
	for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++)
		if (in_ring[kind] || outputs_lost_of(losses->outputs, kind))
			fprintf(stderr, "katrace: lost of %s: %" PRIu64 " in the ring, %" PRIu64 " in the output\n",
				event_name(kind), in_ring[kind], outputs_lost_of(losses->outputs, kind));
}
