// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* JSON lines, to the letter, and their maximum length. The lines are also validated against the schema. */
#include "unit.h"

#include "format/fields.h"
#include "format/json_writer.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

static const struct event_line place = { .run = "5f3a", .sequence = 17 };

#define WALL_NS 1795208650114000001 /* 2026-11-20 21:04:10.114000001 UTC */

#define HEAD(name, number, text)                                                                                       \
	"{\"timestamp\":\"2026-11-20T21:04:10.114000001Z\",\"schema_version\":\"" SCHEMA_VERSION                       \
	"\",\"event_name\":\"katrace." name "\",\"severity_number\":" number ",\"severity_text\":\"" text              \
	"\",\"sequence\":17,"
#define NETWORK                                                                                                        \
	"\"network\":{\"transport\":\"tcp\",\"type\":\"ipv4\",\"local\":{\"address\":\"10.0.2.15\",\"port\":22},"      \
	"\"peer\":{\"address\":\"10.0.2.2\",\"port\":51040},\"connection\":{\"state\":\"established\"}},"
#define PROCESS "\"process\":{\"pid\":1787,\"name\":\"sshd\"},"
#define CONNECTION                                                                                                     \
	"\"katrace\":{\"connection_id\":\"5f3a-12\",\"netns\":\"7\",\"socket_inode\":\"1001\","                        \
	"\"keepalive\":{\"enabled\":true,\"idle_s\":30,\"interval_s\":5,\"probe_limit\":3,\"user_timeout_ms\":0,"      \
	"\"from_sysctl\":[\"interval_s\"]},\"silent_us\":30000000,\"heard_us\":2000000"
#define INFO(name) HEAD(name, "9", "INFO") NETWORK PROCESS CONNECTION
#define WARN(name) HEAD(name, "13", "WARN") NETWORK PROCESS CONNECTION

static struct connection make_connection(void)
{
	const struct sighting s = make_probe(1, 1, SECOND);

	return (struct connection){ .number = 12, .id = s.id, .owner = { .pid = 1787, .comm = "sshd" } };
}

static struct event make_event(enum event_kind kind, const struct connection *c)
{
	const struct sighting s = make_probe(1, 1, SECOND);

	return (struct event){
		.kind = kind,
		.wall_ns = WALL_NS,
		.connection = c,
		.settings = s.settings,
		.state = s.state,
		.silent_us = s.silent_us,
		.heard_us = 2000000,
	};
}

static void write_event(const struct event_line *line, const struct event *event, struct out *out)
{
	struct json_writer *writer = json_writer_new();

	assert_non_null(writer);
	json_writer_event(writer, line, event, out);
	json_writer_free(writer);
}

static void write_started(const struct started *started, struct out *out)
{
	struct json_writer *writer = json_writer_new();

	assert_non_null(writer);
	json_writer_started(writer, &place, started, out);
	json_writer_free(writer);
}

static void write_stats(const struct stats *stats, struct out *out)
{
	struct json_writer *writer = json_writer_new();

	assert_non_null(writer);
	json_writer_stats(writer, &place, stats, out);
	json_writer_free(writer);
}

/* For the validator, where there is one. */
static void keep(const char *line, size_t n)
{
	const char *dir = getenv("KATRACE_LINES");
	char path[4096];
	FILE *file;

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/unit.ndjson", dir);
	file = fopen(path, "a");
	assert_non_null(file);
	assert_int_equal(fwrite(line, 1, n, file), n);
	fclose(file);
}

/* One line that a parser understands. */
static void check_line(const struct out *out)
{
	struct json_object *object;
	char text[EVENTS_LINE_MAX + 1];

	assert_false(out->cut);
	assert_true(out->used <= EVENTS_LINE_MAX);
	memcpy(text, out->buf, out->used);
	text[out->used] = '\0';
	assert_ptr_equal(strchr(text, '\n'), text + out->used - 1);
	object = json_tokener_parse(text);
	assert_non_null(object);
	json_object_put(object);
	keep(text, out->used);
}

static void expect(const struct event *event, const char *line)
{
	char buf[2 * EVENTS_LINE_MAX];
	struct out out = out_make(buf, sizeof(buf) - 1);
	struct event told = *event;

	told.severity = event_severity(event);
	write_event(&place, &told, &out);
	check_line(&out);
	buf[out.used - 1] = '\0';
	assert_string_equal(buf, line);
}

