// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/lru.h"

#include "model/array.h"
#include "model/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct lru {
	size_t key_at, key_size;
	struct lru_item **items; /* by number, without gaps */
	size_t n, room;
	struct table table;
	TAILQ_HEAD(by_use, lru_item) by_use; /* the least recently used first */
};

/* --- keys --- */

/* The address of the lru is the seed: it differs from run to run. */
static uint64_t hash_key(const struct lru *lru, const void *key)
{
	return table_hash((uintptr_t)lru, key, lru->key_size);
}

static const void *key_of(const struct lru *lru, uint32_t number)
{
	return (const char *)lru->items[number] + lru->key_at;
}

static uint64_t hash_number(const void *ctx, uint32_t number)
{
	return hash_key(ctx, key_of(ctx, number));
}

static bool is_number(const void *ctx, uint32_t number, const void *key)
{
	const struct lru *lru = ctx;

	return memcmp(key_of(lru, number), key, lru->key_size) == 0;
}

/* --- beginning and ending --- */

struct lru *lru_new(size_t key_at, size_t key_size)
{
	struct lru *lru = calloc(1, sizeof(*lru));

	if (!lru)
		return NULL;
	lru->key_at = key_at;
	lru->key_size = key_size;
	lru->table.keys = (struct table_keys){ hash_number, is_number, lru };
	TAILQ_INIT(&lru->by_use);
	return lru;
}

void lru_free(struct lru *lru)
{
	if (!lru)
		return;
	table_clear(&lru->table);
	free(lru->items);
	free(lru);
}

/* --- items --- */

void *lru_find(const struct lru *lru, const void *key)
{
	const uint32_t number = table_find(&lru->table, hash_key(lru, key), key);

	return number == TABLE_NONE ? NULL : lru->items[number];
}

int lru_add(struct lru *lru, void *item)
{
	struct lru_item **items = array_grow(lru->items, lru->n, &lru->room, sizeof(struct lru_item *));
	struct lru_item *added = item;

	if (!items)
		return -ENOMEM;
	lru->items = items;
	if (lru->n >= TABLE_NONE)
		return -ENOMEM;
	added->number = (uint32_t)lru->n;
	items[lru->n] = added;
	if (table_add(&lru->table, added->number))
		return -ENOMEM;
	lru->n++;
	TAILQ_INSERT_TAIL(&lru->by_use, added, by_use);
	return 0;
}

void lru_use(struct lru *lru, void *item)
{
	struct lru_item *used = item;

	TAILQ_REMOVE(&lru->by_use, used, by_use);
	TAILQ_INSERT_TAIL(&lru->by_use, used, by_use);
}

/* The last item takes the free number. */
void lru_remove(struct lru *lru, void *item)
{
	struct lru_item *removed = item, *last = lru->items[lru->n - 1];

	table_remove(&lru->table, removed->number);
	TAILQ_REMOVE(&lru->by_use, removed, by_use);
	if (last != removed) {
		table_renumber(&lru->table, last->number, removed->number);
		last->number = removed->number;
		lru->items[last->number] = last;
	}
	lru->n--;
}

void *lru_oldest(const struct lru *lru)
{
	return TAILQ_FIRST(&lru->by_use);
}

size_t lru_count(const struct lru *lru)
{
	return lru->n;
}

static int compare_items(const void *a, const void *b, void *ctx)
{
	int (*const *compare)(const void *a, const void *b) = ctx;

	return (*compare)(*(const void *const *)a, *(const void *const *)b);
}

void lru_sort(struct lru *lru, int (*compare)(const void *a, const void *b))
{
	if (!lru->n)
		return;
	qsort_r(lru->items, lru->n, sizeof(struct lru_item *), compare_items, &compare);
	table_empty(&lru->table);
	TAILQ_INIT(&lru->by_use);
	for (uint32_t i = 0; i < lru->n; i++) {
		lru->items[i]->number = i;
		table_add(&lru->table, i); /* cannot fail: the room is there */
		TAILQ_INSERT_TAIL(&lru->by_use, lru->items[i], by_use);
	}
}
