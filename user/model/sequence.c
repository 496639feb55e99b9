// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/sequence.h"

#include <stdio.h>
#include <string.h>

static struct sequence_run *find_run(struct sequence *sequence, const char *name)
{
	struct sequence_run *run;

	for (size_t i = 0; i < sequence->n; i++)
		if (strcmp(sequence->runs[i].name, name) == 0)
			return &sequence->runs[i];
	if (sequence->n < SEQUENCE_RUNS_MAX) {
		run = &sequence->runs[sequence->n++];
	} else {
		run = &sequence->runs[sequence->next];
		sequence->next = (sequence->next + 1) % SEQUENCE_RUNS_MAX;
	}
	*run = (struct sequence_run){ 0 };
	snprintf(run->name, sizeof(run->name), "%s", name);
	return run;
}

enum sequence_place sequence_see(struct sequence *sequence, const char *name, uint64_t number)
{
	struct sequence_run *run = find_run(sequence, name);
	uint64_t back;

	if (number > run->highest) {
		back = number - run->highest;
		run->seen = back < SEQUENCE_WINDOW ? run->seen << back | 1 : 1;
		run->highest = number;
		return SEQUENCE_NEXT;
	}
	back = run->highest - number;
	if (back >= SEQUENCE_WINDOW)
		return SEQUENCE_LATE;
	if (run->seen & 1ULL << back)
		return SEQUENCE_AGAIN;
	run->seen |= 1ULL << back;
	return SEQUENCE_LATE;
}
