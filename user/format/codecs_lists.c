// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Text, lists and sets. */
#include "format/codecs.h"

#include "format/json.h"
#include "model/summary.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

/* --- text --- */

/* In an array of chars. */
static void write_foreign_text(const struct value *value, struct out *out)
{
	json_quote(out, value->at);
}

/* Invalid UTF-8 was recorded as U+FFFD, which is longer than the original byte: it becomes '?' here. */
static int decode_foreign(const char *text, char *chars, size_t size)
{
	static const char replacement[] = "\xef\xbf\xbd";
	size_t n = 0;

	while (*text) {
		const bool replaced = strncmp(text, replacement, strlen(replacement)) == 0;

		if (n + 1 == size)
			return -EINVAL;
		chars[n++] = *text;
		if (replaced)
			chars[n - 1] = '?';
		text += replaced ? strlen(replacement) : 1;
	}
	chars[n] = '\0';
	return 0;
}

static int read_foreign_text(const struct place *place, struct json_object *value)
{
	return decode_foreign(json_object_get_string(value), place->at, place->field->size);
}

const struct codec codec_foreign_text = { write_foreign_text, read_foreign_text };

bool connection_has_title(const struct sources *sources)
{
	const struct connection *connection = sources->from[FROM_CONNECTION];

	return connection->owner.pid && *connection->owner.title;
}

static int read_container(const struct place *place, struct json_object *value)
{
	const char *id = json_object_get_string(value);

	if (strlen(id) >= place->field->size || strspn(id, "0123456789abcdef") != strlen(id))
		return -EINVAL;
	memcpy(place->at, id, strlen(id) + 1);
	return 0;
}

const struct codec codec_container = { write_foreign_text, read_container };

/* Its place holds a pointer to the text. */
static void write_text(const struct value *value, struct out *out)
{
	json_quote(out, *(const char *const *)value->at);
}

const struct codec codec_text = { write_text, NULL };

/* Without memory the number is shown. */
static int read_netns_name(const struct place *place, struct json_object *value)
{
	const char **name = place->at;
	char text[NETNS_NAME_MAX];
	int err = decode_foreign(json_object_get_string(value), text, sizeof(text));

	if (err || !*text)
		return -EINVAL;
	*name = texts_keep(place->reading->texts, text);
	return 0;
}

const struct codec codec_netns_name = { write_text, read_netns_name };

/* --- lists --- */

static void write_texts(const char *const *texts, size_t n, struct out *out)
{
	out_bytes(out, "[", 1);
	for (size_t i = 0; i < n; i++) {
		out_text(out, i ? "," : "");
		json_quote(out, texts[i]);
	}
	out_bytes(out, "]", 1);
}

static void write_hooks(const struct value *value, struct out *out)
{
	const struct started *started = value->sources->from[FROM_STARTED];

	write_texts(started->hooks, started->n_hooks, out);
}

static void write_degraded(const struct value *value, struct out *out)
{
	const struct started *started = value->sources->from[FROM_STARTED];

	write_texts(started->degraded, started->n_degraded, out);
}

const struct codec codec_hooks = { write_hooks, NULL };
const struct codec codec_degraded = { write_degraded, NULL };

static void write_other_pids(const struct value *value, struct out *out)
{
	const struct owner *owner = value->at;

	for (uint32_t i = 0; i < owner->n_others; i++) {
		out_bytes(out, i ? "," : "[", 1);
		out_number(out, owner->other_pids[i]);
	}
	out_bytes(out, "]", 1);
}

static int read_other_pids(const struct place *place, struct json_object *value)
{
	struct owner *owner = place->at;

	for (size_t i = 0; i < json_object_array_length(value); i++)
		owner->other_pids[owner->n_others++] =
			(uint32_t)json_object_get_int64(json_object_array_get_idx(value, i));
	return 0;
}

const struct codec codec_other_pids = { write_other_pids, read_other_pids };

/* --- sets of settings --- */

static bool changed_has(const struct event *event, enum setting setting)
{
	switch (setting) {
	case SETTING_ENABLED:
		return event->changed.enabled;
	case SETTING_USER_TIMEOUT:
		return event->changed.user_timeout;
	default:
		return event->changed.settings & setting_bit(setting);
	}
}

static void write_setting(struct out *out, const char **before, enum setting setting)
{
	out_text(out, *before);
	write_plain(out, setting_name(setting));
	*before = ",";
}

