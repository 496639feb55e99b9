// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The tables of docs/events.md. */
#include "format/schema.h"

#include "format/fields.h"

#include <inttypes.h>

static void write_names(struct out *out, const struct names *names)
{
	const char *before = "";

	for (unsigned int i = names->first; i < names->end; i++) {
		if (!names_has_own(names, i))
			continue;
		out_printf(out, "%s`%s`", before, names->name(i));
		before = ", ";
	}
}

static void write_integer(struct out *out, const struct field *field)
{
	if (field->max)
		out_printf(out, "integer, %" PRId64 " to %" PRId64, field->min, field->max);
	else if (field->min)
		out_printf(out, "integer from %" PRId64, field->min);
	else
		out_text(out, "integer");
}

static void write_type(struct out *out, const struct field *field)
{
	switch (field->type) {
	case FIELD_INTEGER:
		write_integer(out, field);
		break;
	case FIELD_BOOLEAN:
		out_text(out, field->only_true ? "`true`" : "boolean");
		break;
	case FIELD_STRING:
		if (!field->names.name)
			out_text(out, "string");
		else if (field->names.end > field->names.first + 1)
			out_text(out, "one of ");
		if (field->names.name)
			write_names(out, &field->names);
		break;
	case FIELD_INTEGERS:
		out_text(out, "array of integers");
		break;
	case FIELD_STRINGS:
		out_text(out, field->names.name ? "array of " : "array of strings");
		if (field->names.name)
			write_names(out, &field->names);
		break;
	}
	if (field->max_items)
		out_printf(out, ", at most %u", field->max_items);
}

static void write_row(struct out *out, const struct field *field)
{
	out_printf(out, "| `%s` | ", field->path);
	write_type(out, field);
	out_text(out, " | ");
	out_text(out, field->when ? field->when : "always");
	out_printf(out, " | %s", field->means);
	if (field->since)
		out_printf(out, " Since " SCHEMA_MAJOR ".%u.", field->since);
	out_text(out, " |\n");
}

static void write_header(struct out *out)
{
	out_text(out, "| field | type | present | meaning |\n| --- | --- | --- | --- |\n");
}

static void write_table(struct out *out, bool (*which)(const struct field *field))
{
	write_header(out);
	for (size_t i = 0; i < fields_count; i++)
		if (which(&fields[i]))
			write_row(out, &fields[i]);
}

void schema_doc_all(struct out *out)
{
	write_table(out, field_is_in_all);
}

void schema_doc_connection(struct out *out)
{
	write_table(out, field_is_of_connection);
}

void schema_doc_kinds(struct out *out)
{
	for (enum line_kind kind = 0; kind < LINE_KINDS; kind++) {
		out_printf(out, "%s### `%s`\n\n%s\n\n", kind ? "\n" : "", line_name(kind), line_means(kind));
		write_header(out);
		for (size_t i = 0; i < fields_count; i++)
			if (field_is_in(&fields[i], kind) && !field_is_in_all(&fields[i]) &&
			    !field_is_of_connection(&fields[i]))
				write_row(out, &fields[i]);
	}
}
