// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The model: from sightings and owners to events, told as one line of words each. */
#include "unit.h"

#include "model/model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct world {
	struct owners *owners;
	struct filter *filter;
	struct model *model;
	char told[4096]; /* one line for each event and each finished connection */
	bool last_ended_partial;
};

static void tell(struct world *w, const char *text)
{
	strncat(w->told, text, sizeof(w->told) - strlen(w->told) - 1);
}

static void on_event(void *ctx, const struct event *event)
{
	static const char *const names[] = {
		"configured", "sent", "dropped", "answered", "suppressed", "ended", "lost"
	};
	struct world *w = ctx;
	char line[128] = "";

	switch (event->kind) {
	case EVENT_CONFIGURED:
		snprintf(line, sizeof(line), "%s", event->settings.enabled ? "" : " off");
		break;
	case EVENT_PROBE_SENT:
	case EVENT_PROBE_DROPPED:
		snprintf(line, sizeof(line), " %u/%u", event->probe.number, event->probe.limit);
		break;
	case EVENT_PROBE_ANSWERED:
		snprintf(line, sizeof(line), " %u in %llu%s", event->answer.number,
			 (unsigned long long)event->answer.rtt_us, event->answer.late ? " late" : "");
		break;
	case EVENT_SUPPRESSED:
		snprintf(line, sizeof(line), " %s", event->suppressed.begin ? "begin" : "end");
		break;
	case EVENT_ENDED:
		w->last_ended_partial = event->ended.partial;
		snprintf(line, sizeof(line), " %s %d", verdict_name(event->ended.verdict), event->ended.error);
		break;
	case EVENT_EVENTS_LOST:
		snprintf(line, sizeof(line), " %s %llu", lost_stage_name(event->lost.stage),
			 (unsigned long long)event->lost.count);
		break;
	default:
		break;
	}
	tell(w, names[event->kind]);
	tell(w, line);
	if (event->connection && event->connection->owner.pid) {
		snprintf(line, sizeof(line), " [%u]", event->connection->owner.pid);
		tell(w, line);
	}
	tell(w, "\n");
}

static void on_finished(void *ctx, const struct connection *c)
{
	static const char *const fates[] = { "open", "ended", "unknown", "forgotten" };
	char line[64];

	snprintf(line, sizeof(line), "-- %s, %zu entries\n", fates[c->fate], c->timeline.n);
	tell(ctx, line);
}

static void tell_unwanted(struct world *w)
{
	struct identity id;
	char line[64];

	while (model_next_unwanted(w->model, &id)) {
		snprintf(line, sizeof(line), "unwanted %llu\n", (unsigned long long)id.sock);
		tell(w, line);
	}
}

static struct world *world_new_with(size_t max_connections, bool all)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct model_output output = { on_event, on_finished, w };
	struct model_options options = { .max_connections = max_connections, .all = all };

	w->owners = owners_new();
	w->filter = filter_new();
	options.filter = w->filter;
	w->model = model_new(&options, &output, w->owners);
	return w;
}

static struct world *world_new(size_t max_connections)
{
	return world_new_with(max_connections, false);
}

static void world_free(struct world *w)
{
	model_free(w->model);
	filter_free(w->filter);
	owners_free(w->owners);
	free(w);
}

/* A walk in which sock has one holder, and none when sock is 0. */
static void walk(struct world *w, uint64_t sock, uint32_t pid, uint64_t now)
{
	const struct katrace_owner owner = { .sock = sock, .inode = 1000 + sock, .pid = pid, .comm = "holder" };

	owners_walk_begin(w->owners, now);
	if (sock)
		owners_found(w->owners, &owner, NULL, pid == 42 ? FILTER_PID : 0);
	owners_walk_end(w->owners);
	model_walked(w->model, now);
}

static void observe(struct world *w, struct sighting s)
{
	assert_int_equal(model_observe(w->model, &s, s.time_ns), 0);
}

static void expect(struct world *w, const char *told)
{
	tell_unwanted(w);
	assert_string_equal(w->told, told);
	w->told[0] = '\0';
}

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
	expect(w, "configured [42]\nsent 1/3 [42]\nanswered 1 in 1000000 late [42]\nsent 1/3 [42]\n");
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
	observe(w, make_probe(1, 2, 2 * SECOND)); /* the first was before us */
	observe(w, make_probe(1, 5, 3 * SECOND));
	expect(w, "configured [42]\nsent 2/3 [42]\nlost hook 2\nsent 5/3 [42]\n");
	model_lost(w->model, LOST_RING, 4, 3 * SECOND); /* explains the next one */
	observe(w, make_probe(1, 7, 4 * SECOND));
	expect(w, "lost ring 4\nsent 7/3 [42]\n");
	observe(w, make_probe(1, 9, 5 * SECOND));
	expect(w, "lost hook 1\nsent 9/3 [42]\n");
	assert_int_equal(model_counts(w->model).lost_hook, 3);
	world_free(w);
}

/* Plain data answers a probe without resetting the kernel's count. */
static void data_as_an_answer_is_no_gap(void **state)
{
	struct world *w = world_new(10);

	(void)state;
	walk(w, 1, 42, SECOND);
	observe(w, make_probe(1, 1, 2 * SECOND));
	observe(w, make_answer(1, 1, 3 * SECOND));
	observe(w, make_probe(1, 2, 4 * SECOND));
	expect(w, "configured [42]\nsent 1/3 [42]\nanswered 1 in 1000000 [42]\nsent 2/3 [42]\n");
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
	expect(w, "configured [42]\nsent 1/3 [42]\n-- unknown, 1 entries\n");
	model_tick(w->model, 4 * SECOND); /* its owner is not the old one's */
	expect(w, "configured\nsent 1/3\n");
	world_free(w);
}

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

