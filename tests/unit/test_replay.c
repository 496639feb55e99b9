// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Replays look as the live run did: the same sightings go to text at once, and to JSON, which is read back and then
 * goes to text. Both texts must be equal.
 */
#include "unit.h"

#include "format/json_reader.h"
#include "model/model.h"
#include "format/json_writer.h"
#include "format/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* CLOCK_REALTIME - CLOCK_BOOTTIME: 2026-11-20 21:04:10.114000001 at 0 */
#define WALL_OFFSET 1795208650114000001ULL
#define OWN_NETNS 8
#define ROOM (256 * 1024)
/* A sock whose owner is not found: its events wait. */
#define UNKNOWN 10

struct page {
	struct text *text;
	struct out out;
	char buf[ROOM];
};

struct world {
	struct owners *owners;
	struct filter *all, *wanted; /* of the recording; of both texts */
	struct model *recorder, *live;
	struct page live_page, replay_page;
	bool walked;
	uint64_t sequence;
	uint64_t now_ns;
	struct json_writer *writer;
	struct out recording;
	char recorded[ROOM];
};

/* --- three outputs --- */

static void to_page(struct page *page, const struct event *event)
{
	char buf[2 * TEXT_LINE_MAX];
	struct out out = out_make(buf, sizeof(buf));

	text_event(page->text, event, &out);
	assert_false(out.cut);
	out_bytes(&page->out, buf, out.used);
}

static void timeline_to_page(struct page *page, const struct connection *c)
{
	char buf[TEXT_TIMELINE_MAX];
	struct out out = out_make(buf, sizeof(buf));

	text_timeline(page->text, c, &out);
	assert_false(out.cut);
	out_bytes(&page->out, buf, out.used);
}

static void live_event(void *ctx, const struct event *event)
{
	struct event told = *event;
	struct world *w = ctx;

	told.wall_ns = event->time_ns + WALL_OFFSET;
	to_page(&w->live_page, &told);
}

static void live_finished(void *ctx, const struct connection *c)
{
	struct world *w = ctx;

	timeline_to_page(&w->live_page, c);
}

static void record_event(void *ctx, const struct event *event)
{
	struct world *w = ctx;
	const struct event_line line = { "5f3a", ++w->sequence };
	struct event told = *event;

	told.wall_ns = event->time_ns + WALL_OFFSET;
	json_writer_event(w->writer, &line, &told, &w->recording);
}

static void record_nothing(void *ctx, const struct connection *c)
{
	(void)ctx;
	(void)c;
}

static void replayed_event(void *ctx, const struct event *event)
{
	struct world *w = ctx;

	to_page(&w->replay_page, event);
}

static void replayed_finished(void *ctx, const struct connection *c)
{
	struct world *w = ctx;

	timeline_to_page(&w->replay_page, c);
}

/* --- the world --- */

static struct model *make_model(struct world *w, const struct filter *filter, const struct model_output *output)
{
	const struct model_options options = { .max_connections = 100, .filter = filter };
	struct model *model = model_new(&options, output, w->owners);

	assert_non_null(model);
	return model;
}

static void open_page(struct page *page)
{
	const struct text_options options = { .own_netns = OWN_NETNS };

	page->out = out_make(page->buf, sizeof(page->buf) - 1);
	page->text = text_new(&options);
	assert_non_null(page->text);
}

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct model_output recorder = { .event = record_event, .finished = record_nothing, .ctx = w };
	const struct model_output live = { .event = live_event, .finished = live_finished, .ctx = w };

	assert_non_null(w);
	w->recording = out_make(w->recorded, sizeof(w->recorded));
	w->writer = json_writer_new();
	assert_non_null(w->writer);
	w->owners = owners_new();
	w->all = filter_new();
	w->wanted = filter_new();
	w->recorder = make_model(w, w->all, &recorder);
	w->live = make_model(w, w->wanted, &live);
	open_page(&w->live_page);
	open_page(&w->replay_page);
	return w;
}

static void world_free(struct world *w)
{
	model_free(w->recorder);
	model_free(w->live);
	filter_free(w->all);
	filter_free(w->wanted);
	owners_free(w->owners);
	json_writer_free(w->writer);
	text_free(w->live_page.text);
	text_free(w->replay_page.text);
	free(w);
}

