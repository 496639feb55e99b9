// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/pool.h"

#include "model/array.h"
#include "model/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct pool {
	size_t item_size;
	uint64_t seed;
	char *items;
	size_t n, room;
	uint32_t last; /* put last: the same item often comes repeatedly */
	struct table table;
};

static uint64_t hash_item(const void *ctx, uint32_t number)
{
	const struct pool *pool = ctx;

	return table_hash(pool->seed, pool_get(pool, number), pool->item_size);
}

static bool is_item(const void *ctx, uint32_t number, const void *key)
{
	const struct pool *pool = ctx;

	return memcmp(pool_get(pool, number), key, pool->item_size) == 0;
}

struct pool *pool_new(size_t item_size, uint64_t seed)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	pool->item_size = item_size;
	pool->seed = seed;
	pool->table.keys = (struct table_keys){ hash_item, is_item, pool };
	return pool;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	table_clear(&pool->table);
	free(pool->items);
	free(pool);
}

static int append(struct pool *pool, const void *item)
{
	char *items = array_grow(pool->items, pool->n, &pool->room, pool->item_size);

	if (!items)
		return -ENOMEM;
	pool->items = items;
	memcpy(items + pool->n * pool->item_size, item, pool->item_size);
	pool->n++;
	return 0;
}

int pool_put(struct pool *pool, const void *item, uint32_t *number)
{
	*number = pool->last;
	if (pool->n && is_item(pool, pool->last, item))
		return 0;
	*number = table_find(&pool->table, table_hash(pool->seed, item, pool->item_size), item);
	if (*number != TABLE_NONE) {
		pool->last = *number;
		return 0;
	}
	if (pool->n >= TABLE_NONE || append(pool, item))
		return -ENOMEM;
	*number = (uint32_t)pool->n - 1;
	if (table_add(&pool->table, *number)) {
		pool->n--;
		return -ENOMEM;
	}
	pool->last = *number;
	return 0;
}

const void *pool_get(const struct pool *pool, uint32_t number)
{
	return pool->items + number * pool->item_size;
}
