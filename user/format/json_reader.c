// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/json_reader.h"

#include "model/integer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* katrace's own lines nest no deeper than 4. */
#define DEPTH_MAX 8
/* What can be larger than that is a string. */
#define NUMBER_MAX (1ULL << 53)
#define ERRNO_MAX 4095
/* TCP_NEW_SYN_RECV: no state of a connection has a larger number. */
#define STATE_MAX 12
/* The year 2242: in nanoseconds it still fits. */
#define SECONDS_MAX 8600000000LL

struct ndjson {
	struct json_tokener *tokener;
};

struct ndjson *ndjson_new(void)
{
	struct ndjson *ndjson = calloc(1, sizeof(*ndjson));

	if (!ndjson)
		return NULL;
	ndjson->tokener = json_tokener_new_ex(DEPTH_MAX);
	if (!ndjson->tokener) {
		free(ndjson);
		return NULL;
	}
	json_tokener_set_flags(ndjson->tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	return ndjson;
}

void ndjson_free(struct ndjson *ndjson)
{
	if (!ndjson)
		return;
	json_tokener_free(ndjson->tokener);
	free(ndjson);
}

/* --- single values: 0, -ENOENT when absent, -EINVAL when not what it should be --- */

static int take(struct json_object *in, const char *key, enum json_type type, struct json_object **value)
{
	if (!json_object_object_get_ex(in, key, value))
		return -ENOENT;
	return json_object_get_type(*value) == type ? 0 : -EINVAL;
}

static int optional(int err)
{
	return err == -ENOENT ? 0 : err;
}

static int take_object(struct json_object *in, const char *key, struct json_object **value)
{
	return take(in, key, json_type_object, value);
}

static int take_bool(struct json_object *in, const char *key, bool *value)
{
	struct json_object *object;
	int err = take(in, key, json_type_boolean, &object);

	if (!err)
		*value = json_object_get_boolean(object);
	return err;
}

static int take_int(struct json_object *in, const char *key, int64_t min, int64_t max, int64_t *value)
{
	struct json_object *object;
	int err = take(in, key, json_type_int, &object);
	int64_t number;

	if (err)
		return err;
	number = json_object_get_int64(object); /* one that does not fit becomes the nearest, which is out of range */
	if (number < min || number > max)
		return -EINVAL;
	*value = number;
	return 0;
}

static int take_u64(struct json_object *in, const char *key, uint64_t *value)
{
	int64_t number;
	int err = take_int(in, key, 0, NUMBER_MAX, &number);

	if (!err)
		*value = (uint64_t)number;
	return err;
}

static int take_u32(struct json_object *in, const char *key, uint32_t min, uint32_t *value)
{
	int64_t number;
	int err = take_int(in, key, min, UINT32_MAX, &number);

	if (!err)
		*value = (uint32_t)number;
	return err;
}

/* The text belongs to in. It has no zeros inside. */
static int take_text(struct json_object *in, const char *key, const char **text)
{
	struct json_object *object;
	int err = take(in, key, json_type_string, &object);

	if (err)
		return err;
	*text = json_object_get_string(object);
	return strlen(*text) == (size_t)json_object_get_string_len(object) ? 0 : -EINVAL;
}

/* A number that may be too large for JSON's: digits in a string. */
static int take_digits(struct json_object *in, const char *key, uint64_t max, uint64_t *value)
{
	const char *text;
	int err = take_text(in, key, &text);

	if (err)
		return err;
	return parse_number(text, 0, max, value) ? -EINVAL : 0;
}

/* --- time: "2026-11-20T22:10:11.123456789Z" --- */

static int take_timestamp(struct json_object *line, uint64_t *time_ns)
{
	static const char shape[] = "0000-00-00T00:00:00.000000000Z";
	struct tm tm = { 0 }, again;
	const char *text;
	unsigned int ns;
	int64_t seconds;
	int err = take_text(line, "timestamp", &text);

	if (err)
		return err;
	if (strlen(text) != strlen(shape))
		return -EINVAL;
	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
			return -EINVAL;
	sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%9u", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
	       &tm.tm_sec, &ns);
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	again = tm;
	seconds = timegm(&again);
	if (seconds < 0 || seconds > SECONDS_MAX)
		return -EINVAL;
	/* timegm() makes the 2nd of March of the 30th of February. */
	if (again.tm_mon != tm.tm_mon || again.tm_mday != tm.tm_mday || again.tm_hour != tm.tm_hour ||
	    again.tm_min != tm.tm_min || again.tm_sec != tm.tm_sec)
		return -EINVAL;
	*time_ns = (uint64_t)seconds * 1000000000 + ns;
	return 0;
}

