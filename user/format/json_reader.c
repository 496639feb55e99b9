// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/json_reader.h"

#include "format/codecs.h"
#include "format/json.h"
#include "format/plan.h"
#include "format/utf8.h"
#include "model/integer.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

/* katrace's own lines nest no deeper than 4. */
#define DEPTH_MAX 8

struct ndjson {
	struct json_tokener *tokener;
	struct plan plans[LINE_KINDS];
	char *ascii; /* a line with escapes for everything but ASCII */
	size_t ascii_size;
	struct texts *texts; /* that what was read refers to */
};

struct ndjson *ndjson_new(void)
{
	struct ndjson *ndjson = calloc(1, sizeof(*ndjson));

	if (!ndjson)
		return NULL;
	ndjson->tokener = json_tokener_new_ex(DEPTH_MAX);
	ndjson->texts = texts_new();
	if (!ndjson->tokener || !ndjson->texts)
		goto fail;
	json_tokener_set_flags(ndjson->tokener, JSON_TOKENER_STRICT);
	for (enum line_kind kind = 0; kind < LINE_KINDS; kind++)
		if (plan_make(&ndjson->plans[kind], kind))
			goto fail;
	return ndjson;
fail:
	ndjson_free(ndjson);
	return NULL;
}

void ndjson_free(struct ndjson *ndjson)
{
	if (!ndjson)
		return;
	if (ndjson->tokener)
		json_tokener_free(ndjson->tokener);
	texts_free(ndjson->texts);
	free(ndjson->ascii);
	free(ndjson);
}

/* --- single values --- */

/*
 * Follows a path. Returns 0; -ENOENT if there is no such key, then *parent is true if its object exists; or -EINVAL if
 * something else is in place of an object.
 */
static int find(struct json_object *line, const struct step *step, struct json_object **value, bool *parent)
{
	*value = line;
	*parent = true;
	for (size_t i = 0; i < step->n_keys; i++) {
		if (!json_object_is_type(*value, json_type_object))
			return -EINVAL;
		*parent = i + 1 == step->n_keys;
		if (!json_object_object_get_ex(*value, step->keys[i], value))
			return -ENOENT;
	}
	return 0;
}

static bool is_required(const struct field *field, const struct sources *sources, bool parent)
{
	if (field->since) /* missing in recordings of earlier minor versions */
		return false;
	switch (field->presence) {
	case ALWAYS:
		return true;
	case WITH_OBJECT:
		return parent;
	case WHEN_ENABLED:
		return parent && field->has(sources);
	case SOMETIMES:
		break;
	}
	return false;
}

static bool is_integer_of(const struct field *field, struct json_object *value)
{
	/* json-c returns the nearest int64_t for a number that does not fit; it is out of range. */
	const int64_t number = json_object_get_int64(value);

	return json_object_is_type(value, json_type_int) && number >= field->min && number <= field_max(field);
}

/* A string without zeros inside; in an array a later version may have names that this one does not know. */
static bool is_string_of(const struct field *field, struct json_object *value, bool any_name)
{
	if (!json_object_is_type(value, json_type_string) ||
	    strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value))
		return false;
	return any_name || !field->names.name ||
	       names_find(&field->names, json_object_get_string(value)) != field->names.end;
}

static bool is_array_of(const struct field *field, struct json_object *value)
{
	if (!json_object_is_type(value, json_type_array) || json_object_array_length(value) < field->min_items ||
	    (field->max_items && json_object_array_length(value) > field->max_items))
		return false;
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		struct json_object *item = json_object_array_get_idx(value, i);

		if (field->type == FIELD_INTEGERS ? !is_integer_of(field, item) : !is_string_of(field, item, true))
			return false;
	}
	return true;
}

