// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The model with more connections than it may remember. */
#include "world.h"

/* A sighting of an orphan: no owner is looked up. */
static struct sighting orphan(struct sighting s)
{
	s.id.inode = 0;
	s.orphan = true;
	return s;
}

static void probe(struct world *w, uint64_t sock, uint32_t number, uint64_t time_ns)
{
	observe(w, orphan(make_probe(sock, number, time_ns)));
}

static void answer(struct world *w, uint64_t sock, uint32_t number, uint64_t time_ns)
{
	observe(w, orphan(make_answer(sock, number, time_ns)));
}

static void time_out(struct world *w, uint64_t sock, uint64_t time_ns)
{
	observe(w, orphan(make_timeout(sock, 1, time_ns)));
}

static void what_is_remembered_stays(void **state)
{
	struct world *w = world_new(2);

	(void)state;
	for (uint64_t second = 1; second <= 3; second++)
		for (uint64_t sock = 1; sock <= 4; sock++)
			probe(w, sock, (uint32_t)second, second * SECOND + sock);
	expect(w, "configured\nsent 1/3\nconfigured\nsent 1/3\nconfigured\nsent 1/3\nconfigured\nsent 1/3\n"
		  "sent 2/3\nsent 2/3\nsent 2/3\nsent 2/3\nsent 3/3\nsent 3/3\nsent 3/3\nsent 3/3\n");
	assert_int_equal(model_counts(w->model).connections, 4);
	assert_int_equal(model_counts(w->model).lost_connections, 2);
	model_finish(w->model, 9 * SECOND);
	expect(w, "-- open, 3 entries\n-- open, 3 entries\n");
	world_free(w);
}

static void answers_and_ends_of_a_newcomer(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	probe(w, 1, 1, 1 * SECOND);
	probe(w, 2, 1, 2 * SECOND);
	answer(w, 2, 1, 2 * SECOND + 5 * MS);
	answer(w, 2, 1, 4 * SECOND); /* before its probe, from another CPU */
	probe(w, 2, 1, 3 * SECOND);
	time_out(w, 2, 9 * SECOND);
	expect(w, "configured\nsent 1/3\nconfigured\nsent 1/3\nanswered 1 in 5000\nsent 1/3\nanswered 1 in 1000000\n"
		  "ended keepalive_timeout 110\n");
	assert_int_equal(w->last_ended_sent, 2);
	assert_int_equal(w->last_ended_answered, 2);
	assert_int_equal(w->last_ended_observed_us, 7000000);
	assert_int_equal(model_counts(w->model).timeouts, 1);
	assert_int_equal(model_counts(w->model).lost_connections, 1);
	world_free(w);
}

static void an_end_makes_room(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	probe(w, 1, 1, 1 * SECOND);
	probe(w, 2, 1, 2 * SECOND);
	time_out(w, 1, 3 * SECOND);
	expect(w, "configured\nsent 1/3\nconfigured\nsent 1/3\nended keepalive_timeout 110\n-- ended, 1 entries\n");
	answer(w, 2, 1, 4 * SECOND); /* takes no place: the kernel side has not got one either */
	expect(w, "answered 1 in 2000000\n");
	probe(w, 2, 1, 5 * SECOND);
	expect(w, "configured\nsent 1/3\n");
	assert_int_equal(w->last_number, 2); /* the same connection as before */
	time_out(w, 2, 6 * SECOND);
	expect(w, "ended keepalive_timeout 110\n-- ended, 1 entries\n");
	assert_int_equal(model_counts(w->model).connections, 2);
	assert_int_equal(model_counts(w->model).lost_connections, 1);
	world_free(w);
}

/* A death needs no place: it enters and leaves at once. */
static void a_first_sighting_that_is_the_end(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	probe(w, 1, 1, 1 * SECOND);
	time_out(w, 2, 2 * SECOND);
	expect(w, "configured\nsent 1/3\nconfigured\nended keepalive_timeout 110\n-- ended, 0 entries\n");
	assert_int_equal(model_counts(w->model).lost_connections, 0);
	world_free(w);
}

