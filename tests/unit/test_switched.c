// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The model with --all: keepalive is switched on and off. */
#include "world.h"

#include <errno.h>

static struct sighting make_switched(bool on, bool was_on, uint64_t time_ns)
{
	struct sighting s = make_sighting(on ? KATRACE_SWITCHED_ON : KATRACE_SWITCHED_OFF, 1, time_ns);

	s.settings.enabled = on;
	s.was_on = was_on;
	return s;
}

static void switched_on_and_off(void **state)
{
	struct world *w = world_new_with(10, true);
	struct sighting closed = make_sighting(KATRACE_CLOSED, 1, 5 * SECOND);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_switched(true, false, 2 * SECOND));
	expect(w, "configured [42]\n");
	observe(w, make_switched(false, true, 3 * SECOND));
	expect(w, "");
	assert_int_equal(model_deadline_ns(w->model), 3 * SECOND + 10 * MS);
	model_tick(w->model, 3 * SECOND + 10 * MS - 1);
	expect(w, "");
	model_tick(w->model, 3 * SECOND + 10 * MS);
	expect(w, "configured off [42]\n");
	assert_int_equal(model_deadline_ns(w->model), UINT64_MAX);
	closed.settings.enabled = false;
	closed.state = TCP_FIN_WAIT2;
	observe(w, closed);
	expect(w, "ended closed_locally 0 [42]\n-- ended, 1 entries\n");
	world_free(w);
}

/* Off and on: two changes, unless keepalive stayed on and only its timer was restarted. */
static void a_changed_idle_time_is_no_switching(void **state)
{
	struct world *w = world_new_with(10, true);
	struct sighting s = make_switched(true, true, 3 * SECOND);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_switched(true, false, 2 * SECOND));
	observe(w, make_switched(false, true, 3 * SECOND));
	s.settings.idle_s = 60;
	observe(w, s);
	expect(w, "configured [42]\nconfigured [42]\n");
	observe(w, make_switched(false, true, 4 * SECOND));
	s.time_ns = 4 * SECOND;
	observe(w, s); /* nothing has changed */
	model_tick(w->model, 5 * SECOND);
	expect(w, "");
	observe(w, make_switched(false, true, 5 * SECOND));
	s.was_on = false;
	s.time_ns = 5 * SECOND + 1000;
	observe(w, s);
	expect(w, "configured off [42]\nconfigured [42]\n");
	world_free(w);
}

static void what_is_postponed_comes_before_what_follows(void **state)
{
	struct world *w = world_new_with(10, true);
	struct sighting closed = make_sighting(KATRACE_CLOSED, 1, 2 * SECOND + 1000);

	(void)state;
	walk(w, 1, 42, SECOND);
	closed.settings.enabled = false;
	closed.state = TCP_LAST_ACK;
	observe(w, make_switched(false, true, 2 * SECOND));
	observe(w, closed);
	expect(w, "configured off [42]\nended closed_by_peer 0 [42]\n-- ended, 0 entries\n");
	observe(w, make_switched(false, true, 3 * SECOND));
	model_finish(w->model, 3 * SECOND);
	expect(w, "configured off [42]\n-- open, 0 entries\n");
	world_free(w);
}

/* All ends of connections with keepalive are reported; no application gets the ETIMEDOUT of an orphan. */
static void ends_of_strangers_are_told(void **state)
{
	struct world *w = world_new_with(10, true);
	struct sighting closed = make_sighting(KATRACE_CLOSED, 1, 2 * SECOND);

	(void)state;
	walk(w, 1, 42, SECOND);
	closed.state = TCP_SYN_SENT;
	closed.error = ECONNREFUSED;
	observe(w, closed); /* it was never established */
	closed.state = TCP_FIN_WAIT1;
	closed.error = 0;
	closed.settings.enabled = false;
	observe(w, closed);
	observe(w, make_sighting(KATRACE_SETTLED, 1, 2 * SECOND));
	expect(w, "");
	closed.settings.enabled = true;
	closed.error = ETIMEDOUT;
	closed.orphan = true;
	observe(w, closed);
	expect(w, "configured [42]\nended close_timeout 0 [42]\n-- ended, 0 entries\n");
	world_free(w);
}

static void a_postponed_one_may_lose_its_sock(void **state)
{
	struct world *w = world_new_with(1, true);
	struct sighting other = make_probe(1, 1, 3 * SECOND);

	(void)state;
	walk(w, 0, 0, SECOND);
	other.id.peer.port++;
	observe(w, make_switched(false, true, 2 * SECOND));
	observe(w, other); /* uses its sock */
	model_tick(w->model, 4 * SECOND);
	expect(w, "configured\nsent 1/3\n");
	other.kind = KATRACE_SWITCHED_OFF;
	observe(w, other); /* and is freed with the world */
	world_free(w);
}

/* At the end of a run owners are looked up after its time was taken. What is still postponed then has its owner too. */
static void the_last_walk_is_younger_than_the_end(void **state)
{
	struct world *w = world_new_with(10, true);

	(void)state;
	assert_int_equal(filter_add_pid(w->filter, 42, 0), 0);
	walk(w, 0, 0, SECOND);
	observe(w, make_switched(false, true, 2 * SECOND));
	walk(w, 1, 42, 2 * SECOND + 2 * MS);
	model_finish(w->model, 2 * SECOND + MS);
	expect(w, "configured off [42]\n-- open, 0 entries\n");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(switched_on_and_off),
		cmocka_unit_test(a_changed_idle_time_is_no_switching),
		cmocka_unit_test(what_is_postponed_comes_before_what_follows),
		cmocka_unit_test(ends_of_strangers_are_told),
		cmocka_unit_test(a_postponed_one_may_lose_its_sock),
		cmocka_unit_test(the_last_walk_is_younger_than_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
