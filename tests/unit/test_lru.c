// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The hash table, the pool and the lru. */
#include "unit.h"

#include "model/lru.h"
#include "model/pool.h"
#include "model/table.h"

#include <stdlib.h>

struct item {
	struct lru_item lru;
	uint64_t key;
};

static struct lru *make_lru(void)
{
	return lru_new(offsetof(struct item, key), sizeof(uint64_t));
}

static struct item *add(struct lru *lru, uint64_t key)
{
	struct item *item = calloc(1, sizeof(*item));

	assert_non_null(item);
	item->key = key;
	assert_int_equal(lru_add(lru, item), 0);
	return item;
}

static void drop(struct lru *lru, uint64_t key)
{
	struct item *item = lru_find(lru, &key);

	assert_non_null(item);
	lru_remove(lru, item);
	free(item);
}

static bool is_in(const struct lru *lru, uint64_t key)
{
	const struct item *item = lru_find(lru, &key);

	return item && item->key == key;
}

static uint64_t oldest(const struct lru *lru)
{
	return ((const struct item *)lru_oldest(lru))->key;
}

static void clear(struct lru *lru)
{
	while (lru_count(lru))
		drop(lru, oldest(lru));
	assert_null(lru_oldest(lru));
	lru_free(lru);
}

static void the_one_not_used_for_longest_is_the_oldest(void **state)
{
	struct lru *lru = make_lru();
	struct item *first = add(lru, 1);

	(void)state;
	add(lru, 2);
	add(lru, 3);
	assert_int_equal(oldest(lru), 1);
	assert_true(is_in(lru, 1));
	assert_int_equal(oldest(lru), 1); /* to look is not to use */
	lru_use(lru, first);
	assert_int_equal(oldest(lru), 2);
	drop(lru, 2);
	assert_false(is_in(lru, 2));
	assert_int_equal(oldest(lru), 3);
	clear(lru);
	lru_free(NULL);
}

static int larger_key_first(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return (x->key < y->key) - (x->key > y->key);
}

static void once_sorted_the_first_is_the_oldest(void **state)
{
	struct lru *lru = make_lru();

	(void)state;
	lru_sort(lru, larger_key_first);
	for (uint64_t key = 0; key < 100; key++)
		add(lru, key * 37 % 100);
	lru_sort(lru, larger_key_first);
	for (uint64_t key = 100; key-- > 0;) {
		assert_int_equal(oldest(lru), key);
		drop(lru, key);
	}
	clear(lru);
}

/* Every third goes while others come. */
static void what_is_left_is_found(void **state)
{
	const uint64_t n = 3000;
	struct lru *lru = make_lru();

	(void)state;
	for (uint64_t key = 0; key < n; key++) {
		add(lru, key);
		if (key % 3 == 2)
			drop(lru, key - 1);
	}
	assert_int_equal(lru_count(lru), n - n / 3);
	for (uint64_t key = 0; key < n; key++)
		assert_int_equal(is_in(lru, key), key % 3 != 1);
	clear(lru);
}

/* --- the table, with hashes that collide --- */

static uint64_t low_bits(const void *ctx, uint32_t number)
{
	(void)ctx;
	return number % 8 + 60; /* and go round at the end of its 64 places */
}

static bool is_number(const void *ctx, uint32_t number, const void *key)
{
	(void)ctx;
	return number == *(const uint32_t *)key;
}

static bool holds(const struct table *table, uint32_t number)
{
	return table_find(table, low_bits(NULL, number), &number) == number;
}

static void removing_leaves_no_gap_in_a_search(void **state)
{
	(void)state;
	for (uint32_t gone = 0; gone < 40; gone++) {
		struct table table = { .keys = { low_bits, is_number, NULL } };

		for (uint32_t number = 0; number < 40; number++)
			assert_int_equal(table_add(&table, number), 0);
		table_remove(&table, gone);
		for (uint32_t number = 0; number < 40; number++)
			assert_int_equal(holds(&table, number), number != gone);
		table_clear(&table);
		assert_false(holds(&table, 1));
	}
}

static void a_pool_keeps_each_item_once(void **state)
{
	struct pool *pool = pool_new(sizeof(uint32_t), 1);
	uint32_t number;

	(void)state;
	assert_non_null(pool);
	for (int round = 0; round < 2; round++) {
		for (uint32_t item = 0; item < 1000; item++) {
			assert_int_equal(pool_put(pool, &item, &number), 0);
			assert_int_equal(number, item);
		}
	}
	assert_int_equal(*(const uint32_t *)pool_get(pool, 999), 999);
	pool_free(pool);
	pool_free(NULL);
}

static void hashes_depend_on_the_seed_and_on_every_byte(void **state)
{
	(void)state;
	assert_true(table_hash(1, "123456789", 9) != table_hash(2, "123456789", 9));
	assert_true(table_hash(1, "123456789", 9) != table_hash(1, "123456780", 9));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_one_not_used_for_longest_is_the_oldest),
		cmocka_unit_test(once_sorted_the_first_is_the_oldest),
		cmocka_unit_test(what_is_left_is_found),
		cmocka_unit_test(removing_leaves_no_gap_in_a_search),
		cmocka_unit_test(a_pool_keeps_each_item_once),
		cmocka_unit_test(hashes_depend_on_the_seed_and_on_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
