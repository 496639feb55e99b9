/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A model with what it needs; its events and connections are written down as one line each. */
#ifndef KATRACE_WORLD_H
#define KATRACE_WORLD_H

#include "unit.h"

#include "model/model.h"

#include <stdio.h>
#include <stdlib.h>

struct world {
	struct owners *owners;
	struct filter *filter;
	struct model *model;
	char told[4096];      /* one line for each event and each finished connection */
	uint64_t last_number; /* of the connection of the last event */
	bool last_ended_partial;
	uint64_t last_ended_sent, last_ended_answered, last_ended_observed_us;
};

static inline void tell(struct world *w, const char *text)
{
	strncat(w->told, text, sizeof(w->told) - strlen(w->told) - 1);
}

static inline void on_event(void *ctx, const struct event *event)
{
	static const char *const names[] = { "configured", "sent",        "dropped", "answered",
					     "suppressed", "peer_closed", "ended",   "lost" };
	struct world *w = ctx;
	char line[128] = "";

	switch (event->kind) {
	case EVENT_CONFIGURED:
		snprintf(line, sizeof(line), "%s", event->settings.enabled ? "" : " off");
		break;
	case EVENT_PROBE_SENT:
	case EVENT_PROBE_DROPPED:
		snprintf(line, sizeof(line), " %u/%u", event->probe.number, event->probe.limit);
		break;
	case EVENT_PROBE_ANSWERED:
		if (event->answer.rtt_us)
			snprintf(line, sizeof(line), " %u in %llu%s", event->answer.number,
				 (unsigned long long)event->answer.rtt_us, event->answer.late ? " late" : "");
		else
			snprintf(line, sizeof(line), " %u in %llu to %llu%s", event->answer.number,
				 (unsigned long long)event->answer.rtt_min_us,
				 (unsigned long long)event->answer.rtt_max_us, event->answer.late ? " late" : "");
		break;
	case EVENT_SUPPRESSED:
		snprintf(line, sizeof(line), " %s", event->suppressed.begin ? "begin" : "end");
		break;
	case EVENT_PEER_CLOSED:
		break;
	case EVENT_ENDED:
		w->last_ended_partial = event->ended.partial;
		w->last_ended_sent = event->ended.probes_sent;
		w->last_ended_answered = event->ended.probes_answered;
		w->last_ended_observed_us = event->ended.observed_us;
		snprintf(line, sizeof(line), " %s %d", verdict_name(event->ended.verdict), event->ended.error);
		break;
	case EVENT_EVENTS_LOST:
		snprintf(line, sizeof(line), " %s %llu", lost_stage_name(event->lost.stage),
			 (unsigned long long)event->lost.count);
		break;
	}
	if (event->connection)
		w->last_number = event->connection->number;
	tell(w, names[event->kind]);
	tell(w, line);
	if (event->connection && event->connection->owner.pid) {
		snprintf(line, sizeof(line), " [%u]", event->connection->owner.pid);
		tell(w, line);
	}
	tell(w, "\n");
}

static inline void on_finished(void *ctx, const struct connection *c)
{
	static const char *const fates[] = { "open", "ended", "unknown", "left" };
	char line[64];

	snprintf(line, sizeof(line), "-- %s, %zu entries\n", fates[c->fate], c->timeline.n);
	tell(ctx, line);
}

static inline void tell_unwanted(struct world *w)
{
	struct unwanted unwanted;
	char line[64];

	while (model_next_unwanted(w->model, &unwanted)) {
		snprintf(line, sizeof(line), "unwanted %llu%s\n", (unsigned long long)unwanted.sock,
			 unwanted.orphan ? " for good" : "");
		tell(w, line);
	}
}

static inline struct world *world_new_with(size_t max_connections, bool all)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct model_output output = { on_event, on_finished, w };
	struct model_options options = { .max_connections = max_connections, .all = all };

	w->owners = owners_new();
	w->filter = filter_new();
	options.filter = w->filter;
	w->model = model_new(&options, &output, w->owners);
	return w;
}

static inline struct world *world_new(size_t max_connections)
{
	return world_new_with(max_connections, false);
}

static inline void world_free(struct world *w)
{
	model_free(w->model);
	filter_free(w->filter);
	owners_free(w->owners);
	free(w);
}

/* A walk in which sock has one holder, and none when sock is 0. */
static inline void walk(struct world *w, uint64_t sock, uint32_t pid, uint64_t now)
{
	const struct katrace_owner owner = {
		.sock = sock, .inode = 1000 + sock, .pid = pid, .comm = "holder", .local_port = 22, .peer_port = 51040
	};

	owners_walk_begin(w->owners, now);
	if (sock)
		owners_found(w->owners, &owner, &(struct found_process){ .meets = pid == 42 ? FILTER_PID : 0 });
	owners_walk_end(w->owners);
	model_walked(w->model, now);
}

static inline void observe(struct world *w, struct sighting s)
{
	assert_int_equal(model_observe(w->model, &s, s.time_ns), 0);
}

static inline void expect(struct world *w, const char *told)
{
	tell_unwanted(w);
	assert_string_equal(w->told, told);
	w->told[0] = '\0';
}

#endif
