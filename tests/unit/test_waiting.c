// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The model: events wait for their owner, and connections that do not match are skipped. */
#include "world.h"

#include <errno.h>

static void events_wait_for_their_owner(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	walk(w, 0, 0, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	observe(w, make_answer(1, 1, 2 * SECOND + 1000));
	expect(w, "");
	assert_true(model_wants_walk(w->model));
	assert_int_equal(model_deadline_ns(w->model), 3 * SECOND);
	walk(w, 1, 42, 2 * SECOND + 2000);
	expect(w, "configured [42]\nsent 1/3 [42]\nanswered 1 in 1 [42]\n");
	assert_false(model_wants_walk(w->model));
	assert_int_equal(model_deadline_ns(w->model), UINT64_MAX);
	world_free(w);
}

static void events_wait_a_second_at_most(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	walk(w, 0, 0, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	observe(w, make_timeout(1, 1, 2 * SECOND + 500 * MS));
	model_tick(w->model, 3 * SECOND - 1);
	expect(w, "");
	model_tick(w->model, 3 * SECOND);
	expect(w, "configured\nsent 1/3\n");
	model_tick(w->model, 4 * SECOND);
	expect(w, "ended keepalive_timeout 110\n-- ended, 1 entries\n");
	world_free(w);
}

/* What came while a walk was under way, and what it did not find, is for the next walk. */
static void events_during_a_walk(void **state)
{
	const struct katrace_owner found = { .sock = 3, .inode = 1003, .pid = 43, .comm = "holder" };
	struct world *w = world_new(10);

	(void)state;
	walk(w, 0, 0, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	owners_walk_begin(w->owners, 2 * SECOND + 1);
	owners_found(w->owners, &found, &(struct found_process){ 0 });
	observe(w, make_probe(2, 1, 2 * SECOND + 200 * MS));
	observe(w, make_probe(3, 1, 2 * SECOND + 300 * MS));
	expect(w, "");
	owners_walk_end(w->owners);
	model_walked(w->model, 2 * SECOND + 400 * MS);
	expect(w, "configured\nsent 1/3\n");
	assert_true(model_wants_walk(w->model));
	walk(w, 2, 42, 2 * SECOND + 500 * MS);
	expect(w, "configured [42]\nsent 1/3 [42]\nconfigured [43]\nsent 1/3 [43]\n");
	world_free(w);
}

/* After a walk a few thousand events are not passed on at once. */
static void events_are_passed_on_in_portions(void **state)
{
	struct world *w = world_new(2000);
	int turns = 1;

	(void)state;
	walk(w, 0, 0, SECOND);
	for (uint64_t sock = 1; sock <= 2000; sock++)
		observe(w, make_probe(sock, 1, 2 * SECOND));
	walk(w, 0, 0, 2 * SECOND + 1);
	for (; model_deadline_ns(w->model) <= 2 * SECOND + 1; turns++)
		model_tick(w->model, 2 * SECOND + 1);
	assert_int_equal(turns, 4);
	assert_false(model_wants_walk(w->model));
	assert_int_equal(model_deadline_ns(w->model), UINT64_MAX);
	world_free(w);
}

static void an_old_owner_is_looked_up_again(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	observe(w, make_answer(1, 1, 2 * SECOND + 1000));
	observe(w, make_probe(1, 1, 12 * SECOND));
	expect(w, "configured [42]\nsent 1/3 [42]\nanswered 1 in 1 [42]\n");
	walk(w, 1, 43, 12 * SECOND);
	expect(w, "sent 1/3 [43]\n");
	world_free(w);
}

/* Nobody holds it yet: a walk finds who accepted it meanwhile, and its inode, which later records lack, too. */
static void a_socket_is_accepted_later(void **state)
{
	struct world *w = world_new(10);
	struct sighting s = make_probe(1, 1, 2 * SECOND);

	(void)state;
	walk(w, 1, 41, SECOND); /* another connection with the same ports */
	s.id.inode = 0;
	observe(w, s);
	expect(w, "");
	assert_true(model_wants_walk(w->model));
	walk(w, 1, 42, 2 * SECOND + 1000);
	expect(w, "configured [42]\nsent 1/3 [42]\n");
	world_free(w);
}

/* The kernel's own, or never accepted: it is looked for less and less often. */
static void a_socket_without_a_file_causes_few_walks(void **state)
{
	struct world *w = world_new(10);
	struct sighting s = make_probe(1, 1, 2 * SECOND);

	(void)state;
	walk(w, 0, 0, SECOND);
	s.id.inode = 0;
	observe(w, s);
	walk(w, 0, 0, 2 * SECOND + 1000);
	expect(w, "configured\nsent 1/3\n");
	s = make_probe(1, 2, 3 * SECOND);
	s.id.inode = 0;
	observe(w, s);
	assert_false(model_wants_walk(w->model));
	expect(w, "sent 2/3\n");
	world_free(w);
}

/* A filter by process goes by who accepted it. */
static void a_socket_that_the_wanted_accepts(void **state)
{
	struct world *w = world_new_with(10, true);
	struct sighting s = make_probe(1, 1, 2 * SECOND);

	(void)state;
	assert_int_equal(filter_add_pid(w->filter, 42, 0), 0);
	walk(w, 0, 0, SECOND);
	s.id.inode = 0;
	observe(w, s);
	walk(w, 1, 42, 2 * SECOND + 1000);
	expect(w, "configured [42]\nsent 1/3 [42]\n");
	world_free(w);
}

static void the_last_owner_is_kept(void **state)
{
	struct world *w = world_new(10);
	struct sighting s = make_probe(1, 2, 40 * SECOND);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	s.id.inode = 0; /* closed by its process */
	s.silent_us = 70 * 1000000;
	observe(w, s);
	walk(w, 0, 0, 40 * SECOND);
	expect(w, "configured [42]\nsent 1/3 [42]\nsent 2/3 [42]\n");
	world_free(w);
}

/* The filter is pid 42. Others are reported to the kernel side once their owner is known, and forgotten. */
static void only_the_wanted_pids(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	assert_int_equal(filter_add_pid(w->filter, 42, 0), 0);
	walk(w, 2, 43, SECOND);
	observe(w, make_probe(2, 1, 2 * SECOND));
	expect(w, "unwanted 2\n");
	observe(w, make_probe(1, 1, 2 * SECOND));
	expect(w, "");
	walk(w, 1, 42, 3 * SECOND);
	observe(w, make_timeout(2, 3, 3 * SECOND)); /* the end of a matching connection would begin a story */
	model_finish(w->model, 4 * SECOND);
	expect(w, "configured [42]\nsent 1/3 [42]\n-- open, 1 entries\n");
	assert_int_equal(model_counts(w->model).connections, 1);
	world_free(w);
}

/* Its owner is the last one, and so it does not match for good. */
static void an_orphan_stays_unwanted(void **state)
{
	struct world *w = world_new(10);
	struct sighting s = make_sighting(KATRACE_SUPPRESSED, 2, 3 * SECOND);

	(void)state;
	assert_int_equal(filter_add_pid(w->filter, 42, 0), 0);
	walk(w, 2, 43, SECOND);
	observe(w, make_probe(2, 1, 2 * SECOND));
	expect(w, "unwanted 2\n");
	s.id.inode = 0;
	s.orphan = true;
	s.state = TCP_FIN_WAIT1;
	observe(w, s);
	expect(w, "unwanted 2 for good\n");
	world_free(w);
}

/* Records that the kernel side left out while a connection did not match are not lost when it is passed to 42. */
static void one_that_is_passed_on_begins_anew(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	assert_int_equal(filter_add_pid(w->filter, 42, 0), 0);
	walk(w, 1, 43, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	expect(w, "unwanted 1\n");
	walk(w, 1, 42, 4 * SECOND);
	observe(w, make_probe(1, 7, 7 * SECOND));
	expect(w, "configured [42]\nsent 7/3 [42]\n");
	assert_int_equal(model_counts(w->model).lost_hook, 0);
	world_free(w);
}

/* Addresses need no owner: such a connection does not even wait for one. */
static void other_places_do_not_enter(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	assert_int_equal(filter_add_ports(w->filter, (struct ports){ 4711, 4711 }), 0);
	observe(w, make_probe(1, 1, 2 * SECOND));
	assert_false(model_wants_walk(w->model));
	observe(w, make_timeout(1, 3, 3 * SECOND));
	expect(w, "unwanted 1\n");
	world_free(w);
}

/* A filter drops them, but nobody knows whether it had to: no walk in time, or none before the end. */
static void lost_for_want_of_an_owner(void **state)
{
	struct world *w = world_new(10);
	struct sighting s = make_probe(3, 1, 4 * SECOND);

	(void)state;
	assert_int_equal(filter_add_pid(w->filter, 42, 0), 0);
	walk(w, 0, 0, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	model_tick(w->model, 3 * SECOND);
	expect(w, "");
	assert_int_equal(model_counts(w->model).lost_owner, 2);
	observe(w, make_timeout(2, 1, 3 * SECOND));
	walk(w, 0, 0, 3 * SECOND + 1);
	expect(w, "");
	assert_int_equal(model_counts(w->model).lost_owner, 4);
	s.id.inode = 0; /* nobody's */
	observe(w, s);
	walk(w, 4, 43, 5 * SECOND);
	observe(w, make_probe(4, 1, 5 * SECOND)); /* another one's */
	filter_set_failures(w->filter);
	observe(w, make_probe(5, 1, 6 * SECOND)); /* of no interest */
	model_tick(w->model, 7 * SECOND);
	assert_int_equal(model_counts(w->model).lost_owner, 4);
	world_free(w);
}

/* Its process has another name by now, say. */
static void one_that_leaves_the_filter(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	assert_int_equal(filter_add_pid(w->filter, 42, 0), 0);
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	expect(w, "configured [42]\nsent 1/3 [42]\n");
	observe(w, make_probe(1, 2, 12 * SECOND));
	walk(w, 1, 43, 12 * SECOND);
	expect(w, "-- left, 2 entries\nunwanted 1\n");
	model_finish(w->model, 13 * SECOND);
	expect(w, "");
	world_free(w);
}

/* Nobody that katrace sees holds it. It is remembered, so that it is not looked up each time. */
static void unknown_owners_are_no_others(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	assert_int_equal(filter_add_pid(w->filter, 42, 0), 0);
	walk(w, 0, 0, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	walk(w, 0, 0, 3 * SECOND);
	expect(w, "unwanted 1\n");
	observe(w, make_probe(1, 7, 8 * SECOND)); /* within the time no look-up is due */
	assert_false(model_wants_walk(w->model));
	assert_int_equal(model_counts(w->model).lost_hook, 0);
	world_free(w);
}

/* The pauses between the look-ups of a socket that nobody holds double: 10 s, 20 s... */
static void an_unknown_owner_is_looked_up_less_and_less_often(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	walk(w, 0, 0, SECOND);
	observe(w, make_probe(1, 1, 20 * SECOND));
	walk(w, 0, 0, 20 * SECOND);
	observe(w, make_probe(1, 2, 30 * SECOND));
	assert_true(model_wants_walk(w->model));
	walk(w, 0, 0, 30 * SECOND);
	observe(w, make_probe(1, 3, 49 * SECOND));
	assert_false(model_wants_walk(w->model));
	observe(w, make_probe(1, 4, 50 * SECOND));
	assert_true(model_wants_walk(w->model));
	walk(w, 1, 42, 50 * SECOND); /* once it was found, they begin with 10 s again */
	observe(w, make_probe(1, 5, 150 * SECOND));
	walk(w, 0, 0, 150 * SECOND);
	observe(w, make_probe(1, 6, 160 * SECOND));
	assert_true(model_wants_walk(w->model));
	world_free(w);
}

/* It has no inode, and no walk will find it: its owner is the one that a walk has found, also for filters. */
static void orphans_keep_their_owner(void **state)
{
	struct world *w = world_new(10);
	struct sighting s = make_sighting(KATRACE_CLOSED, 1, 100 * SECOND);

	(void)state;
	assert_int_equal(filter_add_pid(w->filter, 42, 0), 0);
	walk(w, 1, 42, SECOND);
	s.state = TCP_FIN_WAIT1;
	s.error = ETIMEDOUT;
	s.orphan = true;
	s.id.inode = 0;
	observe(w, s);
	assert_false(model_wants_walk(w->model));
	assert_true(w->last_ended_partial);
	expect(w, "configured [42]\nended close_timeout 0 [42]\n-- ended, 0 entries\n");
	walk(w, 2, 43, 101 * SECOND);
	s.id.sock = 2; /* another process's */
	observe(w, s);
	s.id.sock = 3; /* nobody's */
	observe(w, s);
	assert_false(model_wants_walk(w->model));
	expect(w, "");
	world_free(w);
}

/* Its story began with the process, and its owner is older than what is looked up again. */
static void orphans_wait_for_no_walk(void **state)
{
	struct world *w = world_new(10);
	struct sighting s = make_sighting(KATRACE_SUPPRESSED, 1, 100 * SECOND);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	s.state = TCP_FIN_WAIT1;
	s.orphan = true;
	s.id.inode = 0;
	observe(w, s);
	assert_false(model_wants_walk(w->model));
	expect(w, "configured [42]\nsent 1/3 [42]\nsuppressed begin [42]\n");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orphans_keep_their_owner),
		cmocka_unit_test(orphans_wait_for_no_walk),
		cmocka_unit_test(events_wait_for_their_owner),
		cmocka_unit_test(events_wait_a_second_at_most),
		cmocka_unit_test(events_during_a_walk),
		cmocka_unit_test(events_are_passed_on_in_portions),
		cmocka_unit_test(an_old_owner_is_looked_up_again),
		cmocka_unit_test(a_socket_is_accepted_later),
		cmocka_unit_test(a_socket_without_a_file_causes_few_walks),
		cmocka_unit_test(a_socket_that_the_wanted_accepts),
		cmocka_unit_test(the_last_owner_is_kept),
		cmocka_unit_test(only_the_wanted_pids),
		cmocka_unit_test(an_orphan_stays_unwanted),
		cmocka_unit_test(one_that_is_passed_on_begins_anew),
		cmocka_unit_test(other_places_do_not_enter),
		cmocka_unit_test(lost_for_want_of_an_owner),
		cmocka_unit_test(one_that_leaves_the_filter),
		cmocka_unit_test(unknown_owners_are_no_others),
		cmocka_unit_test(an_unknown_owner_is_looked_up_less_and_less_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
