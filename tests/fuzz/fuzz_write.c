// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Fuzzes the writer of JSON lines: any input must give one line of at most 4096 bytes of valid UTF-8, which json-c
 * parses back to the original values. This test checks UTF-8 by arithmetic, not with katrace's table; glibc and json-c
 * accept more.
 */
#include "format/json_reader.h"
#include "format/json_writer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* --- from bytes to an event; zeros when there are no more --- */

static void take(struct input *input, void *value, size_t size)
{
	const size_t n = size < input->size ? size : input->size;

	memset(value, 0, size);
	memcpy(value, input->data, n);
	input->data += n;
	input->size -= n;
}

static uint8_t take_u8(struct input *input)
{
	uint8_t n;

	take(input, &n, sizeof(n));
	return n;
}

static bool take_bool(struct input *input)
{
	return take_u8(input) & 1;
}

static uint32_t take_u32(struct input *input)
{
	uint32_t n;

	take(input, &n, sizeof(n));
	return n;
}

static uint64_t take_u64(struct input *input)
{
	uint64_t n;

	take(input, &n, sizeof(n));
	return n;
}

static struct endpoint take_endpoint(struct input *input, bool ipv6)
{
	struct endpoint end = { .ipv6 = ipv6 };

	take(input, end.addr, ipv6 ? 16 : 4);
	take(input, &end.port, sizeof(end.port));
	return end;
}

static struct connection take_connection(struct input *input)
{
	const bool ipv6 = take_bool(input);
	struct connection c = { 0 };
	struct scope scope = { 0 };

	take(input, c.owner.comm, sizeof(c.owner.comm) - 1);
	c.owner.pid = take_u32(input);
	c.owner.cgroup.id = take_u64(input);
	memset(c.owner.cgroup.container, take_bool(input) ? 'c' : 0, CONTAINER_ID_LENGTH);
	c.owner.n_others = take_u8(input) % (OWNERS_OTHERS_MAX + 1);
	c.owner.n_unlisted = c.owner.n_others == OWNERS_OTHERS_MAX ? take_u32(input) : 0;
	take(input, c.owner.other_pids, c.owner.n_others * sizeof(c.owner.other_pids[0]));
	c.id.local = take_endpoint(input, ipv6);
	c.id.peer = take_endpoint(input, ipv6);
	scope.id = take_u32(input);
	take(input, scope.name, sizeof(scope.name) - 1);
	identity_set_scope(&c.id, &scope);
	c.id.netns = take_u32(input);
	c.id.inode = take_u64(input);
	c.cookie = take_u64(input);
	c.mptcp_subflow = take_bool(input);
	c.number = take_u64(input);
	return c;
}

static struct settings take_settings(struct input *input)
{
	struct settings settings = { .enabled = take_bool(input) };

	settings.idle_s = take_u32(input);
	settings.interval_s = take_u32(input);
	settings.probe_limit = take_u32(input);
	settings.user_timeout_ms = take_u32(input);
	settings.from_sysctl = take_u8(input) & (KATRACE_IDLE | KATRACE_INTERVAL | KATRACE_PROBE_LIMIT);
	return settings;
}

static void take_end(struct input *input, struct event *event)
{
	event->data.known = take_bool(input);
	event->data.received_us = take_u64(input);
	event->data.sent_us = take_u64(input);
	event->ended.close_reason = take_u8(input) % KATRACE_REASONS;
	event->ended.verdict = take_u8(input) % VERDICTS;
	event->ended.error = (int)(take_u32(input) % 4096);
	event->ended.probes_unanswered = take_u32(input);
	event->ended.probes_sent = take_u64(input);
	event->ended.probes_answered = take_u64(input);
	event->ended.observed_us = take_u64(input);
	event->ended.partial = take_bool(input);
	event->ended.write_err = take_bool(input);
	event->ended.retransmits = take_u32(input);
	event->ended.unacked_bytes = take_u32(input);
	event->ended.queued_bytes = take_u32(input);
}