/* Sock 1 has three holders, and the filter is set up. */
static void walk(struct world *w)
{
	struct katrace_owner found = { .sock = 1, .inode = 1001, .comm = "ss\x1bhd" };
	struct process process = { .comm = found.comm };
	struct cgroup cgroup = { .id = 4711 };
	struct found_process known = { 0 };

	memset(cgroup.container, 'c', CONTAINER_ID_LENGTH);
	owners_walk_begin(w->owners, SECOND);
	known.cgroup = owners_add_cgroup(w->owners, &found, &cgroup);
	for (found.pid = 1787; found.pid < 1790; found.pid++) {
		process.pid = found.pid;
		known.meets = filter_process(w->wanted, &process) | filter_cgroup(w->wanted, &cgroup, "");
		assert_int_equal(owners_found(w->owners, &found, &known), 0);
	}
	owners_walk_end(w->owners);
	w->walked = true;
}

static void observe(struct world *w, struct sighting s)
{
	if (!w->walked)
		walk(w);
	w->now_ns = s.time_ns > w->now_ns ? s.time_ns : w->now_ns;
	if (s.id.sock != 1 && s.id.sock != UNKNOWN) { /* no owner, and none is looked for */
		s.id.inode = 0;
		s.orphan = true;
	}
	assert_int_equal(model_observe(w->recorder, &s, s.time_ns), 0);
	assert_int_equal(model_observe(w->live, &s, s.time_ns), 0);
}

static void replay_all(struct world *w)
{
	const struct model_options options = { .max_connections = 100, .filter = w->wanted };
	const struct model_output output = { .event = replayed_event, .finished = replayed_finished, .ctx = w };
	struct replay *replay = replay_new(&options, &output);
	struct ndjson *ndjson = ndjson_new();
	struct recorded recorded;

	assert_non_null(replay);
	assert_non_null(ndjson);
	for (char *line = w->recorded, *end; line < w->recorded + w->recording.used; line = end + 1) {
		end = memchr(line, '\n', (size_t)(w->recorded + w->recording.used - line));
		assert_non_null(end);
		assert_int_equal(ndjson_read(ndjson, line, (size_t)(end - line), &recorded), 0);
		assert_int_equal(replay_event(replay, &recorded), 0);
	}
	replay_finish(replay, w->now_ns + WALL_OFFSET);
	replay_free(replay);
	ndjson_free(ndjson);
}

/* The run is over. Compares both texts, and checks that they contain part. */
static void expect_the_same_with(struct world *w, const char *part)
{
	model_finish(w->recorder, w->now_ns);
	model_finish(w->live, w->now_ns);
	assert_false(w->recording.cut);
	replay_all(w);
	assert_false(w->live_page.out.cut);
	assert_string_equal(w->replay_page.buf, w->live_page.buf);
	if (!strstr(w->replay_page.buf, part))
		print_error("'%s' is missing in:\n%s", part, w->replay_page.buf);
	assert_non_null(strstr(w->replay_page.buf, part));
	world_free(w);
}

/* --- what happens in it --- */

static void a_life(void **state)
{
	struct world *w = world_new();

	(void)state;
	for (uint64_t i = 0; i < 70; i++) {
		observe(w, make_probe(1, 1, (2 + i) * SECOND));
		observe(w, make_answer(1, 1, (2 + i) * SECOND + (80 + 7 * i) * 1000));
	}
	observe(w, make_probe(1, 1, 103 * SECOND));
	observe(w, make_probe(1, 2, 104 * SECOND));
	observe(w, make_probe(1, 3, 105 * SECOND));
	observe(w, make_timeout(1, 3, 106 * SECOND));
	expect_the_same_with(w, "ss\\x1bhd[1787, 1788, 1789]  container cccccccccccc");
}

static void late_and_early_answers(void **state)
{
	struct world *w = world_new();
	struct sighting next = make_probe(1, 1, 33 * SECOND);

	(void)state;
	observe(w, make_answer(2, 1, 2 * SECOND + 80000));
	observe(w, make_probe(2, 1, 2 * SECOND));
	observe(w, make_probe(1, 1, 2 * SECOND));
	next.silent_us = 30000000;
	observe(w, next);
	expect_the_same_with(w, "answered within about 1.0s");
}

