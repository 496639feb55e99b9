// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/summary.h"

#include "model/array.h"
#include "model/detection.h"
#include "model/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct summary {
	struct zombie_limits zombies;
	struct pool *keys; /* the number of a process is its place in lines, until they are sorted */
	struct summary_line *lines;
	size_t n, room;
};

/* Identifies a process. No padding: pools compare bytes. */
struct holder {
	uint32_t pid;
	char comm[16];
};

struct summary *summary_new(const struct zombie_limits *zombies, uint64_t seed)
{
	struct summary *summary = calloc(1, sizeof(*summary));

	if (!summary)
		return NULL;
	summary->zombies = *zombies;
	summary->keys = pool_new(sizeof(struct holder), seed);
	if (summary->keys)
		return summary;
	free(summary);
	return NULL;
}

void summary_free(struct summary *summary)
{
	if (!summary)
		return;
	pool_free(summary->keys);
	free(summary->lines);
	free(summary);
}

static struct summary_line *add_line(struct summary *summary)
{
	struct summary_line *lines = array_grow(summary->lines, summary->n, &summary->room, sizeof(*lines));

	if (!lines)
		return NULL;
	summary->lines = lines;
	memset(&lines[summary->n], 0, sizeof(*lines));
	return &lines[summary->n++];
}

static struct summary_line *line_of(struct summary *summary, const struct owner *owner)
{
	struct holder holder = { .pid = owner->pid };
	struct summary_line *line;
	uint32_t number;

	memcpy(holder.comm, owner->comm, sizeof(holder.comm));
	if (pool_put(summary->keys, &holder, &number))
		return NULL;
	if (number < summary->n)
		return &summary->lines[number];
	line = add_line(summary);
	if (line)
		line->owner = *owner;
	return line;
}

static void add_settings(struct summary_line *line, const struct settings *settings)
{
	for (size_t i = 0; i < line->n_settings; i++) {
		if (!same_settings(&line->settings[i].settings, settings))
			continue;
		line->settings[i].n++;
		return;
	}
	if (line->n_settings == SUMMARY_SETTINGS) {
		line->n_others++;
		return;
	}
	line->settings[line->n_settings].settings = *settings;
	line->settings[line->n_settings++].n = 1;
}

/* An answer restarts the idle time, but the firing that finds it comes at least an interval after the probe. */
static double probes_per_minute(const struct settings *settings)
{
	const uint32_t period_s = settings->idle_s > settings->interval_s ? settings->idle_s : settings->interval_s;

	return period_s ? 60.0 / period_s : 0;
}

/* An old timer decides once more, until it has fired. */
static uint64_t longest_detection_us(const struct listed *listed)
{
	const uint64_t usual_us = detection_after_heard(&listed->connection.settings);
	const uint64_t now_us = listed->connection.silent_us + listed->detection_us;

	return listed->old_timer && listed->detects && now_us > usual_us ? now_us : usual_us;
}

static void add_keepalive(struct summary_line *line, const struct listed *listed)
{
	const struct settings *settings = &listed->connection.settings;
	const uint64_t us = longest_detection_us(listed);

	line->on++;
	add_settings(line, settings);
	if (!listed->due || listed->waiting)
		return;
	line->probes_per_minute += probes_per_minute(settings);
	if (us <= line->worst_us)
		return;
	line->detects = true;
	line->worst_us = us;
	line->worst_sysctls = settings->from_sysctl;
	line->worst_is_old = listed->old_timer;
}

static void add_concern(struct concerned *concerned, const struct listed *listed)
{
	concerned->n++;
	if (listed->was_connected && silence_us(listed) > concerned->silent_us)
		concerned->silent_us = silence_us(listed);
}

int summary_add(struct summary *summary, const struct listed *listed)
{
	struct summary_line *line = line_of(summary, &listed->connection.owner);
	const enum concern concern = concern_of(listed, &summary->zombies);

	if (!line)
		return -ENOMEM;
	line->connections++;
	if (listed->connection.settings.enabled)
		add_keepalive(line, listed);
	else
		line->off++;
	add_concern(&line->concerns[concern], listed);
	/* A zombie without keepalive is both. */
	if (concern == CONCERN_ZOMBIE && !listed->connection.settings.enabled)
		add_concern(&line->concerns[CONCERN_NO_KEEPALIVE], listed);
	return 0;
}

/* The worst of what may be wrong with the process's connections; CONCERN_NONE: nothing. */
static enum concern worst_concern(const struct summary_line *line)
{
	enum concern worst = 0;

	while (worst < CONCERN_NONE && !line->concerns[worst].n)
		worst++;
	return worst;
}

/* Trouble first, as in the list of sockets; then the process with most of it, then with most connections. */
static int compare_lines(const void *a, const void *b)
{
	const struct summary_line *x = a, *y = b;
	const enum concern trouble = worst_concern(x), other = worst_concern(y);

	if (trouble != other)
		return trouble < other ? -1 : 1;
	if (trouble < CONCERN_NONE && x->concerns[trouble].n != y->concerns[trouble].n)
		return x->concerns[trouble].n < y->concerns[trouble].n ? 1 : -1;
	if (x->connections != y->connections)
		return x->connections < y->connections ? 1 : -1;
	return (x->owner.pid > y->owner.pid) - (x->owner.pid < y->owner.pid);
}

void summary_sort(struct summary *summary)
{
	if (summary->n)
		qsort(summary->lines, summary->n, sizeof(*summary->lines), compare_lines);
}

size_t summary_count(const struct summary *summary)
{
	return summary->n;
}

const struct summary_line *summary_get(const struct summary *summary, size_t place)
{
	return &summary->lines[place];
}