static void take_own_fields(struct input *input, struct event *event)
{
	switch (event->kind) {
	case EVENT_CONFIGURED:
		event->changed.settings = take_u8(input) & (KATRACE_IDLE | KATRACE_INTERVAL | KATRACE_PROBE_LIMIT);
		event->changed.enabled = take_bool(input);
		event->changed.user_timeout = take_bool(input);
		event->changed.middlebox_timeout_s = take_bool(input);
		event->changed.middlebox_connections = 2U * take_bool(input);
		break;
	case EVENT_PROBE_SENT:
	case EVENT_PROBE_DROPPED:
		event->probe.number = take_u32(input);
		event->probe.limit = take_u32(input);
		event->probe.has_result = take_bool(input);
		event->probe.result = (int)take_u32(input);
		break;
	case EVENT_PROBE_ANSWERED:
		event->answer.number = take_u32(input);
		event->answer.rtt_us = take_u64(input);
		event->answer.rtt_min_us = take_u64(input);
		event->answer.rtt_max_us = take_u64(input);
		event->answer.late = take_bool(input);
		break;
	case EVENT_SUPPRESSED:
		event->suppressed.begin = take_bool(input);
		event->suppressed.window_probe = take_bool(input);
		event->suppressed.orphan = take_bool(input);
		event->suppressed.unacked_bytes = take_u32(input);
		event->suppressed.queued_bytes = take_u32(input);
		event->suppressed.retransmits = take_u32(input);
		break;
	case EVENT_PEER_CLOSED:
		break;
	case EVENT_ENDED:
		take_end(input, event);
		break;
	case EVENT_EVENTS_LOST:
		event->lost.stage = take_u8(input) % LOST_STAGES;
		event->lost.count = take_u64(input);
		break;
	}
}

/* --- checks of the line --- */

static struct json_object *at(struct json_object *object, const char *key, const char *key2, const char *key3)
{
	const char *const keys[] = { key, key2, key3 };

	for (size_t i = 0; i < 3 && keys[i]; i++)
		if (!json_object_object_get_ex(object, keys[i], &object))
			return NULL;
	return object;
}

static void same_text(struct json_object *value, const char *text)
{
	require(json_object_is_type(value, json_type_string));
	require((size_t)json_object_get_string_len(value) == strlen(text));
	require(strcmp(json_object_get_string(value), text) == 0);
}

static void same_number(struct json_object *value, uint64_t number)
{
	require(json_object_is_type(value, json_type_int));
	require(json_object_get_uint64(value) == (number > INT64_MAX ? INT64_MAX : number));
}

static void same_unless_zero(struct json_object *value, uint64_t number)
{
	require(!value == !number);
	if (number)
		same_number(value, number);
}

static void same_id(struct json_object *value, uint64_t id)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, id);
	same_text(value, text);
}

