// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* When retransmission and window probing give up; the numbers are those of Documentation/networking/ip-sysctl.rst. */
#include "model/giving_up.h"

#include "unit.h"

static struct sighting make_stalled(uint32_t retransmits, uint32_t retry_limit)
{
	struct sighting s = make_sighting(KATRACE_SUPPRESSED, 1, SECOND);

	s.unacked_bytes = 11;
	s.retransmits = retransmits;
	s.retry_limit = retry_limit;
	s.rto_ms = 204U << retransmits; /* doubled each time */
	s.next_try_ms = s.rto_ms;       /* just sent */
	s.retransmitting_ms = s.rto_ms - 204 - (retransmits ? 204 : 0);
	return s;
}

/* According to the documentation, tcp_retries2 = 15 means at least 924.6 s, from the first retransmission on. */
static void the_default_is_a_quarter_of_an_hour(void **state)
{
	struct sighting s = make_stalled(0, 15);

	(void)state;
	assert_in_range(gives_up_ms(&s), 924600, 924600 + 120000);
	s = make_stalled(5, 15);
	assert_in_range(gives_up_ms(&s), 924600 - 13000, 924600 + 120000 - 6000);
}

/* Firings at 204 ms x (1, 3, 7, 15, 31, 63): the sixth is 12.648 s after the first, and 12.6 s are allowed. */
static void few_retries(void **state)
{
	struct sighting s = make_stalled(0, 5);

	(void)state;
	assert_int_equal(gives_up_ms(&s), 204 * 63);
	s.rto_ms = s.next_try_ms = 201; /* then the sixth is too early by 0.14 s */
	assert_int_equal(gives_up_ms(&s), 201 * 127);
	s = make_stalled(3, 5);
	assert_int_equal(gives_up_ms(&s), 204 * (8 + 16 + 32));
	s = make_stalled(0, 0);
	assert_int_equal(gives_up_ms(&s), 204 * 3);
}

/* What has passed since the first retransmission counts: 204 ms x (2 + 4 + 8) of the 5 s. */
static void the_past_counts(void **state)
{
	struct sighting s = make_stalled(3, 15);

	(void)state;
	s.settings.user_timeout_ms = 5000;
	assert_int_equal(gives_up_ms(&s), s.next_try_ms + 5000 - 204 * (2 + 4 + 8));
}

/* The last pause is cut, so that the timer fires when the user timeout is over. */
static void a_user_timeout_takes_the_place_of_the_limit(void **state)
{
	struct sighting s = make_stalled(0, 15);

	(void)state;
	s.settings.user_timeout_ms = 5000;
	assert_int_equal(gives_up_ms(&s), 204 + 5000);
	s.settings.user_timeout_ms = 3600000;
	assert_int_equal(gives_up_ms(&s), 204 + 3600000);
}

static void window_probes(void **state)
{
	struct sighting s = make_sighting(KATRACE_SUPPRESSED, 1, SECOND);

	(void)state;
	s.window_probe = true;
	s.queued_bytes = 11;
	s.rto_ms = 204;
	s.next_try_ms = 204;
	s.retry_limit = 5;
	/* the first fires with none unanswered, the sixth with five */
	assert_int_equal(gives_up_ms(&s), 204 * (1 + 2 + 4 + 8 + 16 + 32));
	s.settings.user_timeout_ms = 4000;
	assert_int_equal(gives_up_ms(&s), 4000);
	s.probes_out = 5; /* whichever comes first */
	assert_int_equal(gives_up_ms(&s), 204);
}

/* 204 ms x 512 is the longest that is no more than two minutes. */
static void pauses_of_window_probes_double_up_to_two_minutes(void **state)
{
	struct sighting s = make_sighting(KATRACE_SUPPRESSED, 1, SECOND);

	(void)state;
	s.window_probe = true;
	s.rto_ms = 204;
	s.probes_out = 9;
	s.backoff = 8;
	s.retry_limit = 12;
	assert_int_equal(gives_up_ms(&s), 204 * 512 + 2 * 120000);
	s.probes_out = 1; /* and no further than tcp_retries2, which may have been lowered */
	s.backoff = s.retry_limit = 3;
	assert_int_equal(gives_up_ms(&s), 2 * 204 * 8);
}

