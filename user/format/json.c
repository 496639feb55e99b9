// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/json.h"

#include <inttypes.h>
#include <string.h>

struct jsonw jsonw_make(struct out *out)
{
	return (struct jsonw){ .out = out };
}

/* Unicode 15, table 3-7, which excludes overlong forms, surrogates and code points beyond U+10FFFF. */
size_t json_utf8_length(const char *sequence)
{
	const unsigned char *text = (const unsigned char *)sequence;
	static const struct {
		unsigned char first_min, first_max, second_min, second_max;
		size_t length;
	} forms[] = {
		{ 0x00, 0x7f, 0x00, 0xff, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (text[0] < forms[i].first_min || text[0] > forms[i].first_max)
			continue;
		if (forms[i].length == 1)
			return 1;
		if (text[1] < forms[i].second_min || text[1] > forms[i].second_max)
			return 0;
		for (size_t at = 2; at < forms[i].length; at++)
			if ((text[at] & 0xc0) != 0x80)
				return 0;
		return forms[i].length;
	}
	return 0;
}

/* How many characters at text are written as they are. */
static size_t plain_length(const char *text)
{
	size_t n = 0;

	while (text[n] >= 0x20 && text[n] < 0x7f && text[n] != '"' && text[n] != '\\')
		n++;
	return n;
}

static void escape(struct out *out, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";
	const char code[] = { '\\', 'u', '0', '0', digits[c >> 4], digits[c & 0xf] };
	const char quoted[] = { '\\', (char)c };

	if (c == '"' || c == '\\')
		out_bytes(out, quoted, sizeof(quoted));
	else
		out_bytes(out, code, sizeof(code));
}

void json_quote(struct out *out, const char *text)
{
	size_t length = plain_length(text);

	out_text(out, "\"");
	out_bytes(out, text, length);
	for (text += length; *text; text += length) {
		length = json_utf8_length(text);
		if (length == 1)
			escape(out, (unsigned char)*text);
		else if (length)
			out_bytes(out, text, length);
		else
			out_text(out, "\xef\xbf\xbd");
		text += length ? length : 1;
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
