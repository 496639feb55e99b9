/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A hash table that stores only numbers, 4 bytes each. The caller keeps what a number stands for, and compares and
 * hashes it.
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

/* The number with this key, or TABLE_NONE. hash is the hash of the key. */
uint32_t table_find(const struct table *table, uint64_t hash, const void *key);

/* Adds a number that is not in the table. Returns 0 or -ENOMEM. */
int table_add(struct table *table, uint32_t number);

/* Removes a number that is in the table; the caller must still have its key. */
void table_remove(struct table *table, uint32_t number);

/* Replaces the number from by to; both must have the same key during the call. */
void table_renumber(struct table *table, uint32_t from, uint32_t to);

/* Removes all numbers and keeps the memory: adding as many again cannot fail. */
void table_empty(struct table *table);

/* Removes all numbers and frees the memory. */
void table_clear(struct table *table);

/* The hash of n bytes. Without knowing the seed, nobody can produce collisions deliberately. */
uint64_t table_hash(uint64_t seed, const void *bytes, size_t n);

#endif