/* --- the connection --- */

static int take_endpoint(struct json_object *network, const char *key, bool ipv6, struct endpoint *end)
{
	struct json_object *side;
	const char *address;
	int64_t port;
	int err = take_object(network, key, &side) ?:
		  take_text(side, "address", &address) ?:
		  take_int(side, "port", 0, UINT16_MAX, &port);

	if (err)
		return err;
	end->ipv6 = ipv6;
	end->port = (uint16_t)port;
	return inet_pton(ipv6 ? AF_INET6 : AF_INET, address, end->addr) == 1 ? 0 : -EINVAL;
}

static int take_state(struct json_object *network, uint8_t *state)
{
	struct json_object *connection;
	const char *name;
	int err = take_object(network, "connection", &connection) ?: take_text(connection, "state", &name);

	if (err)
		return err;
	for (uint8_t i = 0; i <= STATE_MAX; i++) {
		if (!state_name(i) || strcmp(name, state_name(i)) != 0)
			continue;
		*state = i;
		return 0;
	}
	return -EINVAL;
}

static int take_network(struct json_object *line, struct recorded *recorded)
{
	struct json_object *network;
	const char *type;
	bool ipv6;
	int err = take_object(line, "network", &network) ?: take_text(network, "type", &type);

	if (err)
		return err;
	ipv6 = strcmp(type, "ipv6") == 0;
	if (!ipv6 && strcmp(type, "ipv4") != 0)
		return -EINVAL;
	return optional(take_state(network, &recorded->event.state))
		       ?: take_endpoint(network, "local", ipv6, &recorded->id.local)
		       ?: take_endpoint(network, "peer", ipv6, &recorded->id.peer);
}

/* What was not valid UTF-8 was recorded as U+FFFD, longer than the byte it stands for: '?' stands for it here. */
static int take_comm(struct json_object *process, char *comm, size_t size)
{
	static const char replacement[] = "\xef\xbf\xbd";
	const char *name;
	size_t n = 0;
	int err = take_text(process, "name", &name);

	if (err)
		return err;
	while (*name) {
		const bool replaced = strncmp(name, replacement, strlen(replacement)) == 0;

		if (n + 1 == size)
			return -EINVAL;
		comm[n] = *name;
		if (replaced)
			comm[n] = '?';
		n++;
		name += replaced ? strlen(replacement) : 1;
	}
	return 0;
}

static int take_other_pids(struct json_object *katrace, struct owner *owner)
{
	struct json_object *pids;
	int err = take(katrace, "other_pids", json_type_array, &pids);
	size_t n;

	if (err)
		return err;
	n = json_object_array_length(pids);
	if (n > OWNERS_OTHERS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		struct json_object *pid = json_object_array_get_idx(pids, i);
		const int64_t number = json_object_get_int64(pid);

		if (json_object_get_type(pid) != json_type_int || number < 1 || number > INT32_MAX)
			return -EINVAL;
		owner->other_pids[owner->n_others++] = (uint32_t)number;
	}
	return 0;
}

static int take_container(struct json_object *line, struct cgroup *cgroup)
{
	struct json_object *container;
	const char *id;
	int err = take_object(line, "container", &container) ?: take_text(container, "id", &id);

	if (err)
		return err;
	if (strlen(id) > CONTAINER_ID_LENGTH || strspn(id, "0123456789abcdef") != strlen(id))
		return -EINVAL;
	snprintf(cgroup->container, sizeof(cgroup->container), "%s", id);
	return 0;
}

