/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Growing arrays: each time to twice their size. */
#ifndef KATRACE_ARRAY_H
#define KATRACE_ARRAY_H

#include <stddef.h>

/*
 * Makes room for one more item in an array of n items (NULL: empty). Returns the array, which may have moved, or NULL
 * when out of memory; then nothing has changed. *room is the number of items that fit.
 */
void *array_grow(void *items, size_t n, size_t *room, size_t item_size);

#endif
