// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/codecs.h"

#include "format/json.h"
#include "format/words.h"
#include "model/integer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NS_PER_S 1000000000ULL
#define ERRNO_MAX 4095
/* The year 2242: its nanoseconds still fit in 64 bits. */
#define SECONDS_MAX 8600000000LL

/* A codec without read(): the value follows from other fields of the line. */

void write_number(struct out *out, uint64_t number)
{
	out_number(out, number > INT64_MAX ? INT64_MAX : number);
}

void write_plain(struct out *out, const char *text)
{
	out_bytes(out, "\"", 1);
	out_text(out, text);
	out_bytes(out, "\"", 1);
}

unsigned int names_find(const struct names *names, const char *text)
{
	for (unsigned int i = names->first; i < names->end; i++)
		if (names->name(i) && strcmp(text, names->name(i)) == 0)
			return i;
	return names->end;
}

/* --- time: "2026-11-20T22:10:11.123456789Z" --- */

static void put_digits(char *at, size_t n, unsigned int number)
{
	for (; n; number /= 10)
		at[--n] = (char)('0' + number % 10);
}

static void set_clock(struct clock_text *clock, uint64_t second)
{
	const time_t seconds = (time_t)second;
	struct tm tm = { 0 };

	gmtime_r(&seconds, &tm);
	memcpy(clock->text, "0000-00-00T00:00:00.", sizeof(clock->text));
	put_digits(clock->text, 4, (unsigned int)tm.tm_year + 1900);
	put_digits(clock->text + 5, 2, (unsigned int)tm.tm_mon + 1);
	put_digits(clock->text + 8, 2, (unsigned int)tm.tm_mday);
	put_digits(clock->text + 11, 2, (unsigned int)tm.tm_hour);
	put_digits(clock->text + 14, 2, (unsigned int)tm.tm_min);
	put_digits(clock->text + 17, 2, (unsigned int)tm.tm_sec);
	clock->second = second;
}

static void write_time(const struct value *value, struct out *out)
{
	const uint64_t wall_ns = field_number(value->field, value->at), second = wall_ns / NS_PER_S;
	char rest[] = "000000000Z\"";

	if (!value->clock->text[0] || second != value->clock->second)
		set_clock(value->clock, second);
	put_digits(rest, 9, (unsigned int)(wall_ns % NS_PER_S));
	out_bytes(out, "\"", 1);
	out_bytes(out, value->clock->text, sizeof(value->clock->text));
	out_bytes(out, rest, sizeof(rest) - 1);
}

static bool has_shape(const char *text, const char *shape)
{
	if (strlen(text) != strlen(shape))
		return false;
	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
			return false;
	return true;
}

static int read_time(const struct place *place, struct json_object *value)
{
	const char *text = json_object_get_string(value);
	struct tm tm = { 0 }, again;
	unsigned int ns;
	int64_t seconds;

	if (!has_shape(text, "0000-00-00T00:00:00.000000000Z"))
		return -EINVAL;
	sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%9u", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
	       &tm.tm_sec, &ns);
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	again = tm;
	seconds = timegm(&again);
	if (seconds < 0 || seconds > SECONDS_MAX)
		return -EINVAL;
	/* timegm() turns the 30th of February into the 2nd of March. */
	if (again.tm_mon != tm.tm_mon || again.tm_mday != tm.tm_mday || again.tm_hour != tm.tm_hour ||
	    again.tm_min != tm.tm_min || again.tm_sec != tm.tm_sec)
		return -EINVAL;
	field_store(place->field, place->at, (uint64_t)seconds * NS_PER_S + ns);
	return 0;
}

const struct codec codec_time = { write_time, read_time };

/* --- severity --- */

static enum severity severity_at(const struct value *value)
{
	return (enum severity)field_number(value->field, value->at);
}

static void write_severity_number(const struct value *value, struct out *out)
{
	out_number(out, severity_number(severity_at(value)));
}

static void write_severity_text(const struct value *value, struct out *out)
{
	write_plain(out, severity_name(severity_at(value)));
}

const struct codec codec_severity_number = { write_severity_number, NULL };
const struct codec codec_severity_text = { write_severity_text, NULL };

/* --- names --- */

static void write_named(const struct value *value, struct out *out)
{
	write_plain(out, value->field->names.name((unsigned int)field_number(value->field, value->at)));
}

static int read_named(const struct place *place, struct json_object *value)
{
	field_store(place->field, place->at, names_find(&place->field->names, json_object_get_string(value)));
	return 0;
}

const struct codec codec_named = { write_named, read_named };

/* Follows from the verdict. */
const struct codec codec_error_type = { write_named, NULL };

static void write_errno(const struct value *value, struct out *out)
{
	const int error = (int)field_number(value->field, value->at);
	const char *name = strerrorname_np(error);

	if (name)
		write_plain(out, name);
	else
		out_printf(out, "\"E%d\"", error);
}

