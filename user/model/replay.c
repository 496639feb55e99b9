// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/replay.h"

#include "model/lru.h"
#include "model/newcomers.h"
#include "model/story.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct retold {
	struct lru_item lru;
	struct connection c;
	char id[RECORDED_ID_MAX];
};

struct replay {
	struct model_options options;
	struct model_output output;
	struct lru *open; /* connections, by their id */
	struct newcomers *newcomers;
	uint64_t numbers; /* given to connections */
	struct model_counts counts;
};

struct replay *replay_new(const struct model_options *options, const struct model_output *output)
{
	struct replay *replay = calloc(1, sizeof(*replay));

	if (!replay)
		return NULL;
	replay->options = *options;
	replay->output = *output;
	replay->open = lru_new(offsetof(struct retold, id), RECORDED_ID_MAX);
	replay->newcomers = newcomers_new(options->max_connections);
	if (replay->open && replay->newcomers)
		return replay;
	replay_free(replay);
	return NULL;
}

static void forget(struct replay *replay, struct retold *retold)
{
	lru_remove(replay->open, retold);
	timeline_clear(&retold->c.timeline);
	free(retold);
}

void replay_free(struct replay *replay)
{
	if (!replay)
		return;
	while (replay->open && lru_count(replay->open))
		forget(replay, lru_oldest(replay->open));
	lru_free(replay->open);
	newcomers_free(replay->newcomers);
	free(replay);
}

static void hand_on(const struct replay *replay, const struct event *event)
{
	if (event->connection && (!filter_passes_connection(replay->options.filter, event->connection) ||
				  !filter_passes_event(replay->options.filter, event)))
		return;
	replay->output.event(replay->output.ctx, event);
}

static void leave(struct replay *replay, struct retold *retold, enum fate fate)
{
	retold->c.fate = fate;
	if (filter_passes_timeline(replay->options.filter, &retold->c))
		replay->output.finished(replay->output.ctx, &retold->c);
	forget(replay, retold);
}

static uint64_t key_of(const struct replay *replay, const struct recorded *recorded)
{
	return newcomers_key(replay->newcomers, recorded->connection_id, RECORDED_ID_MAX);
}

static struct retold *enter(struct replay *replay, const struct recorded *recorded)
{
	struct newcomer *newcomer = newcomers_find(replay->newcomers, key_of(replay, recorded));
	struct retold *retold = calloc(1, sizeof(*retold));

	if (!retold)
		return NULL;
	memcpy(retold->id, recorded->connection_id, sizeof(retold->id));
	if (lru_add(replay->open, retold)) {
		free(retold);
		return NULL;
	}
	replay->counts.connections += !newcomer;
	newcomers_remove(replay->newcomers, newcomer); /* now there is room */
	retold->c.number = ++replay->numbers;
	return retold;
}

/* Which kinds of criteria the holders match; walks find this out live. Only the first one has more than a pid. */
static uint32_t kinds_met(const struct filter *filter, const struct owner *owner)
{
	struct process process = { .pid = owner->pid, .comm = owner->comm };
	uint32_t meets;

	if (!owner->pid)
		return 0;
	meets = filter_process(filter, &process) | filter_cgroup(filter, &owner->cgroup, "");
	for (uint32_t i = 0; i < owner->n_others; i++) {
		process.pid = owner->other_pids[i];
		meets |= filter_process(filter, &process) & FILTER_PID;
	}
	return meets;
}

/* Recordings have no values while keepalive is off: the last ones stay. A user timeout still counts, and is there. */
static void keep_values(struct settings *off, const struct settings *last)
{
	const uint32_t user_timeout_ms = off->user_timeout_ms;

	*off = *last;
	off->enabled = false;
	if (user_timeout_ms) /* recordings before 1.2 lack it */
		off->user_timeout_ms = user_timeout_ms;
}

/* Returns 0, or -ENOMEM if the timeline lacks an entry. */
static int tell(struct replay *replay, struct connection *c, const struct recorded *recorded)
{
	struct event event = recorded->event;
	int err;

	event.severity = event_severity(&event);
	event.wall_ns = recorded->time_ns;
	event.connection = c;
	c->id = recorded->id;
	c->cookie = recorded->cookie;
	c->mptcp_subflow = recorded->mptcp_subflow;
	c->owner = recorded->owner;
	c->owner.meets = kinds_met(replay->options.filter, &recorded->owner);
	if (!event.settings.enabled && c->announced)
		keep_values(&event.settings, &c->settings);
	err = story_tell(c, &event);
	hand_on(replay, &event);
	return err;
}

static void tell_lost(struct replay *replay, const struct recorded *recorded)
{
	struct event event = recorded->event;

	event.severity = event_severity(&event);
	event.wall_ns = recorded->time_ns;
	hand_on(replay, &event);
}

/* There is no room for its connection: see model_tell_newcomer(). */
static void tell_newcomer(struct replay *replay, const struct recorded *recorded)
{
	const uint64_t key = key_of(replay, recorded);
	struct newcomer *known = newcomers_find(replay->newcomers, key);
	struct connection c = { .timeline.off = true };

	if (known) {
		newcomers_use(replay->newcomers, known, recorded->time_ns);
	} else if (newcomers_add(replay->newcomers, key, recorded->time_ns)) {
		replay->counts.connections++;
		replay->counts.lost_connections++;
	} else {
		replay->counts.are_more = true;
	}
	tell(replay, &c, recorded);
	if (c.fate == FATE_ENDED)
		newcomers_remove(replay->newcomers, newcomers_find(replay->newcomers, key));
}

static bool is_full(const struct replay *replay)
{
	return lru_count(replay->open) >= replay->options.max_connections;
}

int replay_event(struct replay *replay, const struct recorded *recorded)
{
	struct retold *retold;
	int err;

	if (recorded->event.kind == EVENT_EVENTS_LOST) {
		tell_lost(replay, recorded);
		return 0;
	}
	retold = lru_find(replay->open, recorded->connection_id);
	if (!retold && is_full(replay)) {
		tell_newcomer(replay, recorded);
		return 0;
	}
	retold = retold ?: enter(replay, recorded);
	if (!retold)
		return -ENOMEM;
	err = tell(replay, &retold->c, recorded);
	if (retold->c.fate == FATE_ENDED)
		leave(replay, retold, FATE_ENDED);
	return err;
}

static int by_age(const void *a, const void *b)
{
	return story_compare(&((const struct retold *)a)->c, &((const struct retold *)b)->c);
}

void replay_finish(struct replay *replay, uint64_t now_ns)
{
	struct retold *retold;

	lru_sort(replay->open, by_age);
	while (lru_count(replay->open)) {
		retold = lru_oldest(replay->open);
		retold->c.last_ns = now_ns;
		leave(replay, retold, FATE_OPEN);
	}
	newcomers_clear(replay->newcomers);
}

struct model_counts replay_counts(const struct replay *replay)
{
	return replay->counts;
}
