// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/schema.h"

#include "format/fields.h"
#include "format/json.h"

#include <string.h>

/* The fields of one object: adjacent rows of the table whose paths share the first depth keys. */
struct part {
	const struct field *const *fields;
	size_t n;
	size_t depth;
};

#define PART_MAX 64

static void begin_line(struct out *out, size_t indent)
{
	out_text(out, "\n");
	for (size_t i = 0; i < indent; i++)
		out_text(out, "  ");
}

/* --- one value --- */

static void write_names(struct jsonw *json, const struct names *names)
{
	jsonw_array(json, "enum");
	for (unsigned int i = names->first; i < names->end; i++)
		if (names_has_own(names, i))
			jsonw_string(json, NULL, names->name(i));
	jsonw_end_array(json);
}

/* No maximum for numbers that only their type limits. */
static void write_integer(struct jsonw *json, const struct field *field)
{
	jsonw_string(json, "type", "integer");
	jsonw_int(json, "minimum", field->min);
	if (field->max)
		jsonw_int(json, "maximum", field->max);
}

static void write_string(struct jsonw *json, const struct field *field)
{
	jsonw_string(json, "type", "string");
	if (field->names.name)
		write_names(json, &field->names);
	if (field->pattern)
		jsonw_string(json, "pattern", field->pattern);
}

static void write_array(struct jsonw *json, const struct field *field)
{
	jsonw_string(json, "type", "array");
	jsonw_object(json, "items");
	if (field->type == FIELD_INTEGERS)
		write_integer(json, field);
	else
		write_string(json, field);
	jsonw_end_object(json);
	if (field->min_items)
		jsonw_int(json, "minItems", field->min_items);
	if (field->max_items)
		jsonw_int(json, "maxItems", field->max_items);
	if (field->unique_items)
		jsonw_bool(json, "uniqueItems", true);
}

static void write_field(struct out *out, const struct field *field)
{
	struct jsonw json = jsonw_make(out);

	jsonw_object(&json, NULL);
	switch (field->type) {
	case FIELD_INTEGER:
		write_integer(&json, field);
		break;
	case FIELD_BOOLEAN:
		jsonw_string(&json, "type", "boolean");
		if (field->only_true)
			jsonw_bool(&json, "const", true);
		break;
	case FIELD_STRING:
		write_string(&json, field);
		break;
	case FIELD_INTEGERS:
	case FIELD_STRINGS:
		write_array(&json, field);
		break;
	}
	jsonw_string(&json, "description", field->means);
	jsonw_end_object(&json);
}

/* --- objects --- */

/* The key at the part's depth, and its length. */
static const char *key_of(const struct field *field, size_t depth, size_t *length)
{
	const char *key = field->path;

	for (; depth; depth--)
		key = strchr(key, '.') + 1;
	*length = strcspn(key, ".");
	return key;
}

/* The fields that share the key of the first one: one for a value, several for an object. */
static struct part first_key(const struct part *part)
{
	struct part same = { .fields = part->fields, .depth = part->depth + 1 };
	size_t length, other;
	const char *key = key_of(part->fields[0], part->depth, &length);

	while (same.n < part->n) {
		const char *next = key_of(part->fields[same.n], part->depth, &other);

		if (other != length || memcmp(key, next, length) != 0)
			break;
		same.n++;
	}
	return same;
}

static bool is_value(const struct part *part)
{
	size_t length;

	return key_of(part->fields[0], part->depth - 1, &length)[length] == '\0';
}

/* Fields that a minor version added are never required, because lines of earlier versions lack them. */
static bool has_presence(const struct field *field, enum presence presence)
{
	return field->presence == presence && !field->since;
}

/* A value is required if it is present whenever its object is; an object, if it has a value that is always present. */
static bool is_required(const struct part *part)
{
	if (is_value(part) && has_presence(part->fields[0], WITH_OBJECT))
		return true;
	for (size_t i = 0; i < part->n; i++)
		if (has_presence(part->fields[i], ALWAYS))
			return true;
	return false;
}

static bool is_required_when_enabled(const struct part *part)
{
	return is_value(part) && has_presence(part->fields[0], WHEN_ENABLED);
}

static void write_key(struct out *out, const struct part *part)
{
	size_t length;
	const char *key = key_of(part->fields[0], part->depth - 1, &length);

	out_text(out, "\"");
	out_bytes(out, key, length);
	out_text(out, "\"");
}

/* Writes the keys of a part for which which() is true, in brackets. Returns how many. */
static size_t write_keys(struct out *out, struct part part, bool (*which)(const struct part *part))
{
	size_t n = 0;

	out_text(out, "[");
	while (part.n) {
		const struct part same = first_key(&part);

		if (which(&same)) {
			out_text(out, n++ ? ", " : "");
			write_key(out, &same);
		}
		part.fields += same.n;
		part.n -= same.n;
	}
	out_text(out, "]");
	return n;
}

