/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which word may have been meant. */
#ifndef KATRACE_NEAREST_H
#define KATRACE_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *typed;
	const char *word; /* the nearest so far; NULL: none is near */
	size_t distance;
};

/* Looks at one more word. One is near when at most a third of its letters differ, one at least. */
void nearest_try(struct nearest *nearest, const char *word);

/* Letters to add, leave out or replace, and neighbours to swap, to make b from a. */
size_t edit_distance(const char *a, const char *b);

#endif
