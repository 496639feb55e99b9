/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Arrays that grow: each time to twice their size. */
#ifndef KATRACE_ARRAY_H
#define KATRACE_ARRAY_H

#include <stddef.h>

/*
 * An array of n items with room for one more: items itself (NULL: none yet), or what it has moved to. *room is for how
 * many there is memory. NULL when out of memory; then nothing has changed.
 */
void *array_grow(void *items, size_t n, size_t *room, size_t item_size);

#endif