static bool is_of_type(const struct field *field, struct json_object *value)
{
	switch (field->type) {
	case FIELD_INTEGER:
		return is_integer_of(field, value);
	case FIELD_BOOLEAN:
		return json_object_is_type(value, json_type_boolean);
	case FIELD_STRING:
		return is_string_of(field, value, false);
	case FIELD_INTEGERS:
	case FIELD_STRINGS:
		return is_array_of(field, value);
	}
	return false;
}

static int read_value(const struct place *place, struct json_object *value)
{
	if (place->field->codec)
		return place->field->codec->read(place, value);
	if (place->field->type == FIELD_BOOLEAN)
		field_store(place->field, place->at, json_object_get_boolean(value));
	else
		field_store(place->field, place->at, (uint64_t)json_object_get_int64(value));
	return 0;
}

/* --- the fields of a line --- */

static void *source_in(struct reading *reading, enum source source)
{
	switch (source) {
	case FROM_LINE:
		return &reading->line;
	case FROM_EVENT:
		return &reading->event;
	case FROM_CONNECTION:
		return &reading->connection;
	case FROM_STARTED:
		return &reading->started;
	default: /* not needed */
		return NULL;
	}
}

static int read_field(struct json_object *line, const struct step *step, struct reading *reading)
{
	const struct field *field = step->field;
	const struct sources sources = { .from = { [FROM_EVENT] = &reading->event } };
	struct place place = { .field = field, .reading = reading };
	char *source = source_in(reading, field->source);
	struct json_object *value;
	bool parent;
	int err;

	if (!source || (field->codec && !field->codec->read))
		return 0;
	err = find(line, step, &value, &parent);
	if (err == -ENOENT)
		return is_required(field, &sources, parent) ? -EINVAL : 0;
	if (err)
		return err;
	place.at = source + field->offset;
	return is_of_type(field, value) ? read_value(&place, value) : -EINVAL;
}

static int read_fields(struct json_object *line, const struct plan *plan, struct reading *reading)
{
	int err = 0;

	for (size_t i = 0; i + 1 < plan->n && !err; i++) /* the last step is the end */
		err = read_field(line, &plan->steps[i], reading);
	return err;
}

/* What follows from what is recorded, as in the model. */
static void complete(struct event *event)
{
	if (event->kind != EVENT_PROBE_SENT && event->kind != EVENT_PROBE_DROPPED)
		return;
	event->probe.unanswered_before = event->probe.number - 1;
	if (event->kind == EVENT_PROBE_DROPPED)
		event->probe.limit = event->settings.user_timeout_ms ? 0 : event->settings.probe_limit;
}

static void hand_over(struct reading *reading, enum line_kind kind, struct recorded *recorded)
{
	recorded->time_ns = reading->event.wall_ns;
	recorded->sequence = reading->line.sequence;
	recorded->own_netns = reading->started.netns;
	recorded->kind = RECORDED_EVENT;
	if (kind == LINE_STARTED)
		recorded->kind = RECORDED_STARTED;
	if (kind == LINE_STATS)
		recorded->kind = RECORDED_STATS;
	if (recorded->kind != RECORDED_EVENT)
		return;
	complete(&reading->event);
	recorded->event = reading->event;
	recorded->event.time_ns = recorded->time_ns;
	recorded->id = reading->connection.id;
	recorded->cookie = reading->connection.cookie;
	recorded->mptcp_subflow = reading->connection.mptcp_subflow;
	recorded->owner = reading->connection.owner;
	memcpy(recorded->connection_id, reading->connection_id, sizeof(recorded->connection_id));
}

/* --- the whole line --- */