static int take_owner(struct json_object *line, struct json_object *katrace, struct owner *owner)
{
	struct json_object *process;
	int64_t pid;
	int err = take_object(line, "process", &process);

	if (err) /* held by nobody, or not known by whom */
		return optional(err);
	err = take_int(process, "pid", 1, INT32_MAX, &pid);
	if (err)
		return err;
	owner->pid = (uint32_t)pid;
	return optional(take_comm(process, owner->comm, sizeof(owner->comm))) ?:
	       optional(take_container(line, &owner->cgroup)) ?:
	       optional(take_digits(katrace, "cgroup_id", UINT64_MAX, &owner->cgroup.id))
		       ?: optional(take_other_pids(katrace, owner));
}

static const struct {
	const char *name;
	enum katrace_setting setting;
} settings_names[] = {
	{ "idle_s", KATRACE_IDLE },
	{ "interval_s", KATRACE_INTERVAL },
	{ "probe_limit", KATRACE_PROBE_LIMIT },
};

/* The KATRACE_IDLE... bits of the names in an array; of the others in it, which is user_timeout_ms and enabled? */
static int take_names(struct json_object *in, const char *key, uint8_t *settings, bool *user_timeout, bool *enabled)
{
	struct json_object *names;
	int err = take(in, key, json_type_array, &names);

	if (err)
		return err;
	for (size_t i = 0; i < json_object_array_length(names); i++) {
		struct json_object *item = json_object_array_get_idx(names, i);
		const char *name = json_object_get_string(item);

		if (json_object_get_type(item) != json_type_string)
			return -EINVAL;
		*user_timeout = *user_timeout || strcmp(name, "user_timeout_ms") == 0;
		*enabled = *enabled || strcmp(name, "enabled") == 0;
		for (size_t j = 0; j < sizeof(settings_names) / sizeof(settings_names[0]); j++)
			if (strcmp(name, settings_names[j].name) == 0)
				*settings |= settings_names[j].setting;
	}
	return 0;
}

static int take_settings(struct json_object *katrace, struct settings *settings)
{
	struct json_object *keepalive;
	bool others = false;
	int err = take_object(katrace, "keepalive", &keepalive) ?: take_bool(keepalive, "enabled", &settings->enabled);

	return err ?:
	       optional(take_u32(keepalive, "idle_s", 0, &settings->idle_s)) ?:
	       optional(take_u32(keepalive, "interval_s", 0, &settings->interval_s)) ?:
	       optional(take_u32(keepalive, "probe_limit", 0, &settings->probe_limit)) ?:
	       optional(take_u32(keepalive, "user_timeout_ms", 0, &settings->user_timeout_ms)) ?:
	       optional(take_names(keepalive, "from_sysctl", &settings->from_sysctl, &others, &others));
}

static int take_connection_id(struct json_object *katrace, char *id)
{
	const char *text;
	int err = take_text(katrace, "connection_id", &text);

	if (err)
		return err;
	if (!*text || strlen(text) >= RECORDED_ID_MAX)
		return -EINVAL;
	snprintf(id, RECORDED_ID_MAX, "%s", text);
	return 0;
}

static int take_connection(struct json_object *line, struct json_object *katrace, struct recorded *recorded)
{
	uint64_t netns = 0;
	int err = take_connection_id(katrace, recorded->connection_id) ?:
		  take_network(line, recorded) ?:
		  take_owner(line, katrace, &recorded->owner) ?:
		  take_settings(katrace, &recorded->event.settings) ?:
		  optional(take_u64(katrace, "silent_us", &recorded->event.silent_us)) ?:
		  optional(take_digits(katrace, "netns", UINT32_MAX, &netns)) ?:
		  optional(take_digits(katrace, "socket_inode", UINT64_MAX, &recorded->id.inode)) ?:
		  optional(take_digits(katrace, "socket_cookie", UINT64_MAX, &recorded->cookie));

	recorded->id.netns = (uint32_t)netns;
	return err;
}

/* --- each event's own fields --- */

static int take_configured(struct json_object *katrace, struct event *event)
{
	return optional(take_u32(katrace, "middlebox_timeout_s", 1, &event->changed.middlebox_timeout_s))
		       ?: optional(take_names(katrace, "changed", &event->changed.settings,
					      &event->changed.user_timeout, &event->changed.enabled));
}

