// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The model: from sightings to events, each written as one line of words. */
#include "world.h"

#include <errno.h>

static void a_life(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	observe(w, make_answer(1, 1, 2 * SECOND + 400000));
	observe(w, make_probe(1, 1, 3 * SECOND));
	observe(w, make_probe(1, 2, 4 * SECOND));
	observe(w, make_probe(1, 3, 5 * SECOND));
	observe(w, make_timeout(1, 3, 6 * SECOND));
	expect(w,
	       "configured [42]\nsent 1/3 [42]\nanswered 1 in 400 [42]\nsent 1/3 [42]\nsent 2/3 [42]\nsent 3/3 [42]\n"
	       "ended keepalive_timeout 110 [42]\n-- ended, 4 entries\n");
	assert_int_equal(model_counts(w->model).connections, 1);
	world_free(w);
}

/* Which connections are older than the run is known from its first walk. */
static void what_was_there_before(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	walk(w, 1, 42, SECOND);
	walk(w, 2, 42, 2 * SECOND);
	for (uint64_t sock = 1; sock <= 2; sock++) {
		observe(w, make_probe(sock, 1, 3 * SECOND));
		observe(w, make_timeout(sock, 1, 4 * SECOND));
		assert_int_equal(w->last_ended_partial, sock == 1);
	}
	assert_int_equal(model_counts(w->model).timeouts, 2);
	world_free(w);
}

/* The answer's record, from another CPU, can come before the probe's, whose timer is still running. */
static void an_answer_before_its_probe(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_answer(1, 1, 2 * SECOND + 80000));
	expect(w, "");
	observe(w, make_probe(1, 1, 2 * SECOND));
	expect(w, "configured [42]\nsent 1/3 [42]\nanswered 1 in 80 [42]\n");
	observe(w, make_answer(1, 1, 3 * SECOND + 90000));
	observe(w, make_probe(1, 1, 3 * SECOND));
	expect(w, "sent 1/3 [42]\nanswered 1 in 90 [42]\n");
	world_free(w);
}

/* The answer to the last probe 1 comes after this probe 1: its record is late, from another CPU. */
static void an_answer_older_than_its_probe(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	observe(w, make_answer(1, 1, 2 * SECOND - 1000));
	expect(w, "configured [42]\nsent 1/3 [42]\n");
	world_free(w);
}

/* An answer to a probe sent before tracing began says nothing about the next one. */
static void an_answer_without_a_probe(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_answer(1, 1, SECOND));
	observe(w, make_probe(1, 1, 3 * SECOND));
	model_finish(w->model, 4 * SECOND);
	expect(w, "configured [42]\nsent 1/3 [42]\n-- open, 1 entries\n");
	world_free(w);
}

/* Heard since the probe, although no answer was seen: 1 s after it. */
static void a_late_answer(void **state)
{
	struct world *w = world_new(10);
	struct sighting next = make_probe(1, 1, 33 * SECOND);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	next.silent_us = 30000000;
	observe(w, next);
	walk(w, 1, 42, 33 * SECOND);
	expect(w, "configured [42]\nsent 1/3 [42]\nanswered 1 in 1004000 late [42]\nsent 1/3 [42]\n");
	world_free(w);
}

/* The kernel counts from 1 again, so the peer has answered: within a jiffy, or when it did is not known. */
static void a_late_answer_without_a_time(void **state)
{
	struct world *w = world_new(10);
	struct sighting next = make_probe(1, 1, 3 * SECOND + 46000); /* this timer was 46 us later after its tick */
	struct sighting dropped = make_sighting(KATRACE_PROBE_DROPPED, 1, 4 * SECOND);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	next.silent_us = 1000000;
	observe(w, next);
	dropped.silent_us = 1500000;
	observe(w, dropped);
	expect(w, "configured [42]\nsent 1/3 [42]\nanswered 1 in 4000 late [42]\nsent 1/3 [42]\n"
		  "answered 1 in 0 to 0 late [42]\ndropped 1/3 [42]\n");
	world_free(w);
}

