/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A hash table of numbers that stores nothing but the numbers, 4 bytes a place: what a number stands for is kept by the
 * caller, who compares and hashes it.
 */
#ifndef KATRACE_NUMBERS_H
#define KATRACE_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBERS_NONE UINT32_MAX

struct numbers_keys {
	uint64_t (*hash)(const void *ctx, uint32_t number);
	bool (*is)(const void *ctx, uint32_t number, const void *key);
	const void *ctx;
};

struct numbers {
	struct numbers_keys keys;
	uint32_t *slots; /* number + 1; 0: empty */
	size_t room;     /* a power of two, or 0 */
	size_t used;
};

/* The number whose key it is, NUMBERS_NONE if there is none. hash is the key's. */
uint32_t numbers_find(const struct numbers *numbers, uint64_t hash, const void *key);

/* Adds a number that is not there yet. Returns 0 or -ENOMEM. */
int numbers_add(struct numbers *numbers, uint32_t number);

/* Forgets all numbers. */
void numbers_clear(struct numbers *numbers);

/* Of n bytes. Who does not know the seed cannot make hashes collide at will. */
uint64_t numbers_hash(uint64_t seed, const void *bytes, size_t n);

#endif