static void refused_here(void **state)
{
	struct world *w = world_new();

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		struct sighting s = make_probe(1, 0, (2 + i) * SECOND);

		s.kind = KATRACE_PROBE_DROPPED;
		s.has_result = i % 2;
		s.result = 1;
		observe(w, s);
	}
	expect_the_same_with(w, "not sent: refused by the local stack, 4 times");
}

/* The states a connection can be probed in. */
static void half_closed(void **state)
{
	struct world *w = world_new();

	(void)state;
	for (uint8_t tcp_state = TCP_ESTABLISHED; tcp_state <= TCP_CLOSING; tcp_state++) {
		struct sighting s = make_probe(1, 1, (2 + tcp_state) * SECOND);

		s.state = tcp_state;
		observe(w, s);
		s = make_answer(1, 1, (2 + tcp_state) * SECOND + MS);
		s.state = tcp_state;
		observe(w, s);
	}
	expect_the_same_with(w, "7 probes");
}

static void counted_but_refused(void **state)
{
	struct world *w = world_new();
	struct sighting s = make_probe(1, 1, 2 * SECOND);

	(void)state;
	s.has_result = true;
	s.result = -EPERM;
	observe(w, s);
	observe(w, make_timeout(1, 1, 6 * SECOND));
	expect_the_same_with(w, "Probes were refused on this host (EPERM");
}

static void suppressions(void **state)
{
	struct world *w = world_new();
	struct sighting s = make_sighting(KATRACE_SUPPRESSED, 1, 2 * SECOND);

	(void)state;
	s.unacked_bytes = 11;
	observe(w, s);
	observe(w, make_sighting(KATRACE_SETTLED, 1, 4 * SECOND + 345678));
	s.time_ns = 6 * SECOND;
	s.window_probe = true;
	s.queued_bytes = 1;
	observe(w, s);
	s.id.sock = 2;
	s.kind = KATRACE_SUPPRESSED;
	observe(w, s);
	s.kind = KATRACE_CLOSED;
	s.time_ns = 9 * SECOND;
	s.error = ETIMEDOUT;
	s.retransmits = 15;
	observe(w, s);
	expect_the_same_with(w, "window probing in charge");
}

/* As said live, after an end that came later. */
static void closed_when_idle(void **state)
{
	struct world *w = world_new();
	struct sighting s = make_sighting(KATRACE_CLOSING, 1, 9 * SECOND);

	(void)state;
	observe(w, make_probe(1, 1, 2 * SECOND));
	observe(w, make_answer(1, 1, 2 * SECOND + 1000));
	s.data = (struct data_age){ true, 8000000, 9000000 };
	observe(w, s);
	s.state = TCP_CLOSE_WAIT;
	s.close_reason = KATRACE_REASON_EXIT;
	observe(w, s);
	s.kind = KATRACE_CLOSED;
	s.state = TCP_LAST_ACK;
	s.data.received_us += 5000000;
	s.data.sent_us += 5000000;
	observe(w, s);
	expect_the_same_with(w, "closed by peer after 8.0s without data; its process exited");
}

static void settings_change(void **state)
{
	struct world *w = world_new();
	struct sighting s = make_probe(1, 1, 3 * SECOND);

	(void)state;
	observe(w, make_probe(1, 1, 2 * SECOND));
	observe(w, make_answer(1, 1, 2 * SECOND + 1000));
	s.settings.idle_s = 60;
	s.settings.user_timeout_ms = 12500;
	s.settings.from_sysctl = KATRACE_IDLE | KATRACE_INTERVAL | KATRACE_PROBE_LIMIT;
	observe(w, s);
	s = make_timeout(1, 1, 9 * SECOND);
	s.settings.user_timeout_ms = 12500;
	s.settings.enabled = false;
	observe(w, s);
	expect_the_same_with(w, "TCP_USER_TIMEOUT (12.5s)");
}

static void timeout_set_when_off(void **state)
{
	struct world *w = world_new();
	struct sighting s = make_timeout(1, 1, 9 * SECOND);

	(void)state;
	observe(w, make_probe(1, 1, 2 * SECOND));
	observe(w, make_answer(1, 1, 2 * SECOND + 1000));
	s.settings.user_timeout_ms = 12500;
	s.settings.enabled = false;
	observe(w, s);
	expect_the_same_with(w, "TCP_USER_TIMEOUT (12.5s)");
}