/* The peer sent data, but the kernel still counts the probe as unanswered. */
static void data_is_no_answer(void **state)
{
	struct world *w = world_new(10);
	struct sighting next = make_probe(1, 2, 33 * SECOND);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	next.silent_us = 30000000;
	observe(w, next);
	walk(w, 1, 42, 33 * SECOND);
	expect(w, "configured [42]\nsent 1/3 [42]\nsent 2/3 [42]\n");
	world_free(w);
}

/* It came after the second probe; it may be the answer to the first, and slow. */
static void an_answer_to_one_of_several(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	observe(w, make_probe(1, 2, 3 * SECOND));
	observe(w, make_answer(1, 2, 3 * SECOND + 400000));
	observe(w, make_probe(1, 1, 4 * SECOND));
	observe(w, make_answer(1, 1, 4 * SECOND + 80000));
	expect(w, "configured [42]\nsent 1/3 [42]\nsent 2/3 [42]\nanswered 2 in 400 to 1000400 [42]\n"
		  "sent 1/3 [42]\nanswered 1 in 80 [42]\n");
	world_free(w);
}

/* The probes before the story are not known, nor when they were sent. */
static void an_answer_to_probes_before_the_story(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 2, 3 * SECOND));
	observe(w, make_answer(1, 2, 3 * SECOND + 400000));
	expect(w, "configured [42]\nsent 2/3 [42]\nanswered 2 in 400 to 0 [42]\n");
	world_free(w);
}

/* What was heard while data waited may be about the data. */
static void no_late_answer_once_data_waits(void **state)
{
	struct world *w = world_new(10);
	struct sighting waits = make_sighting(KATRACE_SUPPRESSED, 1, 3 * SECOND);
	struct sighting next = make_probe(1, 1, 5 * SECOND);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	waits.silent_us = 100000;
	observe(w, waits);
	next.silent_us = 1000000;
	observe(w, next);
	expect(w, "configured [42]\nsent 1/3 [42]\nsuppressed begin [42]\nsuppressed end [42]\nsent 1/3 [42]\n");
	world_free(w);
}

static void gaps_in_probe_numbers_are_losses(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 2, 2 * SECOND)); /* the first was sent before tracing began */
	observe(w, make_probe(1, 5, 3 * SECOND));
	expect(w, "configured [42]\nsent 2/3 [42]\nlost hook 2\nsent 5/3 [42]\n");
	model_lost(w->model, LOST_RING, 4, 3 * SECOND); /* explains the next gap */
	observe(w, make_probe(1, 7, 4 * SECOND));
	expect(w, "lost ring 4\nsent 7/3 [42]\n");
	model_lost(w->model, LOST_CONNECTIONS, 1, 4 * SECOND); /* explains nothing */
	observe(w, make_probe(1, 9, 5 * SECOND));
	expect(w, "lost connections 1\nlost hook 1\nsent 9/3 [42]\n");
	assert_int_equal(model_counts(w->model).lost_hook, 3);
	world_free(w);
}

/* The kernel gave up after three probes; the last one was not seen. */
static void a_gap_before_the_end_is_a_loss(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	observe(w, make_probe(1, 2, 3 * SECOND));
	observe(w, make_timeout(1, 3, 5 * SECOND));
	expect(w, "configured [42]\nsent 1/3 [42]\nsent 2/3 [42]\nlost hook 1\nended keepalive_timeout 110 [42]\n"
		  "-- ended, 2 entries\n");
	world_free(w);
}

/* After an answer the kernel counts from 1. */
static void a_gap_after_an_answer_is_a_loss(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	observe(w, make_answer(1, 1, 3 * SECOND));
	observe(w, make_probe(1, 2, 4 * SECOND));
	expect(w, "configured [42]\nsent 1/3 [42]\nanswered 1 in 1000000 [42]\nlost hook 1\nsent 2/3 [42]\n");
	world_free(w);
}

static void suppression_has_a_begin_and_an_end(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_sighting(KATRACE_SUPPRESSED, 1, 2 * SECOND));
	observe(w, make_sighting(KATRACE_SUPPRESSED, 1, 3 * SECOND));
	observe(w, make_sighting(KATRACE_SETTLED, 1, 4 * SECOND));
	observe(w, make_sighting(KATRACE_SETTLED, 1, 5 * SECOND));
	observe(w, make_sighting(KATRACE_SUPPRESSED, 1, 6 * SECOND));
	observe(w, make_probe(1, 1, 7 * SECOND));
	expect(w, "configured [42]\nsuppressed begin [42]\nsuppressed end [42]\nsuppressed begin [42]\nsuppressed end "
		  "[42]\n"
		  "sent 1/3 [42]\n");
	world_free(w);
}

