/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The contract of the JSON lines: one table with a row for each field. The writer, the reader of recordings, the schema
 * and the tables of docs/events.md follow from it. To add a field: a row here, and its value where it is made.
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
	WITH_OBJECT,  /* whenever the object it is in is there */
	WHEN_ENABLED, /* when the field "enabled" of the same object is true */
	SOMETIMES,    /* see struct field, when */
};

/* Names of numbers: name(first) ... name(end - 1); NULL or the same again for a number that has none of its own. */
struct names {
	const char *(*name)(unsigned int number);
	unsigned int first, end;
};

struct field {
	const char *path;  /* "network.local.port"; fields of one object follow each other */
	uint32_t lines;    /* in which: bits 1 << enum line_kind */
	const char *means; /* one sentence */
	enum presence presence;
	const char *when; /* SOMETIMES: "when known" */
	uint32_t since;   /* minor version of the schema */

	enum field_type type;
	int64_t min, max; /* integers, also those in an array; max 0: as large as the value can be */
	struct names names;
	const char *pattern;
	uint32_t min_items, max_items; /* max_items 0: any number */
	bool unique_items;
	bool only_true; /* a boolean that is absent when false */

	enum source source;
	size_t offset, size;                       /* of the value in its source */
	bool (*has)(const struct told *told);      /* SOMETIMES, WITH_OBJECT, WHEN_ENABLED; NULL: unless it is 0 */
	const char *(*fixed)(enum line_kind kind); /* a string that is the same in all lines of a kind */
	const struct codec *codec;                 /* NULL: the type says how it is written and read */
};

extern const struct field fields[];
extern const size_t fields_count;

/* The number has a name, and one that no smaller number has. */
bool names_has_own(const struct names *names, unsigned int number);

bool field_is_in(const struct field *field, enum line_kind kind);

/* In every line, whatever it is about. */
bool field_is_in_all(const struct field *field);

/* In the lines of all events of a connection. */
bool field_is_of_connection(const struct field *field);

/* The largest integer that its value can hold. */
int64_t field_max(const struct field *field);

/* The part of the path after its last dot. */
const char *field_leaf(const struct field *field);

/* The value at its place, an unsigned number of the field's size. */
uint64_t field_number(const struct field *field, const void *at);
void field_store(const struct field *field, void *at, uint64_t number);

#endif
