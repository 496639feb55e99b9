/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The contract of the JSON lines, from the table of fields (format/fields.h), for programs and for people. */
#ifndef KATRACE_SCHEMA_H
#define KATRACE_SCHEMA_H

#include "format/out.h"

/* Large enough for the output of each of these functions. */
#define SCHEMA_TEXT_MAX (128UL * 1024)

/* The JSON Schema (2020-12) of a line. */
void schema_write(struct out *out);

/* Tables of fields for docs/events.md: in every line, in every line about a connection, and kind by kind. */
void schema_doc_all(struct out *out);
void schema_doc_connection(struct out *out);
void schema_doc_kinds(struct out *out);

#endif
