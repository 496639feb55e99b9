// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64

uint32_t table_find(const struct table *table, uint64_t hash, const void *key)
{
	size_t at;

	if (!table->room)
		return TABLE_NONE;
	for (at = hash & (table->room - 1); table->slots[at]; at = (at + 1) & (table->room - 1))
		if (table->keys.is(table->keys.ctx, table->slots[at] - 1, key))
			return table->slots[at] - 1;
	return TABLE_NONE;
}

static void place(struct table *table, uint32_t number)
{
	size_t at = table->keys.hash(table->keys.ctx, number) & (table->room - 1);

	while (table->slots[at])
		at = (at + 1) & (table->room - 1);
	table->slots[at] = number + 1;
}

static int grow(struct table *table)
{
	struct table larger = *table;

	larger.room = table->room ? 2 * table->room : FIRST_ROOM;
	larger.slots = calloc(larger.room, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	for (size_t at = 0; at < table->room; at++)
		if (table->slots[at])
			place(&larger, table->slots[at] - 1);
	free(table->slots);
	*table = larger;
	return 0;
}

/* At most half full: every step of a search that is too long reads what a number stands for, which no cache has. */
int table_add(struct table *table, uint32_t number)
{
	if (table->used >= table->room / 2 && grow(table))
		return -ENOMEM;
	place(table, number);
	table->used++;
	return 0;
}

/* The slot of a number that is in the table. */
static size_t slot_of(const struct table *table, uint32_t number)
{
	size_t at = table->keys.hash(table->keys.ctx, number) & (table->room - 1);

	while (table->slots[at] != number + 1)
		at = (at + 1) & (table->room - 1);
	return at;
}

/* Following numbers move up if the hole is on their search path, so that no search ends at the hole. */
void table_remove(struct table *table, uint32_t number)
{
	const size_t mask = table->room - 1;
	size_t hole = slot_of(table, number), home;

	for (size_t at = (hole + 1) & mask; table->slots[at]; at = (at + 1) & mask) {
		home = table->keys.hash(table->keys.ctx, table->slots[at] - 1) & mask;
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		table->slots[hole] = table->slots[at];
		hole = at;
	}
	table->slots[hole] = 0;
	table->used--;
}

void table_renumber(struct table *table, uint32_t from, uint32_t to)
{
	table->slots[slot_of(table, from)] = to + 1;
}

void table_clear(struct table *table)
{
	free(table->slots);
	table->slots = NULL;
	table->room = table->used = 0;
}

void table_empty(struct table *table)
{
	if (table->used)
		memset(table->slots, 0, table->room * sizeof(*table->slots));
	table->used = 0;
}

/* The multiply and shift of splitmix64 */
static uint64_t mix(uint64_t hash)
{
	hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
	hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
	return hash ^ (hash >> 31);
}

uint64_t table_hash(uint64_t seed, const void *bytes, size_t n)
{
	const char *at = bytes;
	uint64_t hash = seed, word;

	for (; n >= sizeof(word); at += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = mix(hash ^ word);
	}
	word = 0;
	memcpy(&word, at, n);
	return mix(hash ^ word ^ (uint64_t)n << 56);
}
