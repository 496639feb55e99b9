// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Fuzzes the writer of the lines of events; katrace's own reader must read what was written. */
#include "written.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>

/* --- from bytes to an event --- */

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
	event->ended.orphan = take_bool(input);
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
	same_process(line, &c->owner);
	if (c->owner.pid && c->owner.cgroup.container[0])
		same_text(at(line, "container", "id", NULL), c->owner.cgroup.container);
	same_scope(line, endpoint_is_link_local(&c->id.peer) ? &c->id.peer.scope : &c->id.local.scope);
	same_id(at(line, "katrace", "netns", NULL), c->id.netns);
	require(!at(line, "katrace", "netns_name", NULL) == !c->id.netns_name);
	if (c->id.netns_name)
		same_name(at(line, "katrace", "netns_name", NULL), c->id.netns_name);
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
	}
	if (event->settings.enabled || event->settings.user_timeout_ms)
		same_number(at(line, "katrace", "keepalive", "user_timeout_ms"), event->settings.user_timeout_ms);
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
		require(!at(line, "katrace", "orphan", NULL) == !event->ended.orphan);
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
		require(!recorded.id.netns_name == !event->connection->id.netns_name);
		require(recorded.owner.pid == event->connection->owner.pid);
		require(recorded.owner.n_unlisted == event->connection->owner.n_unlisted);
		require(recorded.event.settings.enabled == event->settings.enabled);
		require(recorded.event.silent_us == event->silent_us || !state_was_connected(event->state));
		/* two numbers of the kernel have one name */
		require(recorded.event.state == event->state || event->state > TCP_CLOSING || !event->state);
	}
	ndjson_free(ndjson);
}

static void try_event(struct json_writer *writer, struct input *input, struct out *out)
{
	struct event event = { .kind = take_u8(input) % (EVENT_EVENTS_LOST + 1) };
	const struct connection c = take_connection(input);
	const struct event_line place = { "5f3a", take_u64(input) };
	struct json_object *line;

	event.wall_ns = take_u64(input);
	event.connection = event.kind == EVENT_EVENTS_LOST ? NULL : &c;
	event.settings = take_settings(input);
	event.state = take_u8(input);
	event.silent_us = take_u64(input);
	take_own_fields(input, &event);
	event.severity = event_severity(&event);

	json_writer_event(writer, &place, &event, out);
	line = finish_line(out);
	if (event.connection)
		same_connection_object(line, &event);
	same_own_fields(line, &event);
	json_object_put(line);
	check_reader(out->buf, &event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct json_writer *writer = json_writer_new();
	char buf[EVENTS_LINE_MAX + 1];
	struct out out = out_make(buf, EVENTS_LINE_MAX);

	require(writer);
	try_event(writer, &input, &out);
	json_writer_free(writer);
	return 0;
}
