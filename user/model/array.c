// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/array.h"

#include <stdlib.h>

/* Untouched memory costs nothing, and large arrays grow without being copied. */
#define FIRST_ROOM 256

void *array_grow(void *items, size_t n, size_t *room, size_t item_size)
{
	const size_t more = *room ? 2 * *room : FIRST_ROOM;
	void *grown;

	if (n < *room)
		return items;
	grown = reallocarray(items, more, item_size);
	if (grown)
		*room = more;
	return grown;
}