static void configured(void **state)
{
	const struct connection c = make_connection();
	struct event event = make_event(EVENT_CONFIGURED, &c);

	(void)state;
	expect(&event, INFO("configured") "}}");
	event.changed.middlebox_timeout_s = 20;
	expect(&event, WARN("configured") ",\"middlebox_timeout_s\":20}}");
	event.changed.middlebox_connections = 25;
	expect(&event, WARN("configured") ",\"middlebox_timeout_s\":20,\"middlebox_connections\":25}}");
	event.changed.middlebox_connections = 0;
	event.changed.middlebox_timeout_s = 0;
	event.changed.settings = KATRACE_IDLE | KATRACE_PROBE_LIMIT;
	event.changed.user_timeout = true;
	expect(&event, INFO("configured") ",\"changed\":[\"idle_s\",\"probe_limit\",\"user_timeout_ms\"]}}");
	event = make_event(EVENT_CONFIGURED, &c);
	event.changed.enabled = true;
	event.settings.enabled = false;
	expect(&event, HEAD("configured", "9", "INFO") NETWORK PROCESS
	       "\"katrace\":{\"connection_id\":\"5f3a-12\",\"netns\":\"7\",\"socket_inode\":\"1001\","
	       "\"keepalive\":{\"enabled\":false},\"silent_us\":30000000,\"heard_us\":2000000,\"changed\":[\"enabled\"]}}");
	event.settings.user_timeout_ms = 20000;
	expect(&event, HEAD("configured", "9", "INFO") NETWORK PROCESS
	       "\"katrace\":{\"connection_id\":\"5f3a-12\",\"netns\":\"7\",\"socket_inode\":\"1001\","
	       "\"keepalive\":{\"enabled\":false,\"user_timeout_ms\":20000},\"silent_us\":30000000,\"heard_us\":2000000,"
	       "\"changed\":[\"enabled\"]}}");
}

static void probes(void **state)
{
	const struct connection c = make_connection();
	struct event event = make_event(EVENT_PROBE_SENT, &c);

	(void)state;
	event.probe.number = 1;
	event.probe.limit = 3;
	expect(&event, INFO("probe_sent") ",\"probe\":{\"number\":1,\"limit\":3}}}");
	event.probe.number = 2; /* the one before it went unanswered */
	event.probe.limit = 0;  /* the user timeout decides */
	event.probe.has_result = true;
	event.probe.result = -EPERM;
	expect(&event, WARN("probe_sent") ",\"probe\":{\"number\":2},\"result\":-1}}");
	event = make_event(EVENT_PROBE_DROPPED, &c);
	event.probe.number = 1;
	event.probe.limit = 3;
	expect(&event, WARN("probe_dropped") ",\"probe\":{\"number\":1}}}");
	event.probe.has_result = true;
	event.probe.result = 1;
	expect(&event, WARN("probe_dropped") ",\"probe\":{\"number\":1},\"result\":1}}");
}

static void answers(void **state)
{
	const struct connection c = make_connection();
	struct event event = make_event(EVENT_PROBE_ANSWERED, &c);

	(void)state;
	event.answer.number = 3;
	event.answer.rtt_us = 114;
	expect(&event, INFO("probe_answered") ",\"probe\":{\"number\":3},\"rtt_us\":114}}");
	event.answer.late = true;
	expect(&event, INFO("probe_answered") ",\"probe\":{\"number\":3},\"rtt_us\":114,\"late\":true}}");
}

static void suppressions(void **state)
{
	const struct connection c = make_connection();
	struct event event = make_event(EVENT_SUPPRESSED, &c);

	(void)state;
	event.suppressed.begin = true;
	event.suppressed.unacked_bytes = 11;
	event.suppressed.queued_bytes = 4;
	event.suppressed.retransmits = 2;
	expect(&event, WARN("suppressed") ",\"phase\":\"begin\",\"unacked_bytes\":11,\"queued_bytes\":4,"
					  "\"retransmits\":2,\"timer\":\"retransmit\"}}");
	event.suppressed.window_probe = true;
	event.suppressed.gives_up_ms = 924600;
	expect(&event, WARN("suppressed") ",\"phase\":\"begin\",\"unacked_bytes\":11,\"queued_bytes\":4,"
					  "\"retransmits\":2,\"timer\":\"window_probe\",\"gives_up_ms\":924600}}");
	event = make_event(EVENT_SUPPRESSED, &c);
	expect(&event, WARN("suppressed") ",\"phase\":\"end\",\"unacked_bytes\":0,\"queued_bytes\":0,"
					  "\"retransmits\":0}}");
}

#define REASON(reason)                                                                                                 \
	INFO("ended")                                                                                                  \
	",\"verdict\":\"closed_by_peer\",\"close_reason\":\"" reason "\",\"probes_unanswered\":0,\"probes_sent\":0,"   \
	"\"probes_answered\":0,\"observed_us\":0,\"partial\":false}}"

