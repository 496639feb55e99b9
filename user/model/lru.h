/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Items by key, and in the order of their last use, so that a caller who keeps a bounded number of them, or those of
 * the last minute, knows which to forget. The caller owns the items.
 */
#ifndef KATRACE_LRU_H
#define KATRACE_LRU_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* Must be the first member of each item. */
struct lru_item {
	uint32_t number;
	TAILQ_ENTRY(lru_item) by_use;
};

struct lru;

/* The key of an item is the key_size bytes at offset key_at; it must not change. NULL when out of memory. */
struct lru *lru_new(size_t key_at, size_t key_size);

/* NULL is fine. Does not free the items. */
void lru_free(struct lru *lru);

/* The item with this key; NULL: there is none. Does not count as a use. */
void *lru_find(const struct lru *lru, const void *key);

/* Adds an item with a new key as the most recently used one. Returns 0 or -ENOMEM. */
int lru_add(struct lru *lru, void *item);

/* Makes it the most recently used one. */
void lru_use(struct lru *lru, void *item);

/* Removes an item that is in it. */
void lru_remove(struct lru *lru, void *item);

/* The least recently used item; NULL: there is none. */
void *lru_oldest(const struct lru *lru);

size_t lru_count(const struct lru *lru);

/* Replaces the order of use by that of compare(): the first becomes the oldest. */
void lru_sort(struct lru *lru, int (*compare)(const void *a, const void *b));

#endif
