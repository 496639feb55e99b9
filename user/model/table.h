/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A hash table of numbers that stores nothing but the numbers, 4 bytes a place: what a number stands for is kept by the
 * caller, who compares and hashes it.
 */
#ifndef KATRACE_TABLE_H
#define KATRACE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_NONE UINT32_MAX

struct table_keys {
	uint64_t (*hash)(const void *ctx, uint32_t number);
	bool (*is)(const void *ctx, uint32_t number, const void *key);
	const void *ctx;
};

struct table {
	struct table_keys keys;
	uint32_t *slots; /* number + 1; 0: empty */
	size_t room;     /* a power of two, or 0 */
	size_t used;
};

/* The number whose key it is, TABLE_NONE if there is none. hash is the key's. */
uint32_t table_find(const struct table *table, uint64_t hash, const void *key);

/* Adds a number that is not there yet. Returns 0 or -ENOMEM. */
int table_add(struct table *table, uint32_t number);

/* Removes a number that is there; its key must still be known. */
void table_remove(struct table *table, uint32_t number);

/* What was from is now to; both have the same key at this moment. */
void table_renumber(struct table *table, uint32_t from, uint32_t to);

/* Forgets all numbers; as many can be added again without fail. */
void table_empty(struct table *table);

/* Forgets all numbers, and gives the memory back. */
void table_clear(struct table *table);

/* Of n bytes. Who does not know the seed cannot make hashes collide at will. */
uint64_t table_hash(uint64_t seed, const void *bytes, size_t n);

#endif
