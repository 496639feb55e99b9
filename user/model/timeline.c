// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void timeline_clear(struct timeline *timeline)
{
	free(timeline->entries);
	memset(timeline, 0, sizeof(*timeline));
}

static struct entry *last(const struct timeline *timeline)
{
	return timeline->n ? &timeline->entries[timeline->n - 1] : NULL;
}

static int make_room(struct timeline *timeline)
{
	struct entry *entries = timeline->entries;
	size_t capacity;

	if (entries && timeline->n < timeline->capacity)
		return 0;
	if (entries && timeline->n == TIMELINE_ENTRIES_MAX) {
		memmove(entries + TIMELINE_FIRST_KEPT, entries + TIMELINE_FIRST_KEPT + 1,
			(TIMELINE_ENTRIES_MAX - TIMELINE_FIRST_KEPT - 1) * sizeof(*entries));
		timeline->n--;
		timeline->left_out++;
		return 0;
	}
	capacity = timeline->capacity ? 2 * timeline->capacity : 4;
	entries = realloc(entries, capacity * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	timeline->entries = entries;
	timeline->capacity = capacity;
	return 0;
}

int timeline_add(struct timeline *timeline, const struct entry *entry)
{
	struct entry *prev = last(timeline);
	int err;

	if (timeline->off)
		return 0;
	if (entry->kind == ENTRY_DROPPED && prev && prev->kind == ENTRY_DROPPED) {
		prev->count++;
		prev->end_ns = entry->time_ns;
		return 0;
	}
	err = make_room(timeline);
	if (err)
		return err;
	timeline->entries[timeline->n++] = *entry;
	return 0;
}

static int compare_u32(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t median(const uint32_t *samples, uint32_t n)
{
	uint32_t sorted[TIMELINE_SAMPLES];

	memcpy(sorted, samples, n * sizeof(*samples));
	qsort(sorted, n, sizeof(*sorted), compare_u32);
	return sorted[(n - 1) / 2];
}

/* When the array is full, drops every second sample; from then on only every second round trip is sampled. */
static void sample(struct timeline *timeline, uint32_t rtt_us)
{
	if (timeline->until_sample > 0) {
		timeline->until_sample--;
		return;
	}
	if (timeline->n_samples == TIMELINE_SAMPLES) {
		for (uint32_t i = 0; i < TIMELINE_SAMPLES / 2; i++)
			timeline->samples[i] = timeline->samples[(size_t)2 * i];
		timeline->n_samples = TIMELINE_SAMPLES / 2;
		timeline->stride *= 2;
	}
	timeline->samples[timeline->n_samples++] = rtt_us;
	timeline->until_sample = timeline->stride - 1;
}

static void add_rtt(struct timeline *timeline, struct entry *run, uint32_t rtt_us)
{
	if (!run->n_rtts) {
		timeline->n_samples = 0;
		timeline->stride = 1;
		timeline->until_sample = 0;
		run->rtt_min_us = run->rtt_max_us = rtt_us;
	}
	run->n_rtts++;
	if (rtt_us < run->rtt_min_us)
		run->rtt_min_us = rtt_us;
	if (rtt_us > run->rtt_max_us)
		run->rtt_max_us = rtt_us;
	sample(timeline, rtt_us);
	run->rtt_median_us = median(timeline->samples, timeline->n_samples);
}

/* Adds a probe that was answered at once to the run before it, or starts a run. */
static struct entry *join_run(struct timeline *timeline)
{
	struct entry *probe = last(timeline);
	struct entry *run = timeline->n > 1 ? probe - 1 : NULL;

	if (!run || run->kind != ENTRY_ANSWERED_RUN) {
		probe->kind = ENTRY_ANSWERED_RUN;
		return probe;
	}
	run->count++;
	run->end_ns = probe->time_ns;
	timeline->n--;
	return run;
}

void timeline_answer(struct timeline *timeline, uint64_t rtt_us)
{
	struct entry *entry = last(timeline);

	if (!entry || entry->kind != ENTRY_PROBE)
		return;
	entry->answered = true;
	if (entry->number == 1)
		entry = join_run(timeline);
	if (rtt_us)
		add_rtt(timeline, entry, rtt_us < UINT32_MAX ? (uint32_t)rtt_us : UINT32_MAX);
}

void timeline_end_suppressed(struct timeline *timeline, uint64_t time_ns)
{
	for (size_t i = timeline->n; i-- > 0;) {
		if (timeline->entries[i].kind != ENTRY_SUPPRESSED)
			continue;
		if (!timeline->entries[i].end_ns)
			timeline->entries[i].end_ns = time_ns;
		return;
	}
}