static void ends(void **state)
{
	const struct connection c = make_connection();
	struct event event = make_event(EVENT_ENDED, &c);

	(void)state;
	event.ended.verdict = VERDICT_CLOSED_BY_PEER;
	expect(&event, INFO("ended") ",\"verdict\":\"closed_by_peer\",\"probes_unanswered\":0,\"probes_sent\":0,"
				     "\"probes_answered\":0,\"observed_us\":0,\"partial\":false}}");
	event.data = (struct data_age){ true, 8000000, 0 };
	expect(&event,
	       INFO("ended") ",\"data_received_us\":8000000,\"data_sent_us\":0,\"verdict\":\"closed_by_peer\","
			     "\"probes_unanswered\":0,\"probes_sent\":0,\"probes_answered\":0,\"observed_us\":0,"
			     "\"partial\":false}}");
	event.data.known = false;
	for (enum katrace_close_reason i = KATRACE_REASON_CLOSE; i < KATRACE_REASONS; i++) {
		static const char *const lines[KATRACE_REASONS] = {
			[KATRACE_REASON_CLOSE] = REASON("close"),
			[KATRACE_REASON_SHUTDOWN] = REASON("shutdown"),
			[KATRACE_REASON_EXIT] = REASON("process_exit"),
		};

		event.ended.close_reason = i;
		expect(&event, lines[i]);
	}
	event.ended.close_reason = KATRACE_REASON_UNKNOWN;
	event.ended.verdict = VERDICT_RETRANSMISSION_TIMEOUT;
	event.ended.error = ETIMEDOUT;
	event.ended.probes_sent = 5;
	event.ended.probes_answered = 4;
	event.ended.observed_us = 55135000;
	event.ended.partial = true;
	event.ended.retransmits = 15;
	event.ended.unacked_bytes = 11;
	expect(&event, HEAD("ended", "13", "WARN") NETWORK PROCESS
	       "\"error\":{\"type\":\"retransmission_timeout\"}," CONNECTION
	       ",\"verdict\":\"retransmission_timeout\",\"errno\":\"ETIMEDOUT\",\"probes_unanswered\":0,"
	       "\"probes_sent\":5,\"probes_answered\":4,\"observed_us\":55135000,\"partial\":true,\"retransmits\":15,"
	       "\"unacked_bytes\":11}}");
	event.ended.verdict = VERDICT_CLOSE_TIMEOUT;
	event.ended.error = 0;
	event.ended.queued_bytes = 7;
	event.ended.orphan = true;
	event.ended.write_err = true;
	expect(&event, HEAD("ended", "13", "WARN") NETWORK PROCESS
	       "\"error\":{\"type\":\"close_timeout\"}," CONNECTION
	       ",\"verdict\":\"close_timeout\",\"probes_unanswered\":0,\"probes_sent\":5,\"probes_answered\":4,"
	       "\"observed_us\":55135000,\"partial\":true,\"retransmits\":15,\"unacked_bytes\":11,"
	       "\"queued_bytes\":7,\"orphan\":true,\"write_err\":true}}");
}

/* In a container, and shared. */
static void owners(void **state)
{
	struct connection c = make_connection();
	struct event event = make_event(EVENT_CONFIGURED, &c);

	(void)state;
	c.owner.n_others = 2;
	c.owner.other_pids[0] = 1790;
	c.owner.other_pids[1] = 1788;
	c.owner.cgroup.id = 9871;
	strcpy(c.owner.cgroup.container, "0123abcd");
	expect(&event, HEAD("configured", "9", "INFO") NETWORK PROCESS
	       "\"container\":{\"id\":\"0123abcd\"},\"katrace\":{\"connection_id\":\"5f3a-12\",\"netns\":\"7\","
	       "\"socket_inode\":\"1001\",\"cgroup_id\":\"9871\",\"other_pids\":[1790,1788],"
	       "\"keepalive\":{\"enabled\":true,\"idle_s\":30,\"interval_s\":5,\"probe_limit\":3,\"user_timeout_ms\":0,"
	       "\"from_sysctl\":[\"interval_s\"]},\"silent_us\":30000000,\"heard_us\":2000000}}");
	c = make_connection();
	strcpy(c.owner.title, "Main\"\n\xff");
	expect(&event, HEAD("configured", "9", "INFO") NETWORK
	       "\"process\":{\"pid\":1787,\"name\":\"sshd\",\"title\":\"Main\\\"\\u000a\xef\xbf\xbd\"}," CONNECTION
	       "}}");
	c.owner.pid = 0; /* a title alone says nothing */
	c.id.inode = 0;
	expect(&event, HEAD("configured", "9", "INFO") NETWORK
	       "\"katrace\":{\"connection_id\":\"5f3a-12\",\"netns\":\"7\","
	       "\"keepalive\":{\"enabled\":true,\"idle_s\":30,\"interval_s\":5,\"probe_limit\":3,\"user_timeout_ms\":0,"
	       "\"from_sysctl\":[\"interval_s\"]},\"silent_us\":30000000,\"heard_us\":2000000}}");
}

