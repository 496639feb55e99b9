// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/json.h"

#include "format/utf8.h"

#include <inttypes.h>
#include <string.h>

struct jsonw jsonw_make(struct out *out)
{
	return (struct jsonw){ .out = out };
}

/* How many characters at text are written as they are. */
static size_t plain_length(const char *text)
{
	size_t n = 0;

	while (text[n] >= 0x20 && text[n] < 0x7f && text[n] != '"' && text[n] != '\\')
		n++;
	return n;
}

void json_escape(struct out *out, uint32_t code)
{
	if (code < 0x10000)
		out_printf(out, "\\u%04x", code);
	else /* a pair of surrogates */
		out_printf(out, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10),
			   0xdc00 + ((code - 0x10000) & 0x3ff));
}

/* One character, or one byte that is none. Returns its length. */
static size_t quote_one(struct out *out, const char *text)
{
	const size_t length = utf8_length(text, UTF8_MAX);
	const uint32_t code = utf8_decode(text, length);

	if (!length) {
		out_text(out, "\xef\xbf\xbd");
		return 1;
	}
	if (code == '"' || code == '\\')
		out_bytes(out, "\\", 1);
	if (utf8_width(code))
		out_bytes(out, text, length);
	else
		json_escape(out, code);
	return length;
}

void json_quote(struct out *out, const char *text)
{
	size_t length = plain_length(text);

	out_text(out, "\"");
	out_bytes(out, text, length);
	for (text += length; *text; text += length) {
		text += quote_one(out, text);
		length = plain_length(text);
		out_bytes(out, text, length);
	}
	out_text(out, "\"");
}

static void begin(struct jsonw *json, const char *key)
{
	if (json->follows)
		out_text(json->out, ",");
	json->follows = true;
	if (!key)
		return;
	out_text(json->out, "\"");
	out_text(json->out, key);
	out_text(json->out, "\":");
}

static void open_level(struct jsonw *json, const char *key, const char *bracket)
{
	begin(json, key);
	out_text(json->out, bracket);
	json->follows = false;
}

static void close_level(struct jsonw *json, const char *bracket)
{
	out_text(json->out, bracket);
	json->follows = true;
}

void jsonw_object(struct jsonw *json, const char *key)
{
	open_level(json, key, "{");
}

void jsonw_end_object(struct jsonw *json)
{
	close_level(json, "}");
}

void jsonw_array(struct jsonw *json, const char *key)
{
	open_level(json, key, "[");
}

void jsonw_end_array(struct jsonw *json)
{
	close_level(json, "]");
}

void jsonw_string(struct jsonw *json, const char *key, const char *value)
{
	begin(json, key);
	json_quote(json->out, value);
}

void jsonw_int(struct jsonw *json, const char *key, int64_t value)
{
	begin(json, key);
	out_printf(json->out, "%" PRId64, value);
}

void jsonw_bool(struct jsonw *json, const char *key, bool value)
{
	begin(json, key);
	out_text(json->out, value ? "true" : "false");
}
