// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The model: connections whose timer should have fired, and whose end was perhaps not recorded. */
#include "world.h"

#define NOTHING_DUE UINT64_MAX

/* What is overdue then; 0: nothing. */
static uint64_t overdue(struct world *w, uint64_t now)
{
	uint64_t socks[4];
	const size_t n = model_look_ns(w->model) <= now ? model_overdue(w->model, now, socks, 4) : 0;

	assert_true(n <= 1);
	return n ? socks[0] : 0;
}

static void gone(struct world *w, uint64_t sock, uint64_t now)
{
	assert_int_equal(model_looked(w->model, sock, NULL, now, false), 0);
}

static struct world *world_of_probe(uint64_t *time)
{
	struct world *w = world_new(10);

	*time = 2 * SECOND;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, *time));
	expect(w, "configured [42]\nsent 1/3 [42]\n");
	return w;
}

/* An unanswered probe: the next firing comes 5 s later. Gone is only what is gone a second later, too. */
static void an_end_that_was_not_seen(void **state)
{
	uint64_t t;
	struct world *w = world_of_probe(&t);

	(void)state;
	assert_int_equal(overdue(w, t + 5 * SECOND), 0);
	assert_int_equal(overdue(w, t + 8 * SECOND), 1);
	gone(w, 1, t + 8 * SECOND);
	expect(w, "");
	assert_int_equal(overdue(w, t + 8 * SECOND + 500 * MS), 0);
	assert_int_equal(overdue(w, t + 10 * SECOND), 1);
	gone(w, 1, t + 10 * SECOND);
	walk(w, 1, 42, t + 10 * SECOND);
	expect(w, "lost hook 1\nended unseen 0 [42]\n-- ended, 1 entries\n");
	assert_int_equal(model_counts(w->model).lost_hook, 1);
	assert_int_equal(model_counts(w->model).timeouts, 0);
	assert_int_equal(model_look_ns(w->model), NOTHING_DUE);
	gone(w, 1, t + 11 * SECOND); /* it is known already */
	world_free(w);
}

/* It is counted where the record was lost. */
static void lost_with_other_records(void **state)
{
	uint64_t t;
	struct world *w = world_of_probe(&t);

	(void)state;
	model_lost(w->model, LOST_RING, 7, t + SECOND);
	assert_int_equal(overdue(w, t + 8 * SECOND), 1);
	gone(w, 1, t + 8 * SECOND);
	assert_int_equal(overdue(w, t + 10 * SECOND), 1);
	gone(w, 1, t + 10 * SECOND);
	walk(w, 1, 42, t + 10 * SECOND);
	expect(w, "lost ring 7\nended unseen 0 [42]\n-- ended, 1 entries\n");
	assert_int_equal(model_counts(w->model).lost_hook, 0);
	world_free(w);
}

/* Its end was on its way, or it still lives. */
static void a_record_came_after_all(void **state)
{
	uint64_t t;
	struct world *w = world_of_probe(&t);

	(void)state;
	assert_int_equal(overdue(w, t + 8 * SECOND), 1);
	gone(w, 1, t + 8 * SECOND);
	observe(w, make_probe(1, 2, t + 8 * SECOND));
	expect(w, "sent 2/3 [42]\n");
	assert_int_equal(overdue(w, t + 10 * SECOND), 0);
	assert_int_equal(overdue(w, t + 16 * SECOND), 1);
	gone(w, 1, t + 16 * SECOND);
	observe(w, make_timeout(1, 2, t + 17 * SECOND));
	walk(w, 0, 0, t + 17 * SECOND);
	expect(w, "ended keepalive_timeout 110 [42]\n-- ended, 2 entries\n");
	assert_int_equal(model_look_ns(w->model), NOTHING_DUE);
	world_free(w);
}

/* What the look shows is taken as it is: the peer was heard, data is in flight, keepalive is off. */
static void still_there(void **state)
{
	uint64_t t;
	struct world *w = world_of_probe(&t);
	struct sighting s = make_sighting(KATRACE_SETTLED, 1, t + 8 * SECOND);

	(void)state;
	assert_int_equal(overdue(w, t + 8 * SECOND), 1);
	s.unacked_bytes = 5;
	s.silent_us = 5 * 1000000ULL;
	assert_int_equal(model_looked(w->model, 1, &s, s.time_ns, false), 0);
	expect(w, "");
	assert_int_equal(overdue(w, t + 14 * SECOND), 0);
	assert_int_equal(overdue(w, t + 16 * SECOND), 1);
	s.time_ns = t + 16 * SECOND;
	s.unacked_bytes = 0;
	s.settings.enabled = false;
	assert_int_equal(model_looked(w->model, 1, &s, s.time_ns, false), 0);
	walk(w, 1, 42, s.time_ns);
	expect(w, "configured off [42]\nanswered 1 in 11004000 late [42]\n");
	assert_int_equal(model_look_ns(w->model), NOTHING_DUE);
	model_finish(w->model, t + 99 * SECOND);
	expect(w, "-- open, 2 entries\n");
	world_free(w);
}

