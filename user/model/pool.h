/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Items of one size, each stored once however often it is put, numbered 0, 1, 2... */
#ifndef KATRACE_POOL_H
#define KATRACE_POOL_H

#include <stddef.h>
#include <stdint.h>

struct pool;

/* seed: see table_hash(). NULL when out of memory. */
struct pool *pool_new(size_t item_size, uint64_t seed);

/* NULL is fine. */
void pool_free(struct pool *pool);

/* Gets the item's number; stores a copy if it is new. Items are compared byte by byte. Returns 0, or -ENOMEM: then
 * nothing has changed. */
int pool_put(struct pool *pool, const void *item, uint32_t *number);

/* Valid until the next pool_put(). */
const void *pool_get(const struct pool *pool, uint32_t number);

#endif