/* Nobody was heard: the kernel has no time of that, and what it has in its place must not be shown. */
static void never_connected(void **state)
{
	const struct connection c = make_connection();
	struct event event = make_event(EVENT_ENDED, &c);
	char buf[EVENTS_LINE_MAX];
	struct out out = out_make(buf, sizeof(buf) - 1);

	(void)state;
	event.state = TCP_SYN_SENT;
	event.ended.verdict = VERDICT_CONNECT_TIMEOUT;
	write_event(&place, &event, &out);
	check_line(&out);
	buf[out.used] = '\0';
	assert_non_null(strstr(buf, "\"state\":\"syn_sent\""));
	assert_null(strstr(buf, "silent_us"));
	assert_null(strstr(buf, "heard_us"));
}

/* The schema accepts the line for every verdict in every state. */
static void every_verdict_and_state(void **state)
{
	const struct connection c = make_connection();
	struct event event = make_event(EVENT_ENDED, &c);
	char buf[EVENTS_LINE_MAX];

	(void)state;
	for (int i = 0; i < 64; i++) {
		struct out out = out_make(buf, sizeof(buf));

		event.ended.verdict = (enum verdict)(i % VERDICTS);
		event.state = (uint8_t)i;
		event.ended.error = i < 32 ? i : 500 + i;
		write_event(&place, &event, &out);
		check_line(&out);
	}
}

static void losses(void **state)
{
	struct event event = { .kind = EVENT_EVENTS_LOST, .wall_ns = WALL_NS };

	(void)state;
	event.lost.stage = LOST_OUTPUT;
	event.lost.count = 240;
	expect(&event, HEAD("events_lost", "13", "WARN") "\"katrace\":{\"stage\":\"output\",\"count\":240}}");
}

static void begin_and_sums(void **state)
{
	const struct started started = {
		.wall_ns = WALL_NS,
		.kernel_release = "6.1.0-56-cloud-amd64",
		.hook_mode = "fentry",
		.hooks = { "fentry/tcp_keepalive_timer", "fentry/tcp_ack" },
		.n_hooks = 2,
		.degraded = { "nothing of note" },
		.n_degraded = 1,
		.netns = 4026531840,
	};
	const struct stats stats = { 1, 2, 3, 4, 5, 6, { 7, 8, 9, 10, 11 }, { 12, 13, 14, 15, 16 }, true, WALL_NS };
	char buf[EVENTS_LINE_MAX];
	struct out out = out_make(buf, sizeof(buf) - 1);

	(void)state;
	write_started(&started, &out);
	check_line(&out);
	buf[out.used] = '\0';
	assert_string_equal(
		buf,
		HEAD("started", "9",
		     "INFO") "\"katrace\":{\"version\":\"" KATRACE_VERSION
			     "\",\"kernel_release\":\"6.1.0-56-cloud-amd64\",\"hook_mode\":\"fentry\",\"hooks\":"
			     "[\"fentry/tcp_keepalive_timer\",\"fentry/tcp_ack\"],\"degraded\":[\"nothing of note\"],"
			     "\"netns\":\"4026531840\"}}\n");
	out = out_make(buf, sizeof(buf) - 1);
	write_stats(&stats, &out);
	check_line(&out);
	buf[out.used] = '\0';
	assert_string_equal(
		buf,
		HEAD("stats", "9",
		     "INFO") "\"katrace\":{\"uptime_us\":1,\"probes_sent\":2,"
			     "\"probes_dropped\":3,\"probes_answered\":4,\"timeouts\":5,\"connections\":6,\"lost_hook\":7,"
			     "\"missed\":{\"timer\":12,\"result\":14,\"answer\":13,\"end\":15,\"switched\":16},\"misses_known\":true,"
			     "\"lost_ring\":8,\"lost_output\":9,\"lost_connections\":10,"
			     "\"lost_owner\":11}}\n");
}

/* Everything there is, each as long as it gets. */
static struct connection make_worst_connection(void)
{
	static char netns_name[NETNS_NAME_MAX];
	struct connection c = {
		.number = UINT64_MAX, .cookie = UINT64_MAX, .owner.pid = INT32_MAX, .mptcp_subflow = true
	};

