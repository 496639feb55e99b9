// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The timeline: which entries are merged, which are kept, and its maximum size. */
#include "unit.h"

#include "model/timeline.h"

static void probe(struct timeline *t, uint32_t number, uint64_t time_ns)
{
	const struct entry entry = {
		.kind = ENTRY_PROBE,
		.time_ns = time_ns,
		.end_ns = time_ns,
		.count = 1,
		.number = number,
		.limit = 3,
	};

	assert_int_equal(timeline_add(t, &entry), 0);
}

static void answered_probes_fold(void **state)
{
	struct timeline t = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 240; i++) {
		probe(&t, 1, i * 30 * SECOND);
		timeline_answer(&t, 300 + i);
	}
	assert_int_equal(t.n, 1);
	assert_int_equal(t.entries[0].kind, ENTRY_ANSWERED_RUN);
	assert_int_equal(t.entries[0].count, 240);
	assert_int_equal(t.entries[0].time_ns, 0);
	assert_int_equal(t.entries[0].end_ns, 239 * 30 * SECOND);
	assert_int_equal(t.entries[0].rtt_min_us, 300);
	assert_int_equal(t.entries[0].rtt_max_us, 539);
	assert_in_range(t.entries[0].rtt_median_us, 405, 435);
	timeline_clear(&t);
}

static void median_of_few_is_exact(void **state)
{
	static const uint32_t rtts[] = { 900, 100, 500, 300, 700 };
	struct timeline t = { 0 };

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		probe(&t, 1, i * SECOND);
		timeline_answer(&t, rtts[i]);
	}
	assert_int_equal(t.entries[0].rtt_median_us, 500);
	timeline_clear(&t);
}

static void unanswered_probes_stand_alone(void **state)
{
	struct timeline t = { 0 };

	(void)state;
	probe(&t, 1, 0);
	timeline_answer(&t, 300);
	probe(&t, 1, 30 * SECOND);
	probe(&t, 2, 35 * SECOND);
	timeline_answer(&t, 400);
	probe(&t, 1, 65 * SECOND);
	timeline_answer(&t, 500);
	assert_int_equal(t.n, 4);
	assert_int_equal(t.entries[0].kind, ENTRY_ANSWERED_RUN);
	assert_int_equal(t.entries[1].kind, ENTRY_PROBE);
	assert_false(t.entries[1].answered);
	assert_int_equal(t.entries[2].kind, ENTRY_PROBE);
	assert_true(t.entries[2].answered);
	assert_int_equal(t.entries[3].kind, ENTRY_ANSWERED_RUN);
	assert_int_equal(t.entries[3].count, 1);
	assert_int_equal(t.entries[3].rtt_median_us, 500);
	timeline_clear(&t);
}

static void late_answers_have_no_round_trip(void **state)
{
	struct timeline t = { 0 };

	(void)state;
	probe(&t, 1, 0);
	timeline_answer(&t, 0);
	probe(&t, 1, 30 * SECOND);
	timeline_answer(&t, 300);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.entries[0].count, 2);
	assert_int_equal(t.entries[0].n_rtts, 1);
	assert_int_equal(t.entries[0].rtt_max_us, 300);
	timeline_clear(&t);
}

static void refused_probes_join(void **state)
{
	struct timeline t = { 0 };
	struct entry entry = { .kind = ENTRY_DROPPED, .count = 1, .number = 1, .limit = 3 };

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		entry.time_ns = entry.end_ns = i * SECOND / 2;
		assert_int_equal(timeline_add(&t, &entry), 0);
	}
	assert_int_equal(t.n, 1);
	assert_int_equal(t.entries[0].count, 1000);
	assert_int_equal(t.entries[0].end_ns, 999 * SECOND / 2);
	timeline_clear(&t);
}

static void stays_bounded(void **state)
{
	struct timeline t = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		probe(&t, 1 + i % 3, i * SECOND);
	assert_int_equal(t.n, TIMELINE_ENTRIES_MAX);
	assert_int_equal(t.left_out, 1000 - TIMELINE_ENTRIES_MAX);
	assert_int_equal(t.entries[TIMELINE_FIRST_KEPT - 1].time_ns, (TIMELINE_FIRST_KEPT - 1) * SECOND);
	assert_int_equal(t.entries[t.n - 1].time_ns, 999 * SECOND);
	timeline_clear(&t);
}

static void suppression_ends_once(void **state)
{
	const struct entry entry = { .kind = ENTRY_SUPPRESSED, .time_ns = SECOND, .unacked_bytes = 11 };
	struct timeline t = { 0 };

	(void)state;
	assert_int_equal(timeline_add(&t, &entry), 0);
	timeline_end_suppressed(&t, 3 * SECOND);
	timeline_end_suppressed(&t, 5 * SECOND);
	assert_int_equal(t.entries[0].end_ns, 3 * SECOND);
	timeline_clear(&t);
}

static void one_nobody_asks_for_is_empty(void **state)
{
	struct timeline timeline = { .off = true };
	const struct entry entry = { .kind = ENTRY_PROBE, .number = 1 };

	(void)state;
	assert_int_equal(timeline_add(&timeline, &entry), 0);
	timeline_answer(&timeline, 5);
	timeline_end_suppressed(&timeline, SECOND);
	assert_int_equal(timeline.n, 0);
	assert_null(timeline.entries);
	timeline_clear(&timeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answered_probes_fold),          cmocka_unit_test(median_of_few_is_exact),
		cmocka_unit_test(unanswered_probes_stand_alone), cmocka_unit_test(late_answers_have_no_round_trip),
		cmocka_unit_test(refused_probes_join),           cmocka_unit_test(stays_bounded),
		cmocka_unit_test(suppression_ends_once),         cmocka_unit_test(one_nobody_asks_for_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
