/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * For targets that fuzz the writer of JSON lines: any input must give one line of at most 4096 bytes of valid UTF-8,
 * which json-c parses back to the original values. UTF-8 is checked by arithmetic, not with katrace's table; glibc and
 * json-c accept more.
 */
#ifndef KATRACE_FUZZ_WRITTEN_H
#define KATRACE_FUZZ_WRITTEN_H

#include "format/json_reader.h"
#include "format/json_writer.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
};

static inline void require(bool condition)
{
	if (!condition)
		abort();
}

/* --- from bytes to values; zeros when there are no more --- */

static inline void take(struct input *input, void *value, size_t size)
{
	const size_t n = size < input->size ? size : input->size;

	memset(value, 0, size);
	memcpy(value, input->data, n);
	input->data += n;
	input->size -= n;
}

static inline uint8_t take_u8(struct input *input)
{
	uint8_t n;

	take(input, &n, sizeof(n));
	return n;
}

static inline bool take_bool(struct input *input)
{
	return take_u8(input) & 1;
}

static inline uint32_t take_u32(struct input *input)
{
	uint32_t n;

	take(input, &n, sizeof(n));
	return n;
}

static inline uint64_t take_u64(struct input *input)
{
	uint64_t n;

	take(input, &n, sizeof(n));
	return n;
}

static inline struct endpoint take_endpoint(struct input *input, bool ipv6)
{
	struct endpoint end = { .ipv6 = ipv6 };

	take(input, end.addr, ipv6 ? 16 : 4);
	take(input, &end.port, sizeof(end.port));
	return end;
}

/* Valid until the next call; NULL: none. */
static inline const char *take_netns_name(struct input *input)
{
	static char name[NETNS_NAME_MAX];

	memset(name, 0, sizeof(name));
	take(input, name, take_u8(input) % sizeof(name));
	return *name ? name : NULL;
}

static inline struct connection take_connection(struct input *input)
{
	const bool ipv6 = take_bool(input);
	struct connection c = { 0 };
	struct scope scope = { 0 };

	take(input, c.owner.comm, sizeof(c.owner.comm) - 1);
	take(input, c.owner.title, sizeof(c.owner.title) - 1);
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
	c.id.netns_name = take_netns_name(input);
	c.id.inode = take_u64(input);
	c.cookie = take_u64(input);
	c.mptcp_subflow = take_bool(input);
	c.number = take_u64(input);
	return c;
}

static inline struct settings take_settings(struct input *input)
{
	struct settings settings = { .enabled = take_bool(input) };

	settings.idle_s = take_u32(input);
	settings.interval_s = take_u32(input);
	settings.probe_limit = take_u32(input);
	settings.user_timeout_ms = take_u32(input);
	settings.from_sysctl = take_u8(input) & (KATRACE_IDLE | KATRACE_INTERVAL | KATRACE_PROBE_LIMIT);
	return settings;
}

/* --- checks of the line --- */

static inline struct json_object *at(struct json_object *object, const char *key, const char *key2, const char *key3)
{
	const char *const keys[] = { key, key2, key3 };

	for (size_t i = 0; i < 3 && keys[i]; i++)
		if (!json_object_object_get_ex(object, keys[i], &object))
			return NULL;
	return object;
}

static inline void same_text(struct json_object *value, const char *text)
{
	require(json_object_is_type(value, json_type_string));
	require((size_t)json_object_get_string_len(value) == strlen(text));
	require(strcmp(json_object_get_string(value), text) == 0);
}

static inline void same_number(struct json_object *value, uint64_t number)
{
	require(json_object_is_type(value, json_type_int));
	require(json_object_get_uint64(value) == (number > INT64_MAX ? INT64_MAX : number));
}

static inline void same_unless_zero(struct json_object *value, uint64_t number)
{
	require(!value == !number);
	if (number)
		same_number(value, number);
}

static inline void same_id(struct json_object *value, uint64_t id)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, id);
	same_text(value, text);
}

/* How many bytes the character at text has, 0 if it is none. */
static inline size_t utf8_bytes(const char *text)
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

static inline bool has_controls(const char *text)
{
	for (; *text; text++)
		if ((uint8_t)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

static inline bool is_utf8(const char *text)
{
	while (*text && utf8_bytes(text))
		text += utf8_bytes(text);
	return !*text;
}

/* Byte for byte, but U+FFFD for each that belongs to no character. */
static inline void same_name(struct json_object *value, const char *comm)
{
	char text[3 * NETNS_NAME_MAX] = "";

	while (*comm) {
		const size_t n = utf8_bytes(comm);

		strncat(text, n ? comm : "\xef\xbf\xbd", n ? n : 3);
		comm += n ? n : 1;
	}
	same_text(value, text);
}

/* Without an id there is no process. */
static inline void same_process(struct json_object *line, const struct owner *owner)
{
	const bool titled = owner->pid && *owner->title;

	require(!at(line, "process", NULL, NULL) == !owner->pid);
	require(!at(line, "process", "title", NULL) == !titled);
	if (owner->pid) {
		same_number(at(line, "process", "pid", NULL), owner->pid);
		same_name(at(line, "process", "name", NULL), owner->comm);
	}
	if (titled)
		same_name(at(line, "process", "title", NULL), owner->title);
}

/* As a parser sees it. The caller frees it. */
static inline struct json_object *parse_line(const char *text)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *line;

	require(is_utf8(text) && tokener);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	line = json_tokener_parse_ex(tokener, text, (int)strlen(text));
	require(line);
	json_tokener_free(tokener);
	return line;
}

/* One whole line; takes its end away. The caller frees what a parser sees. */
static inline struct json_object *finish_line(struct out *out)
{
	require(!out->cut && out->used);
	out->buf[out->used] = '\0';
	require(strlen(out->buf) == out->used && strchr(out->buf, '\n') == out->buf + out->used - 1);
	out->buf[out->used - 1] = '\0';
	require(!has_controls(out->buf)); /* json-c would accept them */
	return parse_line(out->buf);
}

#endif