static void the_kernel_side_is_full(void **state)
{
	struct world *w = world_new(10);
	struct sighting s = orphan(make_probe(1, 1, SECOND));

	(void)state;
	s.untracked = true;
	observe(w, s);
	answer(w, 1, 1, 2 * SECOND);
	assert_int_equal(model_counts(w->model).lost_connections, 1);
	probe(w, 1, 1, 3 * SECOND);
	expect(w, "configured\nsent 1/3\nanswered 1 in 1000000\nconfigured\nsent 1/3\n");
	model_finish(w->model, 4 * SECOND);
	expect(w, "-- open, 1 entries\n");
	world_free(w);
}

static void a_newcomer_has_an_owner(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	walk(w, 0, 0, SECOND);
	probe(w, 1, 1, SECOND);
	expect(w, "configured\nsent 1/3\n");
	observe(w, make_probe(2, 1, 2 * SECOND));
	observe(w, make_answer(2, 1, 2 * SECOND + MS));
	assert_true(model_wants_walk(w->model));
	assert_int_equal(model_counts(w->model).lost_connections, 0); /* perhaps it does not match */
	walk(w, 2, 42, 3 * SECOND);
	expect(w, "configured [42]\nsent 1/3 [42]\nanswered 1 in 1000 [42]\n");
	observe(w, make_probe(2, 1, 4 * SECOND)); /* known from the last walk */
	expect(w, "sent 1/3 [42]\n");
	assert_int_equal(model_counts(w->model).lost_connections, 1);
	world_free(w);
}

static void a_newcomer_that_does_not_match_is_not_counted(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	filter_add_pid(w->filter, 42, 0);
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, SECOND));
	expect(w, "configured [42]\nsent 1/3 [42]\n");
	observe(w, make_probe(2, 1, 2 * SECOND));
	walk(w, 2, 43, 3 * SECOND);
	expect(w, "unwanted 2\n");
	assert_int_equal(model_counts(w->model).lost_connections, 0);
	model_finish(w->model, 4 * SECOND);
	world_free(w);
}

/* Beyond as many newcomers as are remembered: not counted, but the same from event to event. */
static void newcomers_without_number(void **state)
{
	struct world *w = world_new(1);
	uint64_t number;

	(void)state;
	for (uint64_t sock = 1; sock <= 3; sock++)
		probe(w, sock, 1, sock * SECOND);
	number = w->last_number;
	probe(w, 3, 2, 5 * SECOND);
	assert_int_equal(w->last_number, number);
	expect(w, "configured\nsent 1/3\nconfigured\nsent 1/3\nsent 1/3\nsent 2/3\n");
	assert_int_equal(model_counts(w->model).lost_connections, 1);
	assert_true(model_counts(w->model).are_more);
	probe(w, 3, 1, 4 * 3600 * SECOND); /* the other has not been seen for hours */
	expect(w, "configured\nsent 1/3\n");
	assert_int_equal(model_counts(w->model).lost_connections, 2);
	world_free(w);
}

static void suppression_of_a_newcomer_is_told_once(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	probe(w, 1, 1, SECOND);
	for (uint64_t second = 2; second <= 4; second++)
		observe(w, orphan(make_sighting(KATRACE_SUPPRESSED, 2, second * SECOND)));
	probe(w, 2, 1, 5 * SECOND);
	expect(w, "configured\nsent 1/3\nconfigured\nsuppressed begin\nsuppressed end\nsent 1/3\n");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_remembered_stays),
		cmocka_unit_test(answers_and_ends_of_a_newcomer),
		cmocka_unit_test(an_end_makes_room),
		cmocka_unit_test(a_first_sighting_that_is_the_end),
		cmocka_unit_test(the_kernel_side_is_full),
		cmocka_unit_test(a_newcomer_has_an_owner),
		cmocka_unit_test(a_newcomer_that_does_not_match_is_not_counted),
		cmocka_unit_test(newcomers_without_number),
		cmocka_unit_test(suppression_of_a_newcomer_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