static int read_errno(const struct place *place, struct json_object *value)
{
	const char *name = json_object_get_string(value);
	uint64_t number;

	if (*name == 'E' && parse_number(name + 1, 1, ERRNO_MAX, &number) == 0) { /* an errno without a name */
		field_store(place->field, place->at, number);
		return 0;
	}
	for (int i = 1; i <= ERRNO_MAX; i++) {
		const char *known = strerrorname_np(i);

		if (!known || strcmp(name, known) != 0)
			continue;
		field_store(place->field, place->at, (uint64_t)i);
		return 0;
	}
	return -EINVAL;
}

const struct codec codec_errno = { write_errno, read_errno };

/* Its place is the probe of the event. */
static void write_result(const struct value *value, struct out *out)
{
	const struct event *event = value->sources->from[FROM_EVENT];
	const int64_t result = event->probe.result;

	if (result < 0)
		out_bytes(out, "-", 1);
	out_number(out, (uint64_t)(result < 0 ? -result : result));
}

static int read_result(const struct place *place, struct json_object *value)
{
	const int result = (int)json_object_get_int64(value);

	place->reading->event.probe.has_result = result != 0;
	place->reading->event.probe.result = result;
	return 0;
}

const struct codec codec_result = { write_result, read_result };

/* Both are known if one is. */
static int read_data_age(const struct place *place, struct json_object *value)
{
	place->reading->event.data.known = true;
	field_store(place->field, place->at, (uint64_t)json_object_get_int64(value));
	return 0;
}

const struct codec codec_data_age = { .read = read_data_age };

/* --- numbers that may exceed 2^53 --- */

static void write_id(const struct value *value, struct out *out)
{
	out_bytes(out, "\"", 1);
	out_number(out, field_number(value->field, value->at));
	out_bytes(out, "\"", 1);
}

static int read_id(const struct place *place, struct json_object *value)
{
	const uint64_t max = place->field->size == sizeof(uint32_t) ? UINT32_MAX : UINT64_MAX;
	uint64_t number;

	if (parse_number(json_object_get_string(value), 0, max, &number))
		return -EINVAL;
	field_store(place->field, place->at, number);
	return 0;
}

const struct codec codec_id = { write_id, read_id };

/* "RUN-NUMBER"; the number of a socket is its place in the list. */
static void write_connection_id(const struct value *value, struct out *out)
{
	const struct event_line *line = value->sources->from[FROM_LINE];

	out_bytes(out, "\"", 1);
	out_text(out, line->run);
	out_bytes(out, "-", 1);
	out_number(out, value->sources->kind == LINE_SOCKET ? line->sequence : field_number(value->field, value->at));
	out_bytes(out, "\"", 1);
}

static int read_connection_id(const struct place *place, struct json_object *value)
{
	const char *text = json_object_get_string(value);

	if (!*text || strlen(text) >= sizeof(place->reading->connection_id))
		return -EINVAL;
	memcpy(place->reading->connection_id, text, strlen(text) + 1);
	return 0;
}

const struct codec codec_connection_id = { write_connection_id, read_connection_id };

/* --- the network --- */

static void write_ip_version(const struct value *value, struct out *out)
{
	const struct identity *id = value->at;

	write_plain(out, value->field->names.name(id->peer.ipv6));
}

static int read_ip_version(const struct place *place, struct json_object *value)
{
	struct identity *id = place->at;

	id->local.ipv6 = id->peer.ipv6 = names_find(&place->field->names, json_object_get_string(value));
	return 0;
}

const struct codec codec_ip_version = { write_ip_version, read_ip_version };

static void write_address(const struct value *value, struct out *out)
{
	out_bytes(out, "\"", 1);
	words_address(out, value->at);
	out_bytes(out, "\"", 1);
}

/* The IP version is known: network.type comes first in the table. */
static int read_address(const struct place *place, struct json_object *value)
{
	struct endpoint *end = place->at;

	return inet_pton(end->ipv6 ? AF_INET6 : AF_INET, json_object_get_string(value), end->addr) == 1 ? 0 : -EINVAL;
}

const struct codec codec_address = { write_address, read_address };

/* One for both ends. Its place is the identity. */
static const struct scope *scope_at(const struct value *value)
{
	const struct identity *id = value->at;

	return id->peer.scope.id ? &id->peer.scope : &id->local.scope;
}

static void write_interface(const struct value *value, struct out *out)
{
	json_quote(out, scope_at(value)->name);
}

/* The scope is read in the order of the table: its name, then its id. */
static int read_interface(const struct place *place, struct json_object *value)
{
	const char *name = json_object_get_string(value);
	struct scope scope = { 0 };

	if (strlen(name) >= sizeof(scope.name))
		return -EINVAL;
	memcpy(scope.name, name, strlen(name) + 1);
	identity_set_scope(place->at, &scope);
	return 0;
}

const struct codec codec_interface = { write_interface, read_interface };

static void write_scope_id(const struct value *value, struct out *out)
{
	out_number(out, scope_at(value)->id);
}

static int read_scope_id(const struct place *place, struct json_object *value)
{
	const struct identity *id = place->at;
	struct scope scope = endpoint_is_link_local(&id->peer) ? id->peer.scope : id->local.scope;

	scope.id = (uint32_t)json_object_get_int64(value);
	identity_set_scope(place->at, &scope);
	return 0;
}

const struct codec codec_scope_id = { write_scope_id, read_scope_id };
