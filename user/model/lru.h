/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Items found by their key, and in the order in which they were last used: who keeps a bounded number of them, or those
 * of the last minute, knows which to forget. The items are the caller's.
 */
#ifndef KATRACE_LRU_H
#define KATRACE_LRU_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* The first member of each item. */
struct lru_item {
	uint32_t number;
	TAILQ_ENTRY(lru_item) by_use;
};

struct lru;

/* An item's key is the key_size bytes at key_at in it, and stays as it is. NULL when out of memory. */
struct lru *lru_new(size_t key_at, size_t key_size);

/* NULL is fine. What is still in there stays the caller's. */
void lru_free(struct lru *lru);

/* The item with this key; NULL: there is none. Finding it is no use of it. */
void *lru_find(const struct lru *lru, const void *key);

/* Adds an item whose key is not there yet, as the one used last. Returns 0 or -ENOMEM. */
int lru_add(struct lru *lru, void *item);

/* It is the one used last. */
void lru_use(struct lru *lru, void *item);

void lru_remove(struct lru *lru, void *item);

/* The least recently used; NULL: there is none. */
void *lru_oldest(const struct lru *lru);

size_t lru_count(const struct lru *lru);

/* Forgets when they were used: from now on the first by compare() is the oldest. */
void lru_sort(struct lru *lru, int (*compare)(const void *a, const void *b));

#endif
