/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Guesses which word was meant. */
#ifndef KATRACE_NEAREST_H
#define KATRACE_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *typed;
	const char *word; /* the nearest so far; NULL: none is near */
	size_t distance;
};

/* Compares one more word. It is near if at most a third of its letters, but at least one, may differ. */
void nearest_try(struct nearest *nearest, const char *word);

/* The number of letters to add, remove or replace, and of neighbours to swap, to turn a into b. */
size_t edit_distance(const char *a, const char *b);

#endif
