// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/replay.h"

#include "model/story.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

/* An allocation that fails inside uthash leaves the element out instead of ending the process. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct retold {
	struct connection c;
	char id[RECORDED_ID_MAX];
	UT_hash_handle hh;
	TAILQ_ENTRY(retold) by_use;
};

struct replay {
	struct model_options options;
	struct model_output output;
	struct retold *by_id;              /* open connections */
	TAILQ_HEAD(by_use, retold) by_use; /* the same, the least recently seen first */
	struct model_counts counts;
};

struct replay *replay_new(const struct model_options *options, const struct model_output *output)
{
	struct replay *replay = calloc(1, sizeof(*replay));

	if (!replay)
		return NULL;
	replay->options = *options;
	replay->output = *output;
	TAILQ_INIT(&replay->by_use);
	return replay;
}

static void forget(struct replay *replay, struct retold *retold)
{
	HASH_DEL(replay->by_id, retold); /* NOLINT: the analyzer thinks that it may not be in there */
	TAILQ_REMOVE(&replay->by_use, retold, by_use);
	timeline_clear(&retold->c.timeline);
	free(retold);
}

void replay_free(struct replay *replay)
{
	struct retold *retold, *next;

	if (!replay)
		return;
	HASH_ITER (hh, replay->by_id, retold, next)
		forget(replay, retold);
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

static void make_room(struct replay *replay)
{
	if (HASH_COUNT(replay->by_id) < replay->options.max_connections)
		return;
	leave(replay, TAILQ_FIRST(&replay->by_use), FATE_FORGOTTEN);
	replay->counts.lost_connections++;
}

static struct retold *enter(struct replay *replay, const struct recorded *recorded)
{
	struct retold *retold;

	make_room(replay);
	retold = calloc(1, sizeof(*retold));
	if (!retold)
		return NULL;
	memcpy(retold->id, recorded->connection_id, sizeof(retold->id));
	HASH_ADD(hh, replay->by_id, id, sizeof(retold->id), retold);
	if (!retold->hh.tbl) {
		free(retold);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&replay->by_use, retold, by_use);
	retold->c.number = ++replay->counts.connections;
	return retold;
}

static struct retold *find(struct replay *replay, const struct recorded *recorded)
{
	struct retold *retold;

	HASH_FIND(hh, replay->by_id, recorded->connection_id, sizeof(recorded->connection_id), retold);
	if (!retold)
		return enter(replay, recorded);
	TAILQ_REMOVE(&replay->by_use, retold, by_use);
	TAILQ_INSERT_TAIL(&replay->by_use, retold, by_use);
	return retold;
}

/* Which kinds of criteria the holders meet, as walks find out live. Of those after the first only the pid is known. */
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

/* No values are recorded of keepalive that is off: the last ones stay, of which the user timeout still counts. */
static void keep_values(struct settings *off, const struct settings *last)
{
	*off = *last;
	off->enabled = false;
}

int replay_event(struct replay *replay, const struct recorded *recorded)
{
	struct event event = recorded->event;
	struct retold *retold;
	int err;

	event.severity = event_severity(&event);
	event.wall_ns = recorded->time_ns;
	if (event.kind == EVENT_EVENTS_LOST) {
		hand_on(replay, &event);
		return 0;
	}
	retold = find(replay, recorded);
	if (!retold)
		return -ENOMEM;
	retold->c.id = recorded->id;
	retold->c.cookie = recorded->cookie;
	retold->c.owner = recorded->owner;
	retold->c.owner.meets = kinds_met(replay->options.filter, &recorded->owner);
	event.connection = &retold->c;
	if (!event.settings.enabled && retold->c.announced)
		keep_values(&event.settings, &retold->c.settings);
	err = story_tell(&retold->c, &event);
	hand_on(replay, &event);
	if (retold->c.fate == FATE_ENDED)
		leave(replay, retold, FATE_ENDED);
	return err;
}

static int by_age(const struct retold *a, const struct retold *b)
{
	return story_compare(&a->c, &b->c);
}

void replay_finish(struct replay *replay, uint64_t now_ns)
{
	struct retold *retold, *next;

	HASH_SORT(replay->by_id, by_age);
	HASH_ITER (hh, replay->by_id, retold, next) {
		retold->c.last_ns = now_ns;
		leave(replay, retold, FATE_OPEN);
	}
}

struct model_counts replay_counts(const struct replay *replay)
{
	return replay->counts;
}