static const char *text_of(struct json_object *line, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(line, key, &value) || !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

/* Any 1.x: a minor version only adds. */
static int check_version(struct json_object *line)
{
	static const char major[] = SCHEMA_MAJOR ".";
	const char *version = text_of(line, "schema_version");
	uint64_t minor;

	if (!version)
		return -EINVAL;
	if (strncmp(version, major, strlen(major)) != 0 || parse_number(version + strlen(major), 0, UINT32_MAX, &minor))
		return -EPROTONOSUPPORT;
	return 0;
}

/* LINE_KINDS for a name that this version does not know. */
static enum line_kind kind_of(const char *name)
{
	for (enum line_kind kind = 0; kind < LINE_KINDS; kind++)
		if (strcmp(name, line_name(kind)) == 0)
			return kind;
	return LINE_KINDS;
}

static int take_line(struct ndjson *ndjson, struct json_object *line, struct recorded *recorded)
{
	static const char ours[] = "katrace.";
	struct reading reading = { .texts = ndjson->texts };
	struct json_object *katrace;
	const char *name;
	enum line_kind kind;
	int err;

	if (!json_object_is_type(line, json_type_object))
		return -ENOMSG;
	name = text_of(line, "event_name");
	if (!name || strncmp(name, ours, strlen(ours)) != 0)
		return -ENOMSG;
	err = check_version(line);
	if (err)
		return err;
	if (!json_object_object_get_ex(line, "katrace", &katrace) || !json_object_is_type(katrace, json_type_object))
		return -EINVAL;
	kind = kind_of(name);
	if (kind == LINE_KINDS)
		return -ENOSYS;
	if (kind >= LINE_SOCKET)
		return -ENOTSUP;
	if ((int)kind < EVENT_KINDS)
		reading.event.kind = (enum event_kind)kind;
	err = read_fields(line, &ndjson->plans[kind], &reading);
	if (!err)
		hand_over(&reading, kind, recorded);
	return err;
}

/* --- text --- */

static bool is_ascii(const char *line, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] >= 0x80)
			return false;
	return true;
}

/* Fails after a backslash: the two would become another escape. */
static int escape_all(const char *line, struct out *out)
{
	bool escaped = false;
	size_t length;

	for (; *line; line += length) {
		length = utf8_length(line, UTF8_MAX);
		if (!length || (length > 1 && escaped))
			return -EBADMSG;
		if (length == 1)
			out_bytes(out, line, 1);
		else
			json_escape(out, utf8_decode(line, length));
		escaped = *line == '\\' && !escaped;
	}
	return 0;
}

/*
 * json-c 0.18 refuses every byte from 0x80 on in strings when it is strict: it compares a signed char with
 * 0x1f. So katrace checks UTF-8 itself and replaces it by escapes. *line and *n are then those of the ASCII text.
 */
static int to_ascii(struct ndjson *ndjson, const char **line, size_t *n)
{
	const size_t size = 3 * *n + 1; /* at worst two bytes become six */
	struct out out;
	char *copy;
	int err;

	if (is_ascii(*line, *n))
		return 0;
	if (size > ndjson->ascii_size) {
		char *larger = realloc(ndjson->ascii, size);

		if (!larger)
			return -EBADMSG;
		ndjson->ascii = larger;
		ndjson->ascii_size = size;
	}
	copy = strndup(*line, *n);
	if (!copy)
		return -EBADMSG;
	out = out_make(ndjson->ascii, ndjson->ascii_size);
	err = escape_all(copy, &out);
	free(copy);
	*line = out.buf;
	*n = out.used;
	return err;
}

int ndjson_read(struct ndjson *ndjson, const char *line, size_t n, struct recorded *recorded)
{
	struct json_object *object;
	int err;

	memset(recorded, 0, sizeof(*recorded));
	if (!n || n > NDJSON_LINE_MAX || memchr(line, '\0', n) || to_ascii(ndjson, &line, &n))
		return -EBADMSG;
	json_tokener_reset(ndjson->tokener);
	object = json_tokener_parse_ex(ndjson->tokener, line, (int)n);
	/* json-c 0.18, if strict, refuses a number that is too large; 0.16 returns the nearest one */
	if (json_tokener_get_error(ndjson->tokener) == json_tokener_error_parse_number)
		return -EINVAL;
	if (!object) /* json_tokener_continue: the line ends too early */
		return -EBADMSG;
	err = take_line(ndjson, object, recorded);
	json_object_put(object);
	return err;
}