static void changed_settings_are_said(void **state)
{
	struct world *w = world_new(10);
	struct sighting s = make_probe(1, 1, 3 * SECOND);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	observe(w, make_answer(1, 1, 2 * SECOND + 1000));
	s.settings.idle_s = 60;
	observe(w, s);
	expect(w, "configured [42]\nsent 1/3 [42]\nanswered 1 in 1 [42]\nconfigured [42]\nsent 1/3 [42]\n");
	world_free(w);
}

static void ends_of_strangers_are_silent_unless_the_peer_was_lost(void **state)
{
	struct world *w = world_new(10);
	struct sighting closed = make_sighting(KATRACE_CLOSED, 1, 2 * SECOND);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, closed);
	closed.error = ECONNRESET;
	observe(w, closed);
	observe(w, make_sighting(KATRACE_SETTLED, 1, 2 * SECOND));
	expect(w, "");
	closed.error = ETIMEDOUT;
	closed.retransmits = 15;
	observe(w, closed);
	expect(w, "configured [42]\nended retransmission_timeout 110 [42]\n-- ended, 0 entries\n");
	closed.retransmits = 0;
	closed.error = EHOSTUNREACH;
	observe(w, closed);
	expect(w, "configured [42]\nended unreachable 113 [42]\n-- ended, 0 entries\n");
	closed.error = ENETUNREACH;
	observe(w, closed);
	expect(w, "configured [42]\nended unreachable 101 [42]\n-- ended, 0 entries\n");
	closed.error = ECONNREFUSED; /* an ICMP error that was reported when a timer gave up */
	closed.retransmits = 15;
	observe(w, closed);
	expect(w, "configured [42]\nended retransmission_timeout 111 [42]\n-- ended, 0 entries\n");
	closed.state = TCP_SYN_SENT; /* a reset */
	observe(w, closed);
	expect(w, "");
	world_free(w);
}

static void a_reused_sock_is_another_connection(void **state)
{
	struct world *w = world_new(10);
	struct sighting s = make_probe(1, 1, 3 * SECOND);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	s.id.inode = 5000;
	observe(w, s);
	assert_true(model_wants_walk(w->model));
	expect(w, "configured [42]\nsent 1/3 [42]\nlost hook 1\nended unseen 0 [42]\n-- ended, 1 entries\n");
	model_tick(w->model, 4 * SECOND); /* the new connection has no known owner */
	expect(w, "configured\nsent 1/3\n");
	world_free(w);
}

static void freeing_in_the_middle_leaks_nothing(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	walk(w, 0, 0, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	observe(w, make_timeout(1, 1, 2 * SECOND));
	observe(w, make_probe(2, 1, 2 * SECOND));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_life),
		cmocka_unit_test(what_was_there_before),
		cmocka_unit_test(an_answer_before_its_probe),
		cmocka_unit_test(an_answer_older_than_its_probe),
		cmocka_unit_test(an_answer_without_a_probe),
		cmocka_unit_test(a_late_answer),
		cmocka_unit_test(a_late_answer_without_a_time),
		cmocka_unit_test(data_is_no_answer),
		cmocka_unit_test(an_answer_to_one_of_several),
		cmocka_unit_test(an_answer_to_probes_before_the_story),
		cmocka_unit_test(no_late_answer_once_data_waits),
		cmocka_unit_test(gaps_in_probe_numbers_are_losses),
		cmocka_unit_test(a_gap_before_the_end_is_a_loss),
		cmocka_unit_test(a_gap_after_an_answer_is_a_loss),
		cmocka_unit_test(suppression_has_a_begin_and_an_end),
		cmocka_unit_test(changed_settings_are_said),
		cmocka_unit_test(ends_of_strangers_are_silent_unless_the_peer_was_lost),
		cmocka_unit_test(a_reused_sock_is_another_connection),
		cmocka_unit_test(freeing_in_the_middle_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
