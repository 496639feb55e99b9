// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/numbers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64

uint32_t numbers_find(const struct numbers *numbers, uint64_t hash, const void *key)
{
	size_t at;

	if (!numbers->room)
		return NUMBERS_NONE;
	for (at = hash & (numbers->room - 1); numbers->slots[at]; at = (at + 1) & (numbers->room - 1))
		if (numbers->keys.is(numbers->keys.ctx, numbers->slots[at] - 1, key))
			return numbers->slots[at] - 1;
	return NUMBERS_NONE;
}

static void place(struct numbers *numbers, uint32_t number)
{
	size_t at = numbers->keys.hash(numbers->keys.ctx, number) & (numbers->room - 1);

	while (numbers->slots[at])
		at = (at + 1) & (numbers->room - 1);
	numbers->slots[at] = number + 1;
}

static int grow(struct numbers *numbers)
{
	struct numbers larger = *numbers;

	larger.room = numbers->room ? 2 * numbers->room : FIRST_ROOM;
	larger.slots = calloc(larger.room, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	for (size_t at = 0; at < numbers->room; at++)
		if (numbers->slots[at])
			place(&larger, numbers->slots[at] - 1);
	free(numbers->slots);
	*numbers = larger;
	return 0;
}

/* At most seven eighths full. */
int numbers_add(struct numbers *numbers, uint32_t number)
{
	if (numbers->used >= numbers->room - numbers->room / 8 && grow(numbers))
		return -ENOMEM;
	place(numbers, number);
	numbers->used++;
	return 0;
}

void numbers_clear(struct numbers *numbers)
{
	free(numbers->slots);
	numbers->slots = NULL;
	numbers->room = numbers->used = 0;
}

/* The multiply and shift of splitmix64 */
static uint64_t mix(uint64_t hash)
{
	hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
	hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
	return hash ^ (hash >> 31);
}

uint64_t numbers_hash(uint64_t seed, const void *bytes, size_t n)
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