/* tcp_orphan_retries(): 0 means 8, which is 102.2 s; 204 ms x (1, 3, 7 ... 511) are 104.244 s. */
static void orphans_have_a_limit_of_their_own(void **state)
{
	struct sighting s = make_stalled(0, 15);

	(void)state;
	s.orphan = true;
	assert_int_equal(gives_up_ms(&s), 204 * 511);
	s.rto_ms = s.next_try_ms = 204;
	s.orphan_retries = 1; /* 0.6 s */
	assert_int_equal(gives_up_ms(&s), 204 * 7);
	s.soft_error = true; /* matters only when the timeout has grown to its limit */
	assert_int_equal(gives_up_ms(&s), 204 * 7);
	s = make_stalled(6, 15);
	s.orphan = true;
	s.orphan_retries = 1; /* long over: the next firing ends it */
	assert_int_equal(gives_up_ms(&s), s.next_try_ms);
	s.settings.user_timeout_ms = 60000;
	assert_int_equal(gives_up_ms(&s), 60000 - s.retransmitting_ms);
}

/* With tcp_rto_max_ms at 1 s: pauses of 204, 408, 816 ms, then 1 s; an orphan whose timeout is 1 s gets no more tries.
 */
static void a_short_rto(void **state)
{
	struct sighting s = make_stalled(0, 5);

	(void)state;
	s.rto_max_ms = 1000;
	assert_int_equal(gives_up_ms(&s), 204 * 7 + 4000); /* (7 + 2) x 200 ms and 3 s are 4.4 s */
	s.orphan = true;
	assert_int_equal(gives_up_ms(&s), 204 * 7 + 1000);
	s.orphan_retries = 4; /* unless they are counted: 1.4 + 2 s */
	assert_int_equal(gives_up_ms(&s), 204 * 7 + 3000);
	s.soft_error = true; /* and no router has said that the peer is unreachable */
	assert_int_equal(gives_up_ms(&s), 204 * 7 + 1000);
	s.rto_ms = 1000;
	s.retransmits = 20;
	s.retransmitting_ms = 17500;
	assert_int_equal(gives_up_ms(&s), 204);
}

static void window_probes_of_orphans(void **state)
{
	struct sighting s = make_sighting(KATRACE_SUPPRESSED, 1, SECOND);

	(void)state;
	s.window_probe = s.orphan = true;
	s.queued_bytes = 11;
	s.rto_ms = s.next_try_ms = 204;
	s.retry_limit = 15;
	assert_int_equal(gives_up_ms(&s), 204 * 511);
	s.orphan_retries = 2;
	assert_int_equal(gives_up_ms(&s), 204 * 7);
	s.orphan_retries = 0;
	s.rto_max_ms = 1000; /* 204 ms << 3 is longer: no more probes */
	assert_int_equal(gives_up_ms(&s), 204 * 7 + 1000);
}

/* Impossible values must not cause an endless loop. */
static void nonsense_ends(void **state)
{
	struct sighting s = make_stalled(0, 255);

	(void)state;
	s.rto_ms = 0;
	s.retransmits = 255;
	assert_true(gives_up_ms(&s) > 0);
	s.window_probe = true;
	s.backoff = 255;
	assert_true(gives_up_ms(&s) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_is_a_quarter_of_an_hour),
		cmocka_unit_test(few_retries),
		cmocka_unit_test(a_user_timeout_takes_the_place_of_the_limit),
		cmocka_unit_test(the_past_counts),
		cmocka_unit_test(window_probes),
		cmocka_unit_test(pauses_of_window_probes_double_up_to_two_minutes),
		cmocka_unit_test(orphans_have_a_limit_of_their_own),
		cmocka_unit_test(a_short_rto),
		cmocka_unit_test(window_probes_of_orphans),
		cmocka_unit_test(nonsense_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
