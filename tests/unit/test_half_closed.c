// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The peer has closed: told if the application does not close soon, too. */
#include "world.h"

static struct sighting make_fin(uint64_t time_ns)
{
	struct sighting s = make_sighting(KATRACE_PEER_CLOSED, 1, time_ns);

	s.state = TCP_CLOSE_WAIT;
	s.silent_us = 0;
	return s;
}

static void told_after_a_second(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_fin(2 * SECOND)); /* not in the story */
	assert_true(model_deadline_ns(w->model) == UINT64_MAX);
	observe(w, make_probe(1, 1, 3 * SECOND));
	observe(w, make_fin(4 * SECOND));
	model_tick(w->model, 4 * SECOND + 999 * MS);
	expect(w, "configured [42]\nsent 1/3 [42]\n");
	assert_int_equal(model_deadline_ns(w->model), 5 * SECOND);
	model_tick(w->model, 5 * SECOND);
	expect(w, "answered 1 in 1004000 late [42]\npeer_closed [42]\n");
	model_finish(w->model, 6 * SECOND);
	expect(w, "-- open, 2 entries\n");
	world_free(w);
}

static void not_told_when_the_application_closes(void **state)
{
	struct world *w = world_new(10);
	struct sighting s = make_sighting(KATRACE_CLOSING, 1, 3 * SECOND);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, SECOND));
	observe(w, make_answer(1, 1, SECOND + MS));
	observe(w, make_fin(2 * SECOND));
	s.state = TCP_CLOSE_WAIT;
	observe(w, s);
	model_tick(w->model, 60 * SECOND);
	s.kind = KATRACE_CLOSED;
	s.state = TCP_LAST_ACK;
	observe(w, s);
	expect(w, "configured [42]\nsent 1/3 [42]\nanswered 1 in 1000 [42]\nended closed_by_peer 0 [42]\n-- ended, 1 "
		  "entries\n");
	world_free(w);
}

/* What follows comes after it. At the end of a run it is not forgotten. */
static void told_before_what_follows(void **state)
{
	struct world *w = world_new(10);
	struct sighting s = make_probe(1, 1, 2 * SECOND + MS);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, SECOND));
	observe(w, make_answer(1, 1, SECOND + MS));
	observe(w, make_fin(2 * SECOND));
	s.state = TCP_CLOSE_WAIT;
	observe(w, s);
	expect(w, "configured [42]\nsent 1/3 [42]\nanswered 1 in 1000 [42]\npeer_closed [42]\nsent 1/3 [42]\n");
	observe(w, make_fin(3 * SECOND));
	model_finish(w->model, 3 * SECOND);
	expect(w, "answered 1 in 1004000 late [42]\npeer_closed [42]\n-- open, 4 entries\n");
	world_free(w);
}

/* The FIN came before the story began, or the run: the first probe shows it. Once. */
static void found_half_closed(void **state)
{
	struct world *w = world_new(10);
	struct sighting s = make_probe(1, 1, 2 * SECOND);

	(void)state;
	walk(w, 1, 42, SECOND);
	s.state = TCP_CLOSE_WAIT;
	observe(w, s);
	expect(w, "configured [42]\npeer_closed [42]\nsent 1/3 [42]\n");
	s.time_ns = 7 * SECOND;
	s.probes_out = 2;
	observe(w, s);
	expect(w, "sent 2/3 [42]\n");
	model_finish(w->model, 8 * SECOND);
	expect(w, "-- open, 3 entries\n");
	world_free(w);
}

/* The FIN may be a moment old: the application has not had its second. */
static void not_told_of_a_fin_just_now(void **state)
{
	struct world *w = world_new(10);
	struct sighting s = make_sighting(KATRACE_SUPPRESSED, 1, 2 * SECOND);

	(void)state;
	walk(w, 1, 42, SECOND);
	s.state = TCP_CLOSE_WAIT;
	s.silent_us = 999000;
	observe(w, s);
	expect(w, "configured [42]\nsuppressed begin [42]\n");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_after_a_second),        cmocka_unit_test(not_told_when_the_application_closes),
		cmocka_unit_test(told_before_what_follows),   cmocka_unit_test(found_half_closed),
		cmocka_unit_test(not_told_of_a_fin_just_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
