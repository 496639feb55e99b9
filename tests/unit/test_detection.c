// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* When a dead peer is noticed. */
#include "unit.h"

#include "model/criteria.h"
#include "model/detection.h"

#include <katrace/record.h>
#include <netinet/tcp.h>

static void detection_follows_the_kernels_rule(void **state)
{
	static const struct {
		struct settings settings;
		uint64_t ms;
	} cases[] = {
		{ { true, 5, 3, 3, 0, 0 }, 14000 },
		{ { true, 7200, 75, 9, 0, 0 }, 7875000 },
		{ { true, 1, 11, 3, 5000, 0 }, 22000 },
		{ { true, 1, 11, 3, 12000, 0 }, 22000 },
		{ { true, 1, 11, 3, 12500, 0 }, 23000 },
		{ { true, 30, 5, 3, 1, 0 }, 35000 },
		{ { false, 5, 3, 3, 0, 0 }, 0 },
		/* seen on the running kernel: tests/live/test_detection.c */
		{ { true, 2, 2, 3, 0, 0 }, 8000 },
		{ { true, 3, 1, 2, 0, 0 }, 5000 },
		{ { true, 2, 6, 2, 0, 0 }, 18000 },
		{ { true, 1, 4, 5, 6000, 0 }, 9000 },
		{ { true, 4, 2, 9, 5000, 0 }, 6000 },
		{ { true, 1, 5, 2, 1000, 0 }, 10000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(detection_after_heard(&cases[i].settings), 1000 * cases[i].ms);
}

struct prospect {
	struct settings settings;
	uint64_t silent_s, next_s;
	uint32_t probes_out;
	uint64_t expected_s;
};

static void when_a_dead_peer_is_noticed(void **state)
{
	static const struct settings limit = { true, 30, 5, 3, 0, 0 }, timeout = { true, 30, 5, 3, 42000, 0 },
				     at_once = { true, 30, 0, 3, 0, 0 }, timeout_at_once = { true, 30, 0, 3, 42000, 0 };
	static const struct prospect prospects[] = {
		{ limit, 0, 30, 0, 45 },   /* nothing has happened yet */
		{ limit, 20, 10, 0, 25 },  /* on the way there */
		{ limit, 1, 10, 0, 44 },   /* heard since the timer was set: it will be re-armed */
		{ limit, 100, 10, 0, 25 }, /* keepalive was just switched on */
		{ limit, 32, 3, 1, 13 },   /* a probe is out */
		{ limit, 42, 3, 3, 3 },    /* the last one is */
		{ timeout, 0, 30, 0, 45 }, /* at 35 and 40 s it is not yet over */
		{ timeout, 44, 1, 0, 6 },  /* it is, but one probe must have been sent */
		{ timeout, 44, 1, 1, 1 },
		/* probes are one tick of the kernel's clock apart */
		{ at_once, 0, 30, 0, 30 },
		{ at_once, 31, 0, 2, 0 },
		{ timeout_at_once, 10, 20, 0, 32 },
		{ timeout_at_once, 50, 1, 0, 1 },
	};
	const struct settings off = { false, 30, 5, 3, 0, 0 };
	uint64_t us;

	(void)state;
	for (size_t i = 0; i < sizeof(prospects) / sizeof(prospects[0]); i++) {
		const struct prospect *p = &prospects[i];

		assert_true(detection_from_now(&p->settings, p->silent_s * 1000000, p->next_s * 1000000, p->probes_out,
					       &us));
		assert_int_equal(us, p->expected_s * 1000000);
	}
	assert_false(detection_from_now(&off, 0, 0, 0, &us));
}

/* Since the first probe: what came before it says nothing of the peer now. */
static void something_arrives_but_no_answer(void **state)
{
	static const struct settings on = { true, 30, 5, 3, 0, 0 }, off = { false, 30, 5, 3, 0, 0 };

	(void)state;
	assert_true(detection_is_contradicted(&on, 35000000, 4999999));
	assert_false(detection_is_contradicted(&on, 35000000, 5000000));
	assert_false(detection_is_contradicted(&on, 35000000, 35000000));
	assert_false(detection_is_contradicted(&on, 35000000, 0));
	assert_false(detection_is_contradicted(&off, 35000000, 1));
}

/* A sysctl was lowered, or the interval: the timer that runs does not move. */
static void which_timers_are_old(void **state)
{
	static const struct settings sysctl = { true, 60, 10, 3, 0, KATRACE_IDLE }, own = { true, 60, 10, 3, 0, 0 },
				     slow = { true, 10, 60, 3, 0, 0 };
	static const struct {
		struct settings settings;
		uint64_t silent_ms, next_ms;
		uint32_t probes_out;
		bool old;
	} cases[] = {
		{ sysctl, 0, 7200000, 0, true }, /* lowered from two hours just now */
		{ own, 4000000, 3200000, 0, true },
		{ sysctl, 60, 59940, 0, false }, /* as it should be, also when it is late, or heard since then */
		{ sysctl, 65000, 0, 0, false },
		{ sysctl, 1000, 20000, 0, false },
		{ sysctl, 30004, 60000, 0, true },  /* lowered from 90 s */
		{ sysctl, 30404, 60000, 0, false }, /* switched on only now */
		{ own, 30004, 60000, 0, false },    /* so is this: a new idle time would have restarted the timer */
		{ own, 65000, 10000, 1, false },
		{ own, 65000, 30000, 1, true },  /* the interval was 40 s */
		{ own, 25000, 35000, 1, false }, /* the idle time was changed from 20 s */
		{ slow, 3, 59997, 0, false },    /* it was answered */
		{ { false, 60, 10, 3, 0, 0 }, 0, 7200000, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(detection_timer_is_old(&cases[i].settings, 1000 * cases[i].silent_ms,
							1000 * cases[i].next_ms, cases[i].probes_out),
				 cases[i].old);
}

/* Which probe of an idle connection comes when a middlebox has forgotten it. */
static void which_probe_is_too_late(void **state)
{
	static const struct {
		struct settings settings;
		uint64_t first_s, timeout_s;
		enum late_probe late;
	} cases[] = {
		{ { true, 50, 75, 9, 0, 0 }, 50, 60, LATE_SECOND },
		{ { true, 50, 60, 9, 0, 0 }, 50, 60, LATE_SECOND }, /* when it comes just then, it is late */
		{ { true, 50, 59, 9, 0, 0 }, 50, 60, LATE_NONE },
		{ { true, 59, 10, 9, 0, 0 }, 59, 60, LATE_NONE },
		{ { true, 59, 0, 9, 0, 0 }, 59, 60, LATE_NONE },
		{ { true, 60, 10, 9, 0, 0 }, 60, 60, LATE_FIRST },
		{ { true, 60, 75, 9, 0, 0 }, 60, 60, LATE_FIRST },
		{ { true, 7200, 75, 9, 0, 0 }, 7200, 350, LATE_FIRST },
		{ { true, 50, 10, 9, 0, KATRACE_IDLE }, 7200, 350, LATE_FIRST }, /* an old timer */
		{ { true, 50, 75, 9, 30000, 0 }, 50, 60, LATE_SECOND },
		{ { false, 50, 10, 9, 0, 0 }, 50, 60, LATE_ALL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint64_t first_us = 1000000 * cases[i].first_s, timeout_us = 1000000 * cases[i].timeout_s;

		assert_int_equal(middlebox_late_probe(&cases[i].settings, first_us, timeout_us), cases[i].late);
		assert_int_equal(middlebox_forgets(TCP_ESTABLISHED, &cases[i].settings, first_us, timeout_us),
				 cases[i].late != LATE_NONE);
		assert_int_equal(middlebox_forgets(TCP_SYN_RECV, &cases[i].settings, first_us, timeout_us),
				 cases[i].late != LATE_NONE);
		assert_false(middlebox_forgets(TCP_SYN_SENT, &cases[i].settings, first_us, timeout_us));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(detection_follows_the_kernels_rule),
		cmocka_unit_test(when_a_dead_peer_is_noticed),
		cmocka_unit_test(something_arrives_but_no_answer),
		cmocka_unit_test(which_timers_are_old),
		cmocka_unit_test(which_probe_is_too_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
