// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The story: what a connection knows after each of its events, without a model around it. */
#include "unit.h"

#include "model/story.h"

#include <errno.h>

static struct event make_event(enum event_kind kind, uint64_t time_ns)
{
	return (struct event){
		.kind = kind,
		.time_ns = time_ns,
		.settings = { true, 30, 5, 3, 0, KATRACE_INTERVAL },
		.state = TCP_ESTABLISHED,
		.silent_us = 30 * 1000000ULL,
	};
}

static struct event make_sent(uint32_t number, int result, uint64_t time_ns)
{
	struct event event = make_event(EVENT_PROBE_SENT, time_ns);

	event.probe.number = number;
	event.probe.limit = 3;
	event.probe.has_result = result;
	event.probe.result = result;
	return event;
}

static void told(struct connection *c, struct event event)
{
	event.severity = event_severity(&event);
	assert_int_equal(story_tell(c, &event), 0);
}

static void probes_and_answers(void **state)
{
	struct connection c = { 0 };
	struct event answer = make_event(EVENT_PROBE_ANSWERED, 2 * SECOND);

	(void)state;
	answer.answer.rtt_us = 80;
	told(&c, make_event(EVENT_CONFIGURED, SECOND));
	told(&c, make_sent(1, 0, SECOND));
	assert_int_equal(c.probes_unanswered, 1);
	told(&c, answer);
	assert_int_equal(c.probes_unanswered, 0);
	told(&c, make_sent(1, 0, 3 * SECOND));
	assert_false(c.warned);
	told(&c, make_sent(2, -EPERM, 4 * SECOND));
	assert_true(c.warned);
	assert_int_equal(c.refused_with, EPERM);
	assert_int_equal(c.probes_sent, 3);
	assert_int_equal(c.probes_answered, 1);
	assert_int_equal(c.probes_unanswered, 2);
	assert_int_equal(c.first_ns, SECOND);
	assert_int_equal(c.last_ns, 4 * SECOND);
	assert_int_equal(c.timeline.n, 3);
	assert_int_equal(c.timeline.entries[0].rtt_max_us, 80);
	timeline_clear(&c.timeline);
}

/* The host slept for two hours in between. In a timeline round trips have 32 bits. */
static void a_very_late_answer_is_no_quick_one(void **state)
{
	struct connection c = { 0 };
	struct event answer = make_event(EVENT_PROBE_ANSWERED, 7201 * SECOND);

	(void)state;
	answer.answer.rtt_us = 7200 * 1000000ULL;
	told(&c, make_event(EVENT_CONFIGURED, SECOND));
	told(&c, make_sent(1, 0, SECOND));
	told(&c, answer);
	assert_int_equal(c.timeline.entries[0].rtt_max_us, UINT32_MAX);
	timeline_clear(&c.timeline);
}

static void only_a_change_of_settings_is_an_entry(void **state)
{
	struct connection c = { 0 };
	struct event changed = make_event(EVENT_CONFIGURED, 2 * SECOND);

	(void)state;
	told(&c, make_event(EVENT_CONFIGURED, SECOND));
	assert_int_equal(c.timeline.n, 0);
	changed.settings.idle_s = 60;
	changed.changed.settings = KATRACE_IDLE;
	told(&c, changed);
	assert_int_equal(c.timeline.n, 1);
	assert_int_equal(c.settings.idle_s, 60);
	timeline_clear(&c.timeline);
}

static void suppression_begins_and_ends(void **state)
{
	struct connection c = { 0 };
	struct event event = make_event(EVENT_SUPPRESSED, SECOND);

	(void)state;
	event.suppressed.begin = true;
	event.suppressed.unacked_bytes = 11;
	told(&c, event);
	assert_true(c.suppressed);
	event = make_event(EVENT_SUPPRESSED, 5 * SECOND);
	told(&c, event);
	assert_false(c.suppressed);
	assert_int_equal(c.timeline.n, 1);
	assert_int_equal(c.timeline.entries[0].unacked_bytes, 11);
	assert_int_equal(c.timeline.entries[0].end_ns, 5 * SECOND);
	timeline_clear(&c.timeline);
}

/* Also when nothing came before: a recording may begin, or have lost lines, anywhere. */
static void an_end_alone(void **state)
{
	struct connection c = { 0 };
	struct event event = make_event(EVENT_ENDED, SECOND);

	(void)state;
	event.ended.verdict = VERDICT_RETRANSMISSION_TIMEOUT;
	event.ended.error = ETIMEDOUT;
	event.ended.retransmits = 15;
	event.ended.unacked_bytes = 11;
	event.ended.probes_sent = 4;
	event.ended.probes_answered = 3;
	event.ended.probes_unanswered = 1;
	told(&c, event);
	assert_true(c.announced);
	assert_int_equal(c.settings.idle_s, 30);
	assert_int_equal(c.first_ns, SECOND);
	assert_int_equal(c.fate, FATE_ENDED);
	assert_int_equal(c.verdict, VERDICT_RETRANSMISSION_TIMEOUT);
	assert_int_equal(c.error, ETIMEDOUT);
	assert_int_equal(c.retransmits, 15);
	assert_int_equal(c.unacked_bytes, 11);
	assert_int_equal(c.probes_sent, 4);
	assert_int_equal(c.probes_answered, 3);
	assert_int_equal(c.probes_unanswered, 1);
	assert_int_equal(c.silent_us, 30 * 1000000);
}

static void the_oldest_story_comes_first(void **state)
{
	const struct connection first = { .first_ns = SECOND, .number = 3 }, later = { .first_ns = 2 * SECOND };
	const struct connection next = { .first_ns = SECOND, .number = 4 };

	(void)state;
	assert_true(story_compare(&first, &later) < 0);
	assert_true(story_compare(&later, &first) > 0);
	assert_true(story_compare(&first, &next) < 0);
	assert_true(story_compare(&next, &first) > 0);
	assert_int_equal(story_compare(&next, &next), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probes_and_answers),
		cmocka_unit_test(a_very_late_answer_is_no_quick_one),
		cmocka_unit_test(only_a_change_of_settings_is_an_entry),
		cmocka_unit_test(suppression_begins_and_ends),
		cmocka_unit_test(an_end_alone),
		cmocka_unit_test(the_oldest_story_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