/* Every error that has a verdict of its own, from every state. */
static void every_end(void **state)
{
	static const int errors[] = { 0, ETIMEDOUT, ECONNRESET, EPIPE, ECONNABORTED, EHOSTUNREACH, ENETUNREACH, 511 };
	struct world *w = world_new();
	uint64_t time = 2 * SECOND;

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		for (uint8_t tcp_state = TCP_ESTABLISHED; tcp_state <= TCP_CLOSING; tcp_state++, time += SECOND) {
			struct sighting s = make_sighting(KATRACE_CLOSED, 1, time + MS);

			observe(w, make_probe(1, 1, time));
			s.state = tcp_state;
			s.error = errors[i];
			s.retransmits = tcp_state % 3;
			s.probes_out = tcp_state % 2;
			observe(w, s);
		}
	}
	expect_the_same_with(w, "errno 511");
}

/* Oldest first, though its lines came last. */
static void several_still_open(void **state)
{
	struct world *w = world_new();

	(void)state;
	observe(w, make_probe(UNKNOWN, 1, 1 * SECOND));
	for (uint64_t sock = 9; sock > 0; sock--)
		observe(w, make_probe(sock, 1, (11 - sock) * SECOND));
	observe(w, make_answer(9, 1, 12 * SECOND));
	observe(w, make_timeout(5, 1, 13 * SECOND));
	expect_the_same_with(w, "Still open. A dead peer is noticed 45s after it was last heard.");
}

static void losses(void **state)
{
	struct world *w = world_new();

	(void)state;
	observe(w, make_probe(1, 1, 2 * SECOND));
	observe(w, make_probe(1, 4, 3 * SECOND)); /* lost: hook */
	model_lost(w->recorder, LOST_RING, 17, 4 * SECOND);
	model_lost(w->live, LOST_RING, 17, 4 * SECOND);
	model_lost(w->recorder, LOST_OUTPUT, 1, 4 * SECOND);
	model_lost(w->live, LOST_OUTPUT, 1, 4 * SECOND);
	expect_the_same_with(w, "2 events that katrace's hooks did not see");
}

static void ipv6(void **state)
{
	struct world *w = world_new();
	struct sighting s = make_probe(1, 1, 2 * SECOND);

	(void)state;
	s.id.local.ipv6 = s.id.peer.ipv6 = true;
	inet_pton(AF_INET6, "2001:db8::1", s.id.local.addr);
	inet_pton(AF_INET6, "fe80::7:1", s.id.peer.addr);
	s.id.netns = OWN_NETNS;
	identity_set_scope(&s.id, &(struct scope){ 3, "eth0" });
	observe(w, s);
	expect_the_same_with(w, "[2001:db8::1]:22 - [fe80::7:1%eth0]:51040");
}

/* The recording has the name: the namespace need not exist any more. */
static void named_namespace(void **state)
{
	struct world *w = world_new();
	struct sighting s = make_probe(1, 1, 2 * SECOND);

	(void)state;
	s.id.netns = 4026532177;
	s.id.netns_name = "bl\033\xe4\xb8\xad ue";
	observe(w, s);
	expect_the_same_with(w, "  netns bl\\x1b\xe4\xb8\xad ue\n");
}

/* In another network namespace its interface has no name here. */
static void scope_without_a_name(void **state)
{
	struct world *w = world_new();
	struct sighting s = make_probe(1, 1, 2 * SECOND);

	(void)state;
	s.id.local.ipv6 = s.id.peer.ipv6 = true;
	inet_pton(AF_INET6, "fe80::8", s.id.local.addr);
	inet_pton(AF_INET6, "fe80::7:1", s.id.peer.addr);
	identity_set_scope(&s.id, &(struct scope){ 3, "" });
	observe(w, s);
	expect_the_same_with(w, "[fe80::8%3]:22 - [fe80::7:1%3]:51040");
}