	memset(netns_name, 0x01, sizeof(netns_name) - 1);
	c.id = (struct identity){ .inode = UINT64_MAX, .netns = UINT32_MAX, .netns_name = netns_name };
	c.id.local = c.id.peer = (struct endpoint){ .ipv6 = true, .port = UINT16_MAX };
	memset(c.id.local.addr, 0xfe, 16);
	memset(c.id.peer.addr, 0xfe, 16);
	memset(c.owner.comm, 0x01, sizeof(c.owner.comm) - 1); /* \u0001: nothing is longer */
	memset(c.owner.title, 0x01, TITLE_LENGTH);
	c.owner.cgroup.id = UINT64_MAX;
	memset(c.owner.cgroup.container, 'f', CONTAINER_ID_LENGTH);
	c.owner.n_others = OWNERS_OTHERS_MAX;
	for (size_t i = 0; i < OWNERS_OTHERS_MAX; i++)
		c.owner.other_pids[i] = INT32_MAX;
	return c;
}

static void no_line_is_too_long(void **state)
{
	const struct connection c = make_worst_connection();
	const struct event_line worst = { "ffffffffffffffff", UINT64_MAX };
	char buf[EVENTS_LINE_MAX];
	struct event event;
	size_t longest = 0;

	(void)state;
	for (enum event_kind kind = EVENT_CONFIGURED; kind < EVENT_EVENTS_LOST; kind++) {
		struct out out = out_make(buf, sizeof(buf));

		memset(&event, 0xff, sizeof(event)); /* the largest numbers */
		event.kind = kind;
		event.severity = SEVERITY_WARN;
		event.connection = &c;
		event.state = 4; /* fin_wait_1 */
		event.settings.enabled = true;
		event.changed.enabled = event.changed.user_timeout = true;
		if (kind == EVENT_SUPPRESSED)
			event.suppressed.begin = event.suppressed.window_probe = true;
		if (kind == EVENT_PROBE_ANSWERED)
			event.answer.late = true;
		if (kind == EVENT_PROBE_SENT || kind == EVENT_PROBE_DROPPED) {
			event.probe.has_result = true;
			event.probe.result = -4095;
		}
		event.data.known = true;
		if (kind == EVENT_ENDED) {
			event.ended.verdict = VERDICT_RETRANSMISSION_TIMEOUT;
			event.ended.close_reason = KATRACE_REASON_EXIT;
			event.ended.error = 132; /* ERFKILL; no name is longer than ENOTRECOVERABLE */
			event.ended.partial = false;
		}
		write_event(&worst, &event, &out);
		check_line(&out);
		longest = out.used > longest ? out.used : longest;
	}
	print_message("the longest line of an event has %zu bytes\n", longest);
}

static void a_long_beginning_fits(void **state)
{
	struct started started = { .hook_mode = "tracepoint", .n_hooks = STARTED_HOOKS_MAX, .netns = UINT32_MAX };
	char long_text[257], release[65], buf[EVENTS_LINE_MAX];
	struct out out = out_make(buf, sizeof(buf));

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	memset(release, '\x01', sizeof(release));
	release[sizeof(release) - 1] = '\0';
	started.kernel_release = release;
	for (size_t i = 0; i < STARTED_HOOKS_MAX; i++) {
		started.hooks[i] = "tp_btf/inet_sock_set_state";
		started.degraded[i] = long_text;
	}
	started.n_degraded = STARTED_HOOKS_MAX;
	write_started(&started, &out);
	check_line(&out);
}

/* What the writer, the reader and the documentation rely on. */
static void rows_agree_with_each_other(void **state)
{
	const uint32_t minor = (uint32_t)strtoul(strchr(SCHEMA_VERSION, '.') + 1, NULL, 10);

	(void)state;
	for (const struct field *field = fields; field < fields + fields_count; field++) {
		print_message("%s\n", field->path);
		assert_true(field->since <= minor);
		assert_int_equal(field->when != NULL, field->presence != ALWAYS);
		assert_true(field->presence != WHEN_ENABLED || field->has);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configured),
		cmocka_unit_test(probes),
		cmocka_unit_test(answers),
		cmocka_unit_test(suppressions),
		cmocka_unit_test(ends),
		cmocka_unit_test(owners),
		cmocka_unit_test(never_connected),
		cmocka_unit_test(every_verdict_and_state),
		cmocka_unit_test(losses),
		cmocka_unit_test(begin_and_sums),
		cmocka_unit_test(no_line_is_too_long),
		cmocka_unit_test(a_long_beginning_fits),
		cmocka_unit_test(rows_agree_with_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