/* After an answer it may be quiet for twice the idle time. The sock is another connection's by now. */
static void after_an_answer(void **state)
{
	uint64_t t;
	struct world *w = world_of_probe(&t);
	struct sighting other = make_sighting(KATRACE_SETTLED, 1, t + 80 * SECOND);

	(void)state;
	observe(w, make_answer(1, 1, t + 1000));
	expect(w, "answered 1 in 1 [42]\n");
	other.id.inode = 4711;
	assert_int_equal(overdue(w, t + 60 * SECOND), 0);
	assert_int_equal(overdue(w, t + 80 * SECOND), 1);
	model_looked(w->model, 1, &other, t + 80 * SECOND, false);
	other.id.inode = 0;
	other.state = TCP_CLOSE;
	assert_int_equal(overdue(w, t + 82 * SECOND), 1);
	model_looked(w->model, 1, &other, t + 82 * SECOND, false);
	model_tick(w->model, t + 90 * SECOND);
	expect(w, "lost hook 1\nended unseen 0 [42]\n-- ended, 1 entries\n");
	world_free(w);
}

/* A walk meets another connection in its sock: its end is still in the ring. */
static void its_sock_is_met_again(void **state)
{
	uint64_t t;
	struct world *w = world_of_probe(&t);
	struct sighting other = make_sighting(KATRACE_SETTLED, 1, t + SECOND);

	(void)state;
	other.id.inode = 4711;
	assert_int_equal(model_meet(w->model, &other, 0, other.time_ns), 0);
	observe(w, make_timeout(1, 1, t + SECOND));
	expect(w, "ended keepalive_timeout 110 [42]\n-- ended, 1 entries\n");
	world_free(w);
}

/* The kernel side left out the records of one that did not match: nothing of it is due. */
static void not_of_others(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	assert_int_equal(filter_add_pid(w->filter, 42, 0), 0);
	walk(w, 0, 0, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	walk(w, 0, 0, 3 * SECOND);
	expect(w, "unwanted 1\n");
	observe(w, make_probe(1, 2, 8 * SECOND));
	assert_int_equal(model_look_ns(w->model), NOTHING_DUE);
	world_free(w);
}

/* At the end of a run those are looked at whose timer should have fired, and they are not looked at twice. */
static void at_the_end_of_a_run(void **state)
{
	uint64_t t, socks[4];
	struct world *w = world_of_probe(&t);

	(void)state;
	observe(w, make_probe(2, 1, t + 3 * SECOND));
	walk(w, 2, 42, t + 3 * SECOND);
	expect(w, "configured [42]\nsent 1/3 [42]\n");
	assert_int_equal(overdue(w, t + 5 * SECOND), 0);
	model_hurry(w->model, t + 5 * SECOND);
	assert_int_equal(model_overdue(w->model, t + 5 * SECOND, socks, 4), 1);
	assert_int_equal(socks[0], 1);
	assert_int_equal(model_looked(w->model, 1, NULL, t + 5 * SECOND, true), 0);
	assert_int_equal(model_overdue(w->model, t + 5 * SECOND, socks, 4), 0);
	model_finish(w->model, t + 6 * SECOND);
	expect(w, "lost hook 1\nended unseen 0 [42]\n-- ended, 1 entries\n-- open, 1 entries\n");
	world_free(w);
}

/* Hundreds at once, hours ahead: each is due in its time, and none is forgotten. */
static void many_are_due(void **state)
{
	uint64_t socks[100], now = 10 * SECOND;
	struct world *w = world_new(1000);
	struct sighting s;
	size_t n = 0;

	(void)state;
	for (uint64_t sock = 1; sock <= 500; sock++) {
		s = make_probe(sock, 1, now);
		s.id.inode = 0;
		s.orphan = true;
		s.settings.interval_s = 20 * (uint32_t)sock;
		observe(w, s);
	}
	for (size_t more; model_look_ns(w->model) != NOTHING_DUE; n += more) {
		now = model_look_ns(w->model) > now ? model_look_ns(w->model) : now;
		more = model_overdue(w->model, now, socks, 100);
		for (size_t i = 0; i < more; i++)
			assert_in_range(now, (10 + 20 * socks[i]) * SECOND, (10 + 23 * socks[i] + 4) * SECOND);
	}
	assert_int_equal(n, 500);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_end_that_was_not_seen),
		cmocka_unit_test(lost_with_other_records),
		cmocka_unit_test(a_record_came_after_all),
		cmocka_unit_test(still_there),
		cmocka_unit_test(after_an_answer),
		cmocka_unit_test(not_of_others),
		cmocka_unit_test(its_sock_is_met_again),
		cmocka_unit_test(at_the_end_of_a_run),
		cmocka_unit_test(many_are_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