static void with_filters(void **state)
{
	struct world *w = world_new();

	(void)state;
	filter_set_failures(w->wanted);
	assert_int_equal(filter_add_pid(w->wanted, 1788, 0), 0);
	assert_int_equal(filter_add_container(w->wanted, "ccc"), 0);
	assert_int_equal(filter_add_comm(w->wanted, "ss*"), 0);
	for (uint64_t sock = 1; sock <= 2; sock++) {
		observe(w, make_probe(sock, 1, 2 * SECOND));
		observe(w, make_answer(sock, 1, 2 * SECOND + 80000));
		observe(w, make_probe(sock, 1, 4 * SECOND));
		observe(w, make_probe(sock, 2, 5 * SECOND));
	}
	expect_the_same_with(w, "[1787, 1788, 1789]");
}

/* --- what only a replay meets --- */

static struct recorded make_recorded(enum event_kind kind, uint64_t id, uint64_t time_ns)
{
	const struct sighting s = make_probe(1, 1, time_ns);
	struct recorded r = {
		.kind = RECORDED_EVENT,
		.time_ns = time_ns,
		.event = { .kind = kind, .time_ns = time_ns, .settings = s.settings },
		.id = s.id,
	};

	snprintf(r.connection_id, sizeof(r.connection_id), "5f3a-%u", (unsigned int)id);
	return r;
}

static void count_event(void *ctx, const struct event *event)
{
	(void)event;
	((int *)ctx)[0]++;
}

static void count_finished(void *ctx, const struct connection *c)
{
	((int *)ctx)[1 + c->fate]++;
}

static void it_is_bounded(void **state)
{
	static const uint64_t ids[] = { 1, 2, 1, 3, 1, 3, 2, 4, 3 }; /* no room for 3 and 4 */
	int counts[2 + FATE_LEFT] = { 0 };
	struct filter *filter = filter_new();
	const struct model_options options = { .max_connections = 2, .filter = filter };
	const struct model_output output = { .event = count_event, .finished = count_finished, .ctx = counts };
	struct replay *replay = replay_new(&options, &output);

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct recorded r = make_recorded(EVENT_CONFIGURED, ids[i], (i + 1) * SECOND);

		assert_int_equal(replay_event(replay, &r), 0);
	}
	replay_finish(replay, 6 * SECOND);
	replay_finish(replay, 7 * SECOND); /* nothing is left */
	assert_int_equal(counts[0], 9);
	assert_int_equal(counts[1 + FATE_OPEN], 2);
	assert_int_equal(replay_counts(replay).connections, 4);
	assert_int_equal(replay_counts(replay).lost_connections, 2);
	replay_free(replay);
	filter_free(filter);
}

/* A clock that was set back while it recorded: no time is negative, and none is 580 years. */
static void time_that_runs_backwards(void **state)
{
	struct world *w = world_new();
	const struct model_options options = { .max_connections = 100, .filter = w->all };
	const struct model_output output = { .event = replayed_event, .finished = replayed_finished, .ctx = w };
	struct replay *replay = replay_new(&options, &output);
	struct recorded r = make_recorded(EVENT_SUPPRESSED, 1, 100 * SECOND);

	(void)state;
	r.event.suppressed.begin = true;
	assert_int_equal(replay_event(replay, &r), 0);
	r = make_recorded(EVENT_SUPPRESSED, 1, 50 * SECOND);
	assert_int_equal(replay_event(replay, &r), 0);
	r = make_recorded(EVENT_ENDED, 1, 40 * SECOND);
	r.event.ended.verdict = VERDICT_CLOSED_BY_PEER;
	assert_int_equal(replay_event(replay, &r), 0);
	assert_non_null(strstr(w->replay_page.buf, "in charge for 0us\n"));
	assert_non_null(strstr(w->replay_page.buf, "      +0.0s  ended"));
	replay_free(replay);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_life),
		cmocka_unit_test(late_and_early_answers),
		cmocka_unit_test(refused_here),
		cmocka_unit_test(half_closed),
		cmocka_unit_test(counted_but_refused),
		cmocka_unit_test(suppressions),
		cmocka_unit_test(closed_when_idle),
		cmocka_unit_test(settings_change),
		cmocka_unit_test(timeout_set_when_off),
		cmocka_unit_test(every_end),
		cmocka_unit_test(several_still_open),
		cmocka_unit_test(losses),
		cmocka_unit_test(ipv6),
		cmocka_unit_test(named_namespace),
		cmocka_unit_test(scope_without_a_name),
		cmocka_unit_test(with_filters),
		cmocka_unit_test(it_is_bounded),
		cmocka_unit_test(time_that_runs_backwards),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