static void a_socket_without_a_file_causes_no_walk(void **state)
{
	struct world *w = world_new(10);
	struct sighting s = make_probe(1, 1, 2 * SECOND);

	(void)state;
	walk(w, 0, 0, SECOND);
	s.id.inode = 0;
	observe(w, s);
	assert_false(model_wants_walk(w->model));
	expect(w, "configured\nsent 1/3\n");
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

/* Pid 42 is wanted. The kernel side is told of others once their owner is known, and they are forgotten. */
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
	observe(w, make_timeout(2, 3, 3 * SECOND)); /* its death would begin a story, but not theirs */
	model_finish(w->model, 4 * SECOND);
	expect(w, "configured [42]\nsent 1/3 [42]\n-- open, 1 entries\n");
	assert_int_equal(model_counts(w->model).connections, 1);
	world_free(w);
}

/* What the kernel side did not tell of a connection that was unwanted is no loss when it is passed to 42. */
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
	assert_int_equal(filter_add_port(w->filter, 4711), 0);
	observe(w, make_probe(1, 1, 2 * SECOND));
	assert_false(model_wants_walk(w->model));
	observe(w, make_timeout(1, 3, 3 * SECOND));
	expect(w, "unwanted 1\n");
	world_free(w);
}

/* Nobody that katrace sees holds it. It is kept in mind, so as not to be looked up each time. */
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

static void the_oldest_idle_is_forgotten_and_counted(void **state)
{
	struct world *w = world_new(2);

	(void)state;
	for (uint64_t sock = 1; sock <= 3; sock++) {
		struct sighting s = make_probe(sock, 1, (1 + sock) * SECOND);

		s.id.inode = 0;
		observe(w, s);
		if (sock == 2) {
			s = make_probe(1, 2, 3 * SECOND);
			s.id.inode = 0;
			observe(w, s);
		}
	}
	expect(w, "configured\nsent 1/3\nconfigured\nsent 1/3\nsent 2/3\n-- forgotten, 1 entries\nlost connections 1\n"
		  "configured\nsent 1/3\n");
	assert_int_equal(model_counts(w->model).lost_connections, 1);
	world_free(w);
}

/* --- --all --- */

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

/* Off and on: two changes, unless keepalive was on all the while and only its timer was set anew. */
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

static void what_is_held_comes_before_what_follows(void **state)
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

/* All ends are told of connections that had keepalive; an orphan's ETIMEDOUT reached nobody. */
static void ends_of_strangers_are_told(void **state)
{
	struct world *w = world_new_with(10, true);
	struct sighting closed = make_sighting(KATRACE_CLOSED, 1, 2 * SECOND);

	(void)state;
	walk(w, 1, 42, SECOND);
	closed.state = TCP_SYN_SENT;
	closed.error = ECONNREFUSED;
	observe(w, closed); /* it never was one */
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
	expect(w, "configured [42]\nended closed_locally 0 [42]\n-- ended, 0 entries\n");
	world_free(w);
}

static void a_held_one_may_be_forgotten(void **state)
{
	struct world *w = world_new_with(1, true);
	struct sighting other = make_probe(2, 1, 3 * SECOND);

	(void)state;
	walk(w, 2, 42, SECOND);
	observe(w, make_switched(false, true, 2 * SECOND));
	observe(w, other); /* makes room */
	model_tick(w->model, 4 * SECOND);
	expect(w, "lost connections 1\nconfigured [42]\nsent 1/3 [42]\n");
	other = make_switched(false, true, 5 * SECOND);
	other.id.sock = 2;
	other.id.inode = 1002;
	observe(w, other); /* and is freed with the world */
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
		cmocka_unit_test(an_answer_without_a_probe),
		cmocka_unit_test(a_late_answer),
		cmocka_unit_test(no_late_answer_once_data_waits),
		cmocka_unit_test(gaps_in_probe_numbers_are_losses),
		cmocka_unit_test(data_as_an_answer_is_no_gap),
		cmocka_unit_test(suppression_has_a_begin_and_an_end),
		cmocka_unit_test(changed_settings_are_said),
		cmocka_unit_test(ends_of_strangers_are_silent_unless_the_peer_was_lost),
		cmocka_unit_test(a_reused_sock_is_another_connection),
		cmocka_unit_test(events_wait_for_their_owner),
		cmocka_unit_test(events_wait_a_second_at_most),
		cmocka_unit_test(an_old_owner_is_looked_up_again),
		cmocka_unit_test(a_socket_without_a_file_causes_no_walk),
		cmocka_unit_test(the_last_owner_is_kept),
		cmocka_unit_test(only_the_wanted_pids),
		cmocka_unit_test(one_that_is_passed_on_begins_anew),
		cmocka_unit_test(other_places_do_not_enter),
		cmocka_unit_test(unknown_owners_are_no_others),
		cmocka_unit_test(the_oldest_idle_is_forgotten_and_counted),
		cmocka_unit_test(switched_on_and_off),
		cmocka_unit_test(a_changed_idle_time_is_no_switching),
		cmocka_unit_test(what_is_held_comes_before_what_follows),
		cmocka_unit_test(ends_of_strangers_are_told),
		cmocka_unit_test(a_held_one_may_be_forgotten),
		cmocka_unit_test(freeing_in_the_middle_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