static int take_result(struct json_object *katrace, struct event *event)
{
	int64_t result;
	int err = take_int(katrace, "result", -ERRNO_MAX, ERRNO_MAX, &result);

	if (err)
		return err;
	event->probe.has_result = result != 0;
	event->probe.result = (int)result;
	return 0;
}

static int take_probe(struct json_object *katrace, struct event *event)
{
	struct json_object *probe;
	int err = take_object(katrace, "probe", &probe) ?:
		  take_u32(probe, "number", 1, &event->probe.number) ?:
		  optional(take_u32(probe, "limit", 1, &event->probe.limit)) ?:
		  optional(take_result(katrace, event));

	event->probe.unanswered_before = event->probe.number - 1;
	return err;
}

/* Its limit is not recorded: it follows from the settings, as in the model. */
static int take_dropped(struct json_object *katrace, struct event *event)
{
	int err = take_probe(katrace, event);

	event->probe.limit = event->settings.user_timeout_ms ? 0 : event->settings.probe_limit;
	return err;
}

static int take_answer(struct json_object *katrace, struct event *event)
{
	struct json_object *probe;

	return take_object(katrace, "probe", &probe) ?:
	       take_u32(probe, "number", 1, &event->answer.number) ?:
	       take_u64(katrace, "rtt_us", &event->answer.rtt_us) ?:
	       optional(take_bool(katrace, "late", &event->answer.late));
}

static int take_suppressed(struct json_object *katrace, struct event *event)
{
	const char *phase, *timer = "";
	int err = take_text(katrace, "phase", &phase) ?: optional(take_text(katrace, "timer", &timer));

	if (err)
		return err;
	event->suppressed.begin = strcmp(phase, "begin") == 0;
	event->suppressed.window_probe = strcmp(timer, "window_probe") == 0;
	if (!event->suppressed.begin && strcmp(phase, "end") != 0)
		return -EINVAL;
	return optional(take_u32(katrace, "unacked_bytes", 0, &event->suppressed.unacked_bytes)) ?:
	       optional(take_u32(katrace, "queued_bytes", 0, &event->suppressed.queued_bytes)) ?:
	       optional(take_u32(katrace, "retransmits", 0, &event->suppressed.retransmits)) ?:
	       optional(take_u64(katrace, "gives_up_ms", &event->suppressed.gives_up_ms));
}

static int take_verdict(struct json_object *katrace, enum verdict *verdict)
{
	const char *name;
	int err = take_text(katrace, "verdict", &name);

	if (err)
		return err;
	for (*verdict = 0; *verdict < VERDICTS; (*verdict)++)
		if (strcmp(name, verdict_name(*verdict)) == 0)
			return 0;
	return -EINVAL;
}

static int take_errno(struct json_object *katrace, int *error)
{
	const char *name;
	uint64_t number;
	int err = take_text(katrace, "errno", &name);

	if (err)
		return err;
	if (*name == 'E' && parse_number(name + 1, 1, ERRNO_MAX, &number) == 0) { /* one that has no name */
		*error = (int)number;
		return 0;
	}
	for (int i = 1; i <= ERRNO_MAX; i++) {
		const char *known = strerrorname_np(i);

		if (!known || strcmp(name, known) != 0)
			continue;
		*error = i;
		return 0;
	}
	return -EINVAL;
}

static int take_ended(struct json_object *katrace, struct event *event)
{
	return take_verdict(katrace, &event->ended.verdict) ?:
	       optional(take_errno(katrace, &event->ended.error)) ?:
	       take_u32(katrace, "probes_unanswered", 0, &event->ended.probes_unanswered) ?:
	       take_u64(katrace, "probes_sent", &event->ended.probes_sent) ?:
	       take_u64(katrace, "probes_answered", &event->ended.probes_answered) ?:
	       take_u64(katrace, "observed_us", &event->ended.observed_us) ?:
	       optional(take_bool(katrace, "partial", &event->ended.partial)) ?: optional(take_u32(katrace, "retransmits", 0, &event->ended.retransmits)) ?:
	       optional(take_u32(katrace, "unacked_bytes", 0, &event->ended.unacked_bytes));
}

