// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/events.h"

#include "format/words.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NS_PER_S 1000000000ULL

/* --- values --- */

/* What may pass 2^53, which many readers cannot hold in a number. */
static void write_id(struct jsonw *json, const char *key, uint64_t id)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, id);
	jsonw_string(json, key, text);
}

static void write_count(struct jsonw *json, const char *key, uint64_t n)
{
	jsonw_int(json, key, n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

/* "2026-11-20T22:10:11.123456789Z" */
static void write_time(struct jsonw *json, const char *key, uint64_t wall_ns)
{
	const time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm tm = { 0 };
	char date[32], text[64];

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%09uZ", date, (unsigned int)(wall_ns % NS_PER_S));
	jsonw_string(json, key, text);
}

static void write_errno(struct jsonw *json, const char *key, int error)
{
	const char *name = strerrorname_np(error);
	char number[16];

	snprintf(number, sizeof(number), "E%d", error);
	jsonw_string(json, key, name ? name : number);
}

static void write_strings(struct jsonw *json, const char *key, const char *const *strings, size_t n)
{
	jsonw_array(json, key);
	for (size_t i = 0; i < n; i++)
		jsonw_string(json, NULL, strings[i]);
	jsonw_end_array(json);
}

/* The elements for some of the values of a connection. */
static void write_setting_names(struct jsonw *json, uint8_t settings)
{
	if (settings & KATRACE_IDLE)
		jsonw_string(json, NULL, "idle_s");
	if (settings & KATRACE_INTERVAL)
		jsonw_string(json, NULL, "interval_s");
	if (settings & KATRACE_PROBE_LIMIT)
		jsonw_string(json, NULL, "probe_limit");
}

/* --- parts --- */

void events_head(struct jsonw *json, const char *name, bool warning, const struct event_line *line)
{
	write_time(json, "timestamp", line->wall_ns);
	jsonw_string(json, "schema_version", EVENTS_SCHEMA_VERSION);
	jsonw_string(json, "event_name", name);
	jsonw_int(json, "severity_number", warning ? 13 : 9);
	jsonw_string(json, "severity_text", warning ? "WARN" : "INFO");
	write_count(json, "sequence", line->sequence);
}

static void write_endpoint(struct jsonw *json, const char *key, const struct endpoint *end)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(end->ipv6 ? AF_INET6 : AF_INET, end->addr, text, sizeof(text));
	jsonw_object(json, key);
	jsonw_string(json, "address", text);
	jsonw_int(json, "port", end->port);
	jsonw_end_object(json);
}

void events_network(struct jsonw *json, const struct identity *id, uint8_t state)
{
	const char *name = state_name(state);

	jsonw_object(json, "network");
	jsonw_string(json, "transport", "tcp");
	jsonw_string(json, "type", id->peer.ipv6 ? "ipv6" : "ipv4");
	write_endpoint(json, "local", &id->local);
	write_endpoint(json, "peer", &id->peer);
	if (name) {
		jsonw_object(json, "connection");
		jsonw_string(json, "state", name);
		jsonw_end_object(json);
	}
	jsonw_end_object(json);
}

void events_owner(struct jsonw *json, const struct owner *owner)
{
	if (!owner->pid)
		return;
	jsonw_object(json, "process");
	jsonw_int(json, "pid", owner->pid);
	jsonw_string(json, "name", owner->comm);
	jsonw_end_object(json);
	if (!*owner->cgroup.container)
		return;
	jsonw_object(json, "container");
	jsonw_string(json, "id", owner->cgroup.container);
	jsonw_end_object(json);
}

void events_other_owners(struct jsonw *json, const struct owner *owner)
{
	if (owner->cgroup.id)
		write_id(json, "cgroup_id", owner->cgroup.id);
	if (!owner->n_others)
		return;
	jsonw_array(json, "other_pids");
	for (uint32_t i = 0; i < owner->n_others; i++)
		jsonw_int(json, NULL, owner->other_pids[i]);
	jsonw_end_array(json);
}

void events_identity(struct jsonw *json, const struct identity *id, uint64_t cookie)
{
	write_id(json, "netns", id->netns);
	if (id->inode)
		write_id(json, "socket_inode", id->inode);
	if (cookie)
		write_id(json, "socket_cookie", cookie);
}

void events_keepalive(struct jsonw *json, const struct settings *settings)
{
	jsonw_object(json, "keepalive");
	jsonw_bool(json, "enabled", settings->enabled);
	if (settings->enabled) {
		jsonw_int(json, "idle_s", settings->idle_s);
		jsonw_int(json, "interval_s", settings->interval_s);
		jsonw_int(json, "probe_limit", settings->probe_limit);
		jsonw_int(json, "user_timeout_ms", settings->user_timeout_ms);
		jsonw_array(json, "from_sysctl");
		write_setting_names(json, settings->from_sysctl);
		jsonw_end_array(json);
	}
	jsonw_end_object(json);
}

/* --- the events' own fields, within "katrace" --- */

static void write_configured(struct jsonw *json, const struct event *event)
{
	if (event->changed.middlebox_timeout_s)
		jsonw_int(json, "middlebox_timeout_s", event->changed.middlebox_timeout_s);
	if (!event_is_change(event))
		return;
	jsonw_array(json, "changed");
	if (event->changed.enabled)
		jsonw_string(json, NULL, "enabled");
	write_setting_names(json, event->changed.settings);
	if (event->changed.user_timeout)
		jsonw_string(json, NULL, "user_timeout_ms");
	jsonw_end_array(json);
}

static void write_probe(struct jsonw *json, uint32_t number, uint32_t limit)
{
	jsonw_object(json, "probe");
	jsonw_int(json, "number", number);
	if (limit)
		jsonw_int(json, "limit", limit);
	jsonw_end_object(json);
}

static void write_answered(struct jsonw *json, const struct event *event)
{
	write_probe(json, event->answer.number, 0);
	write_count(json, "rtt_us", event->answer.rtt_us);
	if (event->answer.late)
		jsonw_bool(json, "late", true);
}

static void write_suppressed(struct jsonw *json, const struct event *event)
{
	jsonw_string(json, "phase", event->suppressed.begin ? "begin" : "end");
	jsonw_int(json, "unacked_bytes", event->suppressed.unacked_bytes);
	jsonw_int(json, "queued_bytes", event->suppressed.queued_bytes);
	jsonw_int(json, "retransmits", event->suppressed.retransmits);
	if (!event->suppressed.begin)
		return;
	jsonw_string(json, "timer", event->suppressed.window_probe ? "window_probe" : "retransmit");
	if (event->suppressed.gives_up_ms)
		write_count(json, "gives_up_ms", event->suppressed.gives_up_ms);
}

static void write_ended(struct jsonw *json, const struct event *event)
{
	jsonw_string(json, "verdict", verdict_name(event->ended.verdict));
	if (event->ended.error)
		write_errno(json, "errno", event->ended.error);
	jsonw_int(json, "probes_unanswered", event->ended.probes_unanswered);
	write_count(json, "probes_sent", event->ended.probes_sent);
	write_count(json, "probes_answered", event->ended.probes_answered);
	write_count(json, "observed_us", event->ended.observed_us);
	jsonw_bool(json, "partial", event->ended.partial);
	if (event->ended.retransmits)
		jsonw_int(json, "retransmits", event->ended.retransmits);
	if (event->ended.unacked_bytes)
		jsonw_int(json, "unacked_bytes", event->ended.unacked_bytes);
}

static void write_own_fields(struct jsonw *json, const struct event *event)
{
	switch (event->kind) {
	case EVENT_CONFIGURED:
		write_configured(json, event);
		break;
	case EVENT_PROBE_SENT:
	case EVENT_PROBE_DROPPED:
		write_probe(json, event->probe.number, event->kind == EVENT_PROBE_SENT ? event->probe.limit : 0);
		if (event->probe.has_result)
			jsonw_int(json, "result", event->probe.result);
		break;
	case EVENT_PROBE_ANSWERED:
		write_answered(json, event);
		break;
	case EVENT_SUPPRESSED:
		write_suppressed(json, event);
		break;
	case EVENT_ENDED:
		write_ended(json, event);
		break;
	case EVENT_EVENTS_LOST:
		jsonw_string(json, "stage", lost_stage_name(event->lost.stage));
		write_count(json, "count", event->lost.count);
		break;
	}
}

/* --- lines --- */

static void write_connection(struct jsonw *json, const struct event_line *line, const struct event *event)
{
	const struct connection *c = event->connection;
	char id[64];

	snprintf(id, sizeof(id), "%s-%" PRIu64, line->run, c->number);
	jsonw_string(json, "connection_id", id);
	events_identity(json, &c->id, c->cookie);
	events_other_owners(json, &c->owner);
	events_keepalive(json, &event->settings);
	write_count(json, "silent_us", event->silent_us);
}

static void end_line(struct jsonw *json)
{
	jsonw_end_object(json);
	out_text(json->out, "\n");
}

const char *events_name(enum event_kind kind)
{
	static const char *const names[EVENT_KINDS] = {
		[EVENT_CONFIGURED] = "katrace.configured",       [EVENT_PROBE_SENT] = "katrace.probe_sent",
		[EVENT_PROBE_DROPPED] = "katrace.probe_dropped", [EVENT_PROBE_ANSWERED] = "katrace.probe_answered",
		[EVENT_SUPPRESSED] = "katrace.suppressed",       [EVENT_ENDED] = "katrace.ended",
		[EVENT_EVENTS_LOST] = "katrace.events_lost",
	};

	return names[kind];
}

void events_event(const struct event_line *line, const struct event *event, struct out *out)
{
	struct jsonw json = jsonw_make(out);

	jsonw_object(&json, NULL);
	events_head(&json, events_name(event->kind), event_severity(event) == SEVERITY_WARN, line);
	if (event->connection) {
		events_network(&json, &event->connection->id, event->state);
		events_owner(&json, &event->connection->owner);
	}
	if (event->kind == EVENT_ENDED && !verdict_is_normal(event->ended.verdict)) {
		jsonw_object(&json, "error");
		jsonw_string(&json, "type", verdict_name(event->ended.verdict));
		jsonw_end_object(&json);
	}
	jsonw_object(&json, "katrace");
	if (event->connection)
		write_connection(&json, line, event);
	write_own_fields(&json, event);
	jsonw_end_object(&json);
	end_line(&json);
}

void events_started(const struct event_line *line, const struct started *started, struct out *out)
{
	struct jsonw json = jsonw_make(out);

	jsonw_object(&json, NULL);
	events_head(&json, "katrace.started", false, line);
	jsonw_object(&json, "katrace");
	jsonw_string(&json, "version", KATRACE_VERSION);
	jsonw_string(&json, "kernel_release", started->kernel_release);
	jsonw_string(&json, "hook_mode", started->hook_mode);
	write_strings(&json, "hooks", started->hooks, started->n_hooks);
	if (started->n_degraded)
		write_strings(&json, "degraded", started->degraded, started->n_degraded);
	write_id(&json, "netns", started->netns);
	jsonw_end_object(&json);
	end_line(&json);
}

void events_stats(const struct event_line *line, const struct stats *stats, struct out *out)
{
	struct jsonw json = jsonw_make(out);
	char key[32];

	jsonw_object(&json, NULL);
	events_head(&json, "katrace.stats", false, line);
	jsonw_object(&json, "katrace");
	write_count(&json, "uptime_us", stats->uptime_us);
	write_count(&json, "probes_sent", stats->probes_sent);
	write_count(&json, "probes_dropped", stats->probes_dropped);
	write_count(&json, "probes_answered", stats->probes_answered);
	write_count(&json, "timeouts", stats->timeouts);
	write_count(&json, "connections", stats->connections);
	for (enum lost_stage stage = 0; stage < LOST_STAGES; stage++) {
		snprintf(key, sizeof(key), "lost_%s", lost_stage_name(stage));
		write_count(&json, key, stats->lost[stage]);
	}
	jsonw_end_object(&json);
	end_line(&json);
}
