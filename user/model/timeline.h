/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What happened to one connection, in order, in bounded memory: a run of answered probes becomes one entry. If there
 * are too many entries, the latest replace those after the first few.
 */
#ifndef KATRACE_TIMELINE_H
#define KATRACE_TIMELINE_H

#include "model/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMELINE_ENTRIES_MAX 64
#define TIMELINE_FIRST_KEPT 8
#define TIMELINE_SAMPLES 32

enum entry_kind {
	ENTRY_ANSWERED_RUN, /* count probes, each answered before the next was due */
	ENTRY_PROBE,        /* one probe: unanswered, or answered after others were not */
	ENTRY_DROPPED,      /* count attempts that the local stack refused */
	ENTRY_SUPPRESSED,
	ENTRY_PEER_CLOSED,
	ENTRY_CONFIGURED, /* the settings changed, or keepalive was switched on or off */
};

struct entry {
	enum entry_kind kind;
	uint64_t time_ns; /* CLOCK_BOOTTIME of the first of count */
	uint64_t end_ns;  /* of the last one; ENTRY_SUPPRESSED: its end, 0 while it lasts */
	uint32_t count;
	union {
		struct { /* probes */
			uint32_t number, limit;
			bool answered;
			bool has_result; /* result is negative: a probe refused on this host, but counted as sent */
			int result;
			uint32_t n_rtts; /* how many answers have an exact round trip */
			uint32_t rtt_min_us, rtt_max_us, rtt_median_us;
		};
		struct { /* ENTRY_SUPPRESSED */
			uint32_t unacked_bytes, queued_bytes, retransmits;
			bool window_probe, orphan, fin;
			uint64_t gives_up_ms; /* from time_ns */
		};
		struct { /* ENTRY_CONFIGURED */
			struct settings before, after;
		};
	};
};

struct timeline {
	bool off; /* not needed: nothing is stored */
	struct entry *entries;
	size_t n;
	size_t capacity;
	uint64_t left_out; /* entries dropped after the first TIMELINE_FIRST_KEPT */
	/* round trips of the last run: every stride-th, so that any number of them fits */
	uint32_t samples[TIMELINE_SAMPLES];
	uint32_t n_samples;
	uint32_t stride;
	uint32_t until_sample;
};

/* Frees the entries, not the timeline itself. */
void timeline_clear(struct timeline *timeline);

/* Adds a copy of *entry. Returns 0 or -ENOMEM. Consecutive refused attempts share one entry. */
int timeline_add(struct timeline *timeline, const struct entry *entry);

/*
 * The last added probe was answered. rtt_us goes into the statistics of the run, unless it is not known exactly: 0.
 * More than UINT32_MAX (71 minutes) counts as that.
 */
void timeline_answer(struct timeline *timeline, uint64_t rtt_us);

/* The last added suppression is over. */
void timeline_end_suppressed(struct timeline *timeline, uint64_t time_ns);

#endif