/* How many bytes the character at text has, 0 if it is none. */
static size_t utf8_bytes(const char *text)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t first = (uint8_t)*text;
	const size_t n = first < 0x80   ? 1
			 : first < 0xc0 ? 0
			 : first < 0xe0 ? 2
			 : first < 0xf0 ? 3
			 : first < 0xf8 ? 4
					: 0;
	uint32_t code = n == 1 ? first : first & (0xff >> (n + 1));

	for (size_t i = 1; i < n; i++) {
		if (((uint8_t)text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | ((uint8_t)text[i] & 0x3f);
	}
	return code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : n;
}

static bool has_controls(const char *text)
{
	for (; *text; text++)
		if ((uint8_t)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

static bool is_utf8(const char *text)
{
	while (*text && utf8_bytes(text))
		text += utf8_bytes(text);
	return !*text;
}

/* Byte for byte, but U+FFFD for each that belongs to no character. */
static void same_name(struct json_object *value, const char *comm)
{
	char text[64] = "";

	while (*comm) {
		const size_t n = utf8_bytes(comm);

		strncat(text, n ? comm : "\xef\xbf\xbd", n ? n : 3);
		comm += n ? n : 1;
	}
	same_text(value, text);
}

static void same_endpoint(struct json_object *line, const char *side, const struct endpoint *end)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(end->ipv6 ? AF_INET6 : AF_INET, end->addr, text, sizeof(text));
	same_text(at(line, "network", side, "address"), text);
	same_number(at(line, "network", side, "port"), end->port);
}

/* Without an id there is no scope. */
static void same_scope(struct json_object *line, const struct scope *scope)
{
	struct json_object *name = at(line, "network", "interface", "name");

	same_unless_zero(at(line, "katrace", "scope_id", NULL), scope->id);
	require(!name == !(scope->id && *scope->name));
	if (name)
		same_name(name, scope->name);
}

static void same_connection_object(struct json_object *line, const struct event *event)
{
	const struct connection *c = event->connection;

	same_endpoint(line, "local", &c->id.local);
	same_endpoint(line, "peer", &c->id.peer);
	require(!at(line, "process", NULL, NULL) == !c->owner.pid);
	if (c->owner.pid) {
		same_number(at(line, "process", "pid", NULL), c->owner.pid);
		same_name(at(line, "process", "name", NULL), c->owner.comm);
	}
	if (c->owner.pid && c->owner.cgroup.container[0])
		same_text(at(line, "container", "id", NULL), c->owner.cgroup.container);
	same_scope(line, endpoint_is_link_local(&c->id.peer) ? &c->id.peer.scope : &c->id.local.scope);
	same_id(at(line, "katrace", "netns", NULL), c->id.netns);
	if (c->id.inode)
		same_id(at(line, "katrace", "socket_inode", NULL), c->id.inode);
	if (c->cookie)
		same_id(at(line, "katrace", "socket_cookie", NULL), c->cookie);
	require(!at(line, "katrace", "mptcp_subflow", NULL) == !c->mptcp_subflow);
	require(!at(line, "katrace", "silent_us", NULL) == !state_was_connected(event->state));
	if (state_was_connected(event->state))
		same_number(at(line, "katrace", "silent_us", NULL), event->silent_us);
	if (event->settings.enabled) {
		same_number(at(line, "katrace", "keepalive", "idle_s"), event->settings.idle_s);
		same_number(at(line, "katrace", "keepalive", "interval_s"), event->settings.interval_s);
		same_number(at(line, "katrace", "keepalive", "probe_limit"), event->settings.probe_limit);
		same_number(at(line, "katrace", "keepalive", "user_timeout_ms"), event->settings.user_timeout_ms);
	}
}

static void same_own_fields(struct json_object *line, const struct event *event)
{
	switch (event->kind) {
	case EVENT_PROBE_SENT:
	case EVENT_PROBE_DROPPED:
		same_number(at(line, "katrace", "probe", "number"), event->probe.number);
		if (event->probe.has_result)
			require(json_object_get_int64(at(line, "katrace", "result", NULL)) == event->probe.result);
		break;
	case EVENT_PROBE_ANSWERED:
		same_unless_zero(at(line, "katrace", "rtt_us", NULL), event->answer.rtt_us);
		same_unless_zero(at(line, "katrace", "rtt_min_us", NULL), event->answer.rtt_min_us);
		same_unless_zero(at(line, "katrace", "rtt_max_us", NULL), event->answer.rtt_max_us);
		break;
	case EVENT_SUPPRESSED:
		same_text(at(line, "katrace", "phase", NULL), event->suppressed.begin ? "begin" : "end");
		same_number(at(line, "katrace", "queued_bytes", NULL), event->suppressed.queued_bytes);
		require(!at(line, "katrace", "orphan", NULL) == !event->suppressed.orphan);
		break;
	case EVENT_ENDED:
		same_text(at(line, "katrace", "verdict", NULL), verdict_name(event->ended.verdict));
		require(!at(line, "katrace", "write_err", NULL) == !event->ended.write_err);
		require(!at(line, "katrace", "data_received_us", NULL) == !event->data.known);
		if (event->data.known) {
			same_number(at(line, "katrace", "data_received_us", NULL), event->data.received_us);
			same_number(at(line, "katrace", "data_sent_us", NULL), event->data.sent_us);
		}
		same_number(at(line, "katrace", "probes_sent", NULL), event->ended.probes_sent);
		same_number(at(line, "katrace", "observed_us", NULL), event->ended.observed_us);
		same_unless_zero(at(line, "katrace", "queued_bytes", NULL), event->ended.queued_bytes);
		break;
	case EVENT_EVENTS_LOST:
		same_text(at(line, "katrace", "stage", NULL), lost_stage_name(event->lost.stage));
		same_number(at(line, "katrace", "count", NULL), event->lost.count);
		break;
	default:
		break;
	}
}

/* As a parser sees it. */
static void check_line(const char *text, const struct event *event)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *line;

	require(is_utf8(text) && tokener);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	line = json_tokener_parse_ex(tokener, text, (int)strlen(text));
	require(line);
	if (event->connection)
		same_connection_object(line, event);
	same_own_fields(line, event);
	json_object_put(line);
	json_tokener_free(tokener);
}

/* katrace's own reader may refuse a number that is too large; what it accepts is what was written. */
static void check_reader(const char *text, const struct event *event)
{
	struct ndjson *ndjson = ndjson_new();
	struct recorded recorded;
	int err;

	require(ndjson);
	err = ndjson_read(ndjson, text, strlen(text), &recorded);
	require(!err || err == -EINVAL);
	if (!err) {
		require(recorded.time_ns == event->wall_ns);
		require(recorded.event.kind == event->kind);
		require(recorded.event.data.known == event->data.known);
		require(event->kind != EVENT_ENDED || recorded.event.ended.close_reason == event->ended.close_reason);
	}
	if (!err && event->connection) {
		require(memcmp(&recorded.id.peer, &event->connection->id.peer, sizeof(recorded.id.peer)) == 0);
		require(recorded.id.netns == event->connection->id.netns);
		require(recorded.owner.pid == event->connection->owner.pid);
		require(recorded.owner.n_unlisted == event->connection->owner.n_unlisted);
		require(recorded.event.settings.enabled == event->settings.enabled);
		require(recorded.event.silent_us == event->silent_us || !state_was_connected(event->state));
		/* two numbers of the kernel have one name */
		require(recorded.event.state == event->state || event->state > TCP_CLOSING || !event->state);
	}
	ndjson_free(ndjson);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct event event = { .kind = take_u8(&input) % (EVENT_EVENTS_LOST + 1) };
	const struct connection c = take_connection(&input);
	const struct event_line place = { "5f3a", take_u64(&input) };
	char buf[EVENTS_LINE_MAX + 1];
	struct out out = out_make(buf, EVENTS_LINE_MAX);
	struct json_writer *writer = json_writer_new();

	event.wall_ns = take_u64(&input);
	event.connection = event.kind == EVENT_EVENTS_LOST ? NULL : &c;
	event.settings = take_settings(&input);
	event.state = take_u8(&input);
	event.silent_us = take_u64(&input);
	take_own_fields(&input, &event);
	event.severity = event_severity(&event);

	require(writer);
	json_writer_event(writer, &place, &event, &out);
	json_writer_free(writer);
	require(!out.cut && out.used);
	buf[out.used] = '\0';
	require(strlen(buf) == out.used && strchr(buf, '\n') == buf + out.used - 1);
	buf[out.used - 1] = '\0';
	require(!has_controls(buf)); /* json-c would accept them */
	check_line(buf, &event);
	check_reader(buf, &event);
	return 0;
}
