// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Guesses which word was meant. */
#include "unit.h"

#include "cli/nearest.h"

static void distances(void **state)
{
	static const char long_word[] = "a-word-that-is-longer-than-all-names";

	(void)state;
	assert_int_equal(edit_distance("count", "count"), 0);
	assert_int_equal(edit_distance("cuont", "count"), 1);
	assert_int_equal(edit_distance("cont", "count"), 1);
	assert_int_equal(edit_distance("counts", "count"), 1);
	assert_int_equal(edit_distance("caunt", "count"), 1);
	assert_int_equal(edit_distance("", "count"), 5);
	assert_int_equal(edit_distance("kitten", "sitting"), 3);
	assert_true(edit_distance(long_word, "count") >= sizeof(long_word) - 1);
}

static const char *nearest_of(const char *typed)
{
	static const char *const words[] = { "list", "trace", "replay", "all", "middlebox-timeout" };
	struct nearest nearest = { .typed = typed };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		nearest_try(&nearest, words[i]);
	return nearest.word;
}

static void only_what_is_near(void **state)
{
	(void)state;
	assert_string_equal(nearest_of("lsit"), "list");
	assert_string_equal(nearest_of("repaly"), "replay");
	assert_string_equal(nearest_of("al"), "all");
	assert_string_equal(nearest_of("midlebox-timout"), "middlebox-timeout");
	assert_null(nearest_of("ls"));
	assert_null(nearest_of("junk"));
	assert_null(nearest_of(""));
	assert_null(nearest_of("a-word-that-is-longer-than-all-names"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances),
		cmocka_unit_test(only_what_is_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