static void write_settings(const struct value *value, struct out *out)
{
	const uint8_t bits = (uint8_t)field_number(value->field, value->at);
	const char *before = "";

	out_bytes(out, "[", 1);
	for (enum setting i = 0; i < SETTINGS; i++)
		if (bits & setting_bit(i))
			write_setting(out, &before, i);
	out_bytes(out, "]", 1);
}

static void write_changed(const struct value *value, struct out *out)
{
	const char *before = "";

	out_bytes(out, "[", 1);
	for (enum setting i = 0; i < SETTINGS; i++)
		if (changed_has(value->sources->from[FROM_EVENT], i))
			write_setting(out, &before, i);
	out_bytes(out, "]", 1);
}

/* The settings named in an array, as bits 1 << enum setting. Later versions may have more. */
static unsigned int settings_in(const struct field *field, struct json_object *array)
{
	unsigned int set = 0;

	for (size_t i = 0; i < json_object_array_length(array); i++)
		set |= 1U << names_find(&field->names, json_object_get_string(json_object_array_get_idx(array, i)));
	return set & ~(1U << field->names.end);
}

static uint8_t sysctl_bits(unsigned int set)
{
	uint8_t bits = 0;

	for (enum setting i = 0; i < SETTINGS; i++)
		if (set & (1U << i))
			bits |= setting_bit(i);
	return bits;
}

static int read_settings(const struct place *place, struct json_object *value)
{
	field_store(place->field, place->at, sysctl_bits(settings_in(place->field, value)));
	return 0;
}

static int read_changed(const struct place *place, struct json_object *value)
{
	const unsigned int set = settings_in(place->field, value);
	struct event *event = &place->reading->event;

	event->changed.settings = sysctl_bits(set);
	event->changed.enabled = set & (1U << SETTING_ENABLED);
	event->changed.user_timeout = set & (1U << SETTING_USER_TIMEOUT);
	return 0;
}

const struct codec codec_settings = { write_settings, read_settings };
const struct codec codec_changed = { write_changed, read_changed };

/* --- sums --- */

static const struct summary_line *summary_of(const struct sources *sources)
{
	return sources->from[FROM_SUMMARY];
}

bool summary_has_process(const struct sources *sources)
{
	return summary_of(sources)->owner.pid;
}

bool summary_has_title(const struct sources *sources)
{
	return summary_of(sources)->owner.pid && *summary_of(sources)->owner.title;
}

bool summary_has_container(const struct sources *sources)
{
	return summary_of(sources)->owner.pid && *summary_of(sources)->owner.cgroup.container;
}

bool summary_notices(const struct sources *sources)
{
	return summary_of(sources)->detects;
}

bool summary_has_settings(const struct sources *sources)
{
	return summary_of(sources)->n_settings;
}

/* Its place is the value of the first of the settings in use. */
static void write_in_use(const struct value *value, struct out *out)
{
	const struct summary_line *line = summary_of(value->sources);
	const char *at = value->at;

	for (size_t i = 0; i < line->n_settings; i++) {
		out_bytes(out, i ? "," : "[", 1);
		write_number(out, field_number(value->field, at + i * sizeof(line->settings[0])));
	}
	out_bytes(out, "]", 1);
}

/* Once in two hours is 12 a day: a minute is too short for whole numbers. */
static void write_per_day(const struct value *value, struct out *out)
{
	const struct summary_line *line = summary_of(value->sources);

	out_number(out, (uint64_t)(line->probes_per_minute * 1440 + 0.5));
}

const struct codec codec_in_use = { write_in_use, NULL };
const struct codec codec_per_day = { write_per_day, NULL };

static void write_sources(const struct value *value, struct out *out)
{
	const struct summary_line *line = summary_of(value->sources);
	const char *before;

	for (size_t i = 0; i < line->n_settings; i++) {
		out_text(out, i ? ",\"" : "[\"");
		before = "";
		for (enum setting j = 0; j < SETTINGS; j++) {
			if (!(line->settings[i].settings.from_sysctl & setting_bit(j)))
				continue;
			out_text(out, before);
			out_text(out, setting_name(j));
			before = " ";
		}
		out_text(out, "\"");
	}
	out_text(out, "]");
}

const struct codec codec_sources = { write_sources, NULL };
