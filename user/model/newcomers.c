// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/newcomers.h"

#include "model/table.h"

#include <stdlib.h>

/* Longer than the idle time that Linux uses unless it is told another: by then most that live were seen again. */
#define FORGET_NS (3ULL * 3600 * 1000000000)

struct newcomers {
	struct lru *lru;
	uint64_t max;
};

struct newcomers *newcomers_new(uint64_t max)
{
	struct newcomers *newcomers = calloc(1, sizeof(*newcomers));

	if (!newcomers)
		return NULL;
	newcomers->max = max;
	newcomers->lru = lru_new(offsetof(struct newcomer, key), sizeof(uint64_t));
	if (newcomers->lru)
		return newcomers;
	free(newcomers);
	return NULL;
}

void newcomers_clear(struct newcomers *newcomers)
{
	while (lru_count(newcomers->lru))
		newcomers_remove(newcomers, lru_oldest(newcomers->lru));
}

void newcomers_free(struct newcomers *newcomers)
{
	if (!newcomers)
		return;
	newcomers_clear(newcomers);
	lru_free(newcomers->lru);
	free(newcomers);
}

/* The address is the seed: it differs from run to run. */
uint64_t newcomers_key(const struct newcomers *newcomers, const void *identity, size_t n)
{
	return table_hash((uintptr_t)newcomers, identity, n);
}

struct newcomer *newcomers_find(const struct newcomers *newcomers, uint64_t key)
{
	return lru_find(newcomers->lru, &key);
}

static void make_room(struct newcomers *newcomers, uint64_t now_ns)
{
	struct newcomer *oldest = lru_oldest(newcomers->lru);

	if (oldest && lru_count(newcomers->lru) >= newcomers->max && oldest->seen_ns + FORGET_NS < now_ns)
		newcomers_remove(newcomers, oldest);
}

struct newcomer *newcomers_add(struct newcomers *newcomers, uint64_t key, uint64_t now_ns)
{
	struct newcomer *added;

	make_room(newcomers, now_ns);
	if (lru_count(newcomers->lru) >= newcomers->max)
		return NULL;
	added = calloc(1, sizeof(*added));
	if (!added)
		return NULL;
	added->key = key;
	added->first_ns = now_ns;
	added->seen_ns = now_ns;
	if (!lru_add(newcomers->lru, added))
		return added;
	free(added);
	return NULL;
}

void newcomers_use(struct newcomers *newcomers, struct newcomer *newcomer, uint64_t now_ns)
{
	newcomer->seen_ns = now_ns;
	lru_use(newcomers->lru, newcomer);
}

void newcomers_remove(struct newcomers *newcomers, struct newcomer *newcomer)
{
	if (!newcomer)
		return;
	lru_remove(newcomers->lru, newcomer);
	free(newcomer);
}
