/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Writes JSON directly: no tree, no allocation. The names differ from those of json-c, which reads JSON. Every function
 * takes a key, which must be plain ASCII, or NULL inside an array. In strings characters without a width (utf8_width())
 * are escaped, as they may act on a terminal, and invalid UTF-8 becomes U+FFFD.
 */
#ifndef KATRACE_JSON_H
#define KATRACE_JSON_H

#include "format/out.h"

#include <stdbool.h>
#include <stdint.h>

/* A string in quotes, escaped as above. */
void json_quote(struct out *out, const char *text);

/* "\u00e9" for a code point; two of them beyond U+FFFF. */
void json_escape(struct out *out, uint32_t code);

struct jsonw {
	struct out *out;
	bool follows; /* a value was written at this level: the next one needs a comma */
};

struct jsonw jsonw_make(struct out *out);

void jsonw_object(struct jsonw *json, const char *key);
void jsonw_end_object(struct jsonw *json);
void jsonw_array(struct jsonw *json, const char *key);
void jsonw_end_array(struct jsonw *json);

void jsonw_string(struct jsonw *json, const char *key, const char *value);
void jsonw_int(struct jsonw *json, const char *key, int64_t value);
void jsonw_bool(struct jsonw *json, const char *key, bool value);

#endif
