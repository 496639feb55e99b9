/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The contract of the JSON lines: one table with a row for each field. The writer, the reader of recordings, the schema
 * and the tables of docs/events.md follow from it. To add a field: add a row here, and set its value where it is known.
 */
#ifndef KATRACE_FIELDS_H
#define KATRACE_FIELDS_H

#include "format/line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct codec;

enum field_type {
	FIELD_INTEGER,
	FIELD_BOOLEAN,
	FIELD_STRING,
	FIELD_INTEGERS, /* an array */
	FIELD_STRINGS,  /* an array */
};

enum presence {
	ALWAYS,
	WITH_OBJECT,  /* if its object is present */
	WHEN_ENABLED, /* if the field "enabled" of the same object is true */
	SOMETIMES,    /* see struct field, when */
};

/* Names of numbers: name(first) ... name(end - 1); NULL, or the name of another number: it has no name of its own. */
struct names {
	const char *(*name)(unsigned int number);
	unsigned int first, end;
};

struct field {
	const char *path;  /* "network.local.port"; fields of one object are adjacent */
	const char *means; /* one sentence */
	const char *when;  /* unless ALWAYS: "when known" */
	uint32_t lines;    /* where it occurs: bits 1 << enum line_kind */
	enum presence presence;
	uint32_t since; /* minor version of the schema */

	enum field_type type;
	int64_t min, max; /* of integers, also in an array; max 0: the largest possible value */
	struct names names;
	const char *pattern;
	uint32_t min_items, max_items; /* max_items 0: no limit */
	bool unique_items;
	bool only_true; /* a boolean that is absent if false */

	enum source source;
	size_t offset, size;                        /* of the value in its source */
	bool (*has)(const struct sources *sources); /* SOMETIMES, WITH_OBJECT, WHEN_ENABLED; NULL: unless it is 0 */
	const char *(*fixed)(enum line_kind kind);  /* a string that is equal in all lines of a kind */
	const struct codec *codec;                  /* NULL: written and read by its type */
};

extern const struct field fields[];
extern const size_t fields_count;

/* The number has a name, and no smaller number has the same. */
bool names_has_own(const struct names *names, unsigned int number);

bool field_is_in(const struct field *field, enum line_kind kind);

/* It is in every line. */
bool field_is_in_all(const struct field *field);

/* In the lines of all events of a connection. */
bool field_is_of_connection(const struct field *field);

/* The largest integer that its value can hold. */
int64_t field_max(const struct field *field);

/* The value at a place, as an unsigned number of the field's size. */
uint64_t field_number(const struct field *field, const void *at);
void field_store(const struct field *field, void *at, uint64_t number);

#endif
