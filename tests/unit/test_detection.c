// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* When a dead peer is noticed. */
#include "unit.h"

#include "model/detection.h"

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
	static const struct settings limit = { true, 30, 5, 3, 0, 0 }, timeout = { true, 30, 5, 3, 42000, 0 };
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
	};
	const struct settings off = { false, 30, 5, 3, 0, 0 }, no_interval = { true, 30, 0, 3, 0, 0 };
	uint64_t us;

	(void)state;
	for (size_t i = 0; i < sizeof(prospects) / sizeof(prospects[0]); i++) {
		const struct prospect *p = &prospects[i];

		assert_true(detection_from_now(&p->settings, p->silent_s * 1000000, p->next_s * 1000000, p->probes_out,
					       &us));
		assert_int_equal(us, p->expected_s * 1000000);
	}
	assert_false(detection_from_now(&off, 0, 0, 0, &us));
	assert_false(detection_from_now(&no_interval, 0, 0, 0, &us));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(detection_follows_the_kernels_rule),
		cmocka_unit_test(when_a_dead_peer_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