static int take_lost(struct json_object *katrace, struct event *event)
{
	const char *stage;
	int err = take_text(katrace, "stage", &stage) ?: take_u64(katrace, "count", &event->lost.count);

	if (err)
		return err;
	for (enum lost_stage i = 0; i < LOST_STAGES; i++) {
		if (strcmp(stage, lost_stage_name(i)) != 0)
			continue;
		event->lost.stage = i;
		return 0;
	}
	return -EINVAL;
}

/* --- the whole line --- */

static const struct {
	const char *name;
	enum event_kind kind;
	int (*take)(struct json_object *katrace, struct event *event);
} events[] = {
	{ "katrace.configured", EVENT_CONFIGURED, take_configured },
	{ "katrace.probe_sent", EVENT_PROBE_SENT, take_probe },
	{ "katrace.probe_dropped", EVENT_PROBE_DROPPED, take_dropped },
	{ "katrace.probe_answered", EVENT_PROBE_ANSWERED, take_answer },
	{ "katrace.suppressed", EVENT_SUPPRESSED, take_suppressed },
	{ "katrace.ended", EVENT_ENDED, take_ended },
	{ "katrace.events_lost", EVENT_EVENTS_LOST, take_lost },
};

static int take_event(struct json_object *line, struct json_object *katrace, const char *name,
		      struct recorded *recorded)
{
	struct event *event = &recorded->event;

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (strcmp(name, events[i].name) != 0)
			continue;
		recorded->kind = RECORDED_EVENT;
		event->kind = events[i].kind;
		event->time_ns = recorded->time_ns;
		if (event->kind != EVENT_EVENTS_LOST && take_connection(line, katrace, recorded))
			return -EINVAL;
		return events[i].take(katrace, event) ? -EINVAL : 0;
	}
	return -ENOSYS;
}

static int take_started(struct json_object *katrace, struct recorded *recorded)
{
	uint64_t netns = 0;

	if (optional(take_digits(katrace, "netns", UINT32_MAX, &netns)))
		return -EINVAL;
	recorded->kind = RECORDED_STARTED;
	recorded->own_netns = (uint32_t)netns;
	return 0;
}

/* Any 1.x: a minor version only adds. */
static int check_version(struct json_object *line)
{
	const char *version;
	uint64_t minor;

	if (take_text(line, "schema_version", &version))
		return -EINVAL;
	if (strncmp(version, "1.", 2) != 0 || parse_number(version + 2, 0, UINT32_MAX, &minor))
		return -EPROTONOSUPPORT;
	return 0;
}

static int take_line(struct json_object *line, struct recorded *recorded)
{
	static const char ours[] = "katrace.";
	struct json_object *katrace;
	const char *name;
	int err;

	if (json_object_get_type(line) != json_type_object || take_text(line, "event_name", &name) ||
	    strncmp(name, ours, strlen(ours)) != 0)
		return -ENOMSG;
	err = check_version(line);
	if (err)
		return err;
	if (take_timestamp(line, &recorded->time_ns) || take_object(line, "katrace", &katrace))
		return -EINVAL;
	if (strcmp(name, "katrace.started") == 0)
		return take_started(katrace, recorded);
	if (strcmp(name, "katrace.stats") == 0) {
		recorded->kind = RECORDED_STATS;
		return 0;
	}
	return take_event(line, katrace, name, recorded);
}

int ndjson_read(struct ndjson *ndjson, const char *line, size_t n, struct recorded *recorded)
{
	struct json_object *object;
	int err;

	memset(recorded, 0, sizeof(*recorded));
	if (!n || n > INT32_MAX || memchr(line, '\0', n))
		return -EBADMSG;
	json_tokener_reset(ndjson->tokener);
	object = json_tokener_parse_ex(ndjson->tokener, line, (int)n);
	if (!object) /* json_tokener_continue: the line ends too early */
		return -EBADMSG;
	err = take_line(object, recorded);
	json_object_put(object);
	return err;
}
