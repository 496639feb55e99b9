// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "witness.h"

#include "witness.direct.skel.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The line "TIMER: " of /proc/softirqs has a count for each CPU. */
static uint64_t kernel_count(void)
{
	char line[16384], *at, *end;
	FILE *file = fopen("/proc/softirqs", "re");
	uint64_t sum = 0;

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		at = strstr(line, " TIMER:");
		if (!at)
			continue;
		for (at += strlen(" TIMER:"); *at && *at != '\n'; at = end) {
			sum += strtoull(at, &end, 10);
			if (end == at)
				break;
		}
	}
	fclose(file);
	return sum;
}

static uint64_t seen_by(const struct witness_direct *skel)
{
	return __atomic_load_n(&skel->bss->seen, __ATOMIC_SEQ_CST);
}

/* NULL where it cannot be: without root, say. */
static struct witness_direct *attached(void)
{
	struct witness_direct *skel;

	if (geteuid() != 0)
		return NULL;
	skel = witness_direct__open_and_load();
	if (!skel || witness_direct__attach(skel)) {
		witness_direct__destroy(skel);
		return NULL;
	}
	return skel;
}

uint64_t witness_hidden(void)
{
	static struct witness_direct *skel;
	static uint64_t kernel_before, seen_before, most;
	static bool began;
	uint64_t kernel, seen;

	if (!began) {
		began = true;
		skel = attached();
		/* what comes between the two counts makes the result smaller, here and below */
		seen_before = skel ? seen_by(skel) : 0;
		kernel_before = kernel_count();
	}
	if (!skel)
		return 0;
	kernel = kernel_count() - kernel_before;
	seen = seen_by(skel) - seen_before;
	if (kernel > seen + most)
		most = kernel - seen;
	return most;
}