static void write_enabled_rule(struct out *out, const struct part *part, size_t indent)
{
	char buf[512];
	struct out keys = out_make(buf, sizeof(buf));

	if (!write_keys(&keys, *part, is_required_when_enabled))
		return;
	out_text(out, ",");
	begin_line(out, indent);
	out_text(out, "\"if\": {\"properties\": {\"enabled\": {\"const\": true}}},");
	begin_line(out, indent);
	out_text(out, "\"then\": {\"required\": ");
	out_bytes(out, keys.buf, keys.used);
	out_text(out, "}");
}

/* These two call each other as deep as paths are: three times. */
/* NOLINTBEGIN(misc-no-recursion) */
static void write_properties(struct out *out, struct part part, size_t indent);

/* Writes "properties" and the related keywords, without the enclosing braces. */
static void write_members(struct out *out, const struct part *part, size_t indent)
{
	begin_line(out, indent);
	out_text(out, "\"properties\": {");
	write_properties(out, *part, indent + 1);
	begin_line(out, indent);
	out_text(out, "},");
	begin_line(out, indent);
	out_text(out, "\"required\": ");
	write_keys(out, *part, is_required);
	write_enabled_rule(out, part, indent);
}

static void write_properties(struct out *out, struct part part, size_t indent)
{
	while (part.n) {
		const struct part same = first_key(&part);

		begin_line(out, indent);
		write_key(out, &same);
		out_text(out, ": ");
		if (is_value(&same)) {
			write_field(out, same.fields[0]);
		} else {
			out_text(out, "{");
			begin_line(out, indent + 1);
			out_text(out, "\"type\": \"object\",");
			write_members(out, &same, indent + 1);
			begin_line(out, indent);
			out_text(out, "}");
		}
		part.fields += same.n;
		part.n -= same.n;
		out_text(out, part.n ? "," : "");
	}
}

/* NOLINTEND(misc-no-recursion) */

/* --- the whole --- */

/* The fields of one kind of line, without those of every line; LINE_KINDS: the fields of every line. */
static struct part fields_of(enum line_kind kind, const struct field *found[PART_MAX])
{
	struct part part = { .fields = found };

	for (size_t i = 0; i < fields_count && part.n < PART_MAX; i++) {
		const bool wanted = kind == LINE_KINDS ? field_is_in_all(&fields[i])
						       : field_is_in(&fields[i], kind) && !field_is_in_all(&fields[i]);

		if (wanted)
			found[part.n++] = &fields[i];
	}
	return part;
}

/* The name of a kind of line without "katrace." */
static const char *short_name(enum line_kind kind)
{
	return strchr(line_name(kind), '.') + 1;
}

/* The event_name of a line selects one of the kinds in "$defs". */
static void write_rules(struct out *out)
{
	begin_line(out, 1);
	out_text(out, "\"allOf\": [");
	for (enum line_kind kind = 0; kind < LINE_KINDS; kind++) {
		begin_line(out, 2);
		out_printf(out,
			   "{\"if\": {\"properties\": {\"event_name\": {\"const\": \"%s\"}}}, "
			   "\"then\": {\"$ref\": \"#/$defs/%s\"}}%s",
			   line_name(kind), short_name(kind), kind + 1 < LINE_KINDS ? "," : "");
	}
	begin_line(out, 1);
	out_text(out, "],");
}

static void write_severities(struct out *out)
{
	begin_line(out, 1);
	out_text(out, "\"oneOf\": [");
	for (enum severity i = 0; i < SEVERITIES; i++) {
		begin_line(out, 2);
		out_printf(out,
			   "{\"properties\": {\"severity_number\": {\"const\": %u}, "
			   "\"severity_text\": {\"const\": \"%s\"}}}%s",
			   severity_number(i), severity_name(i), i + 1 < SEVERITIES ? "," : "");
	}
	begin_line(out, 1);
	out_text(out, "],");
}

static void write_kind(struct out *out, enum line_kind kind)
{
	const struct field *found[PART_MAX];
	const struct part part = fields_of(kind, found);

	begin_line(out, 2);
	out_printf(out, "\"%s\": {", short_name(kind));
	begin_line(out, 3);
	out_text(out, "\"description\": ");
	json_quote(out, line_means(kind));
	out_text(out, ",");
	write_members(out, &part, 3);
	begin_line(out, 2);
	out_text(out, kind + 1 < LINE_KINDS ? "}," : "}");
}

void schema_write(struct out *out)
{
	const struct field *found[PART_MAX];
	const struct part head = fields_of(LINE_KINDS, found);

	out_text(
		out,
		"{\n"
		"  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
		"  \"title\": \"katrace events, schema version " SCHEMA_VERSION "\",\n"
		"  \"description\": \"One line of katrace --json or katrace list --json. Minor versions may add fields "
		"and events.\",\n"
		"  \"type\": \"object\",");
	write_members(out, &head, 1);
	out_text(out, ",");
	write_severities(out);
	write_rules(out);
	begin_line(out, 1);
	out_text(out, "\"$defs\": {");
	for (enum line_kind kind = 0; kind < LINE_KINDS; kind++)
		write_kind(out, kind);
	begin_line(out, 1);
	out_text(out, "}\n}\n");
}
