// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Recorded lines that come twice, or too late. */
#include "unit.h"

#include "model/sequence.h"

#include <stdio.h>

static void again_and_late(void **state)
{
	struct sequence sequence = { 0 };

	(void)state;
	assert_int_equal(sequence_see(&sequence, "a", 5), SEQUENCE_NEXT);
	assert_int_equal(sequence_see(&sequence, "a", 5), SEQUENCE_AGAIN);
	assert_int_equal(sequence_see(&sequence, "a", 8), SEQUENCE_NEXT);
	assert_int_equal(sequence_see(&sequence, "a", 7), SEQUENCE_LATE);
	assert_int_equal(sequence_see(&sequence, "a", 7), SEQUENCE_AGAIN);
	assert_int_equal(sequence_see(&sequence, "a", 5), SEQUENCE_AGAIN);
}

static void runs_have_numbers_of_their_own(void **state)
{
	struct sequence sequence = { 0 };

	(void)state;
	assert_int_equal(sequence_see(&sequence, "a", 5), SEQUENCE_NEXT);
	assert_int_equal(sequence_see(&sequence, "b", 5), SEQUENCE_NEXT);
	assert_int_equal(sequence_see(&sequence, "b", 4), SEQUENCE_LATE);
	assert_int_equal(sequence_see(&sequence, "a", 6), SEQUENCE_NEXT);
}

/* Beyond it nobody knows whether a line was there before: it is shown rather than dropped. */
static void the_window_ends(void **state)
{
	struct sequence sequence = { 0 };

	(void)state;
	for (uint64_t i = 1; i <= SEQUENCE_WINDOW + 1; i++)
		assert_int_equal(sequence_see(&sequence, "a", i), SEQUENCE_NEXT);
	assert_int_equal(sequence_see(&sequence, "a", 2), SEQUENCE_AGAIN);
	assert_int_equal(sequence_see(&sequence, "a", 1), SEQUENCE_LATE);
	assert_int_equal(sequence_see(&sequence, "a", 1000), SEQUENCE_NEXT);
	assert_int_equal(sequence_see(&sequence, "a", 1000 - SEQUENCE_WINDOW + 1), SEQUENCE_LATE);
	assert_int_equal(sequence_see(&sequence, "a", UINT64_MAX), SEQUENCE_NEXT);
	assert_int_equal(sequence_see(&sequence, "a", UINT64_MAX), SEQUENCE_AGAIN);
}

static void old_runs_are_forgotten(void **state)
{
	struct sequence sequence = { 0 };
	char name[16];

	(void)state;
	for (int i = 0; i <= SEQUENCE_RUNS_MAX; i++) {
		snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(sequence_see(&sequence, name, 3), SEQUENCE_NEXT);
	}
	assert_int_equal(sequence_see(&sequence, "1", 3), SEQUENCE_AGAIN);
	assert_int_equal(sequence_see(&sequence, "0", 3), SEQUENCE_NEXT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(again_and_late),
		cmocka_unit_test(runs_have_numbers_of_their_own),
		cmocka_unit_test(the_window_ends),
		cmocka_unit_test(old_runs_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
