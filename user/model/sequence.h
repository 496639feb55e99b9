/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The numbers of recorded lines: which lines come twice, and which too late. Pipelines may deliver them so. */
#ifndef KATRACE_SEQUENCE_H
#define KATRACE_SEQUENCE_H

#include <stddef.h>
#include <stdint.h>

/* How many runs are told apart: lines of several hosts may be mixed. Beyond that the one seen first is forgotten. */
#define SEQUENCE_RUNS_MAX 16
/* How far back a line can be recognised. */
#define SEQUENCE_WINDOW 64
/* Longest name of a run, including its terminating zero. */
#define SEQUENCE_RUN_MAX 64

enum sequence_place {
	SEQUENCE_NEXT,
	SEQUENCE_AGAIN, /* it was there before */
	SEQUENCE_LATE,  /* a later line was there before */
};

/* Zeroed: nothing seen. */
struct sequence {
	struct sequence_run {
		char name[SEQUENCE_RUN_MAX];
		uint64_t highest;
		uint64_t seen; /* bit i: highest - i */
	} runs[SEQUENCE_RUNS_MAX];
	size_t n;    /* in use */
	size_t next; /* to be replaced when all are */
};

/* The place of a line with this number, from 1, in that run. */
enum sequence_place sequence_see(struct sequence *sequence, const char *run, uint64_t number);

#endif
