// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Names as a terminal gets them: printable UTF-8 is shown, everything else is escaped; with and without locales. */
#include "unit.h"

#include "format/json.h"
#include "format/out.h"
#include "format/utf8.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

static char text[512];

static const char *end_text(const struct out *out)
{
	assert_false(out->cut);
	text[out->used] = '\0';
	return text;
}

static const char *shown(const char *name)
{
	struct out out = out_make(text, sizeof(text) - 1);

	out_escaped(&out, name, strlen(name));
	return end_text(&out);
}

static const char *quoted(const char *name)
{
	struct out out = out_make(text, sizeof(text) - 1);

	json_quote(&out, name);
	return end_text(&out);
}

/* Names as they are, then as they are shown. */
static const struct {
	const char *name, *shown;
	size_t width;
} names[] = {
	{ "nginx", "nginx", 5 },
	{ "caf\xc3\xa9", "caf\xc3\xa9", 4 },
	{ "\xd1\x81\xd0\xb5\xd1\x80\xd0\xb2\xd0\xb5\xd1\x80", "\xd1\x81\xd0\xb5\xd1\x80\xd0\xb2\xd0\xb5\xd1\x80", 6 },
	{ "\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac", 4 },
	{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", 2 },
	{ "a\\b", "a\\\\b", 4 },
	{ "\033[31m", "\\x1b[31m", 8 },
	{ "\xc2\x9b"
	  "31m",
	  "\\xc2\\x9b31m", 11 }, /* the C1 control CSI */
	{ "a\xe2\x80\xae"
	  "b",
	  "a\\xe2\\x80\\xaeb", 14 },                 /* U+202E */
	{ "\xe2\x81\xa6", "\\xe2\\x81\\xa6", 12 },   /* U+2066 */
	{ "\xe2\x81\xa9", "\\xe2\\x81\\xa9", 12 },   /* U+2069 */
	{ "\xe2\x80\x8b", "\\xe2\\x80\\x8b", 12 },   /* U+200B, without width */
	{ "\xe2\x80\xa8", "\\xe2\\x80\\xa8", 12 },   /* U+2028, a line separator */
	{ "\xc2\xad", "\\xc2\\xad", 8 },             /* a soft hyphen */
	{ "\xc2\xa0", "\\xc2\\xa0", 8 },             /* a space that is none */
	{ "e\xcc\x81", "e\\xcc\\x81", 9 },           /* a combining accent */
	{ "\xef\xbb\xbfx", "\\xef\\xbb\\xbfx", 13 }, /* a byte order mark */
	{ "\xe3\x85\xa4", "\\xe3\\x85\\xa4", 12 },   /* a Hangul filler: two blank columns */
	{ "\xef\xb8\x8f", "\\xef\\xb8\\x8f", 12 },   /* a variation selector */
	{ "\xff"
	  "a\x80",
	  "\\xffa\\x80", 9 },
	{ "\xc3\xa9\xc3", "\xc3\xa9\\xc3", 5 },             /* Linux cuts names at 15 bytes */
	{ "\xc0\xaf", "\\xc0\\xaf", 8 },                    /* overlong */
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80", 12 },          /* a surrogate */
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 16 }, /* beyond U+10FFFF */
};

static void names_are_shown(void **state)
{
	struct out out = out_make(text, sizeof(text) - 1);

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_string_equal(shown(names[i].name), names[i].shown);
		out.used = strlen(names[i].shown);
		assert_int_equal(out_width(&out, 0), names[i].width);
	}
}

/* A sequence that goes on behind the end of the name is none. */
static void names_end_at_their_length(void **state)
{
	struct out out = out_make(text, sizeof(text) - 1);

	(void)state;
	out_escaped(&out, "a\xc3\xa9", 2);
	assert_string_equal(end_text(&out), "a\\xc3");
}

static void select_locale(const char *name)
{
	if (!setlocale(LC_CTYPE, name))
		skip(); /* this host has no locales */
}

static void with_a_locale(void **state)
{
	(void)state;
	select_locale("C.UTF-8");
	names_are_shown(NULL);
	/* a script that only the locale knows */
	assert_string_equal(shown("\xe1\x8c\x80"), "\xe1\x8c\x80");
	setlocale(LC_CTYPE, "C");
	assert_string_equal(shown("\xe1\x8c\x80"), "\\xe1\\x8c\\x80");
}

/* What is shown without locales has the width that libc knows with one. */
static void both_rules_agree(void **state)
{
	static unsigned char without[0x30000];

	(void)state;
	for (uint32_t code = 0x80; code < 0x30000; code++)
		without[code] = (unsigned char)utf8_width(code);
	select_locale("C.UTF-8");
	for (uint32_t code = 0x80; code < 0x30000; code++)
		if (without[code] && wcwidth((wchar_t)code) >= 0)
			assert_int_equal(without[code], wcwidth((wchar_t)code));
	setlocale(LC_CTYPE, "C");
}

static void json_keeps_every_character(void **state)
{
	(void)state;
	assert_string_equal(quoted("caf\xc3\xa9 \xe6\x97\xa5"), "\"caf\xc3\xa9 \xe6\x97\xa5\"");
	assert_string_equal(quoted("\"\\\n"), "\"\\\"\\\\\\u000a\"");
	assert_string_equal(quoted("\xc2\x9b\xe2\x80\xae"), "\"\\u009b\\u202e\"");
	assert_string_equal(quoted("\xf3\xa0\x81\x81"), "\"\\udb40\\udc41\""); /* U+E0041, a tag */
	assert_string_equal(quoted("\xff"), "\"\xef\xbf\xbd\"");
}

static const char *shortened(const char *cell, size_t width, size_t tail)
{
	struct out out = out_make(text, sizeof(text) - 1);

	out_text(&out, "before ");
	out_text(&out, cell);
	out_shorten(&out, strlen("before "), width, tail);
	assert_true(out_width(&out, 0) <= width + strlen("before "));
	return end_text(&out) + strlen("before ");
}

#define DOTS "\xe2\x80\xa6"

static void long_cells_are_shortened(void **state)
{
	(void)state;
	assert_string_equal(shortened("nginx", 5, 0), "nginx");
	assert_string_equal(shortened("nginx", 4, 0), "ngi" DOTS);
	assert_string_equal(shortened("nginx", 1, 0), DOTS);
	assert_string_equal(shortened("nginx", 1, 9), DOTS);
	assert_string_equal(shortened("ab", 1, 1), DOTS);
	assert_string_equal(shortened("[2001:db8::1234]:443", 12, 6), "[2001" DOTS "4]:443");
	/* no character is cut in two, of its bytes or of its columns */
	assert_string_equal(shortened("\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5", 4, 0), "\xe6\x97\xa5" DOTS);
	assert_string_equal(shortened("\xc3\xa9\xc3\xa9\xc3\xa9", 2, 0), "\xc3\xa9" DOTS);
}

static void cells_are_padded_by_columns(void **state)
{
	struct out out = out_make(text, sizeof(text) - 1);

	(void)state;
	out_text(&out, "\xe6\x97\xa5\xc3\xa9");
	out_pad(&out, 0, 5);
	assert_string_equal(end_text(&out), "\xe6\x97\xa5\xc3\xa9  ");
}

static const char *broken(const char *words, size_t columns)
{
	static char lines[512];
	struct out out = out_make(text, sizeof(text) - 1);
	struct out_line line = { 0 };
	size_t n = 0;

	out_text(&out, words);
	lines[0] = '\0';
	while (out_next_line(&out, columns, 1, &line)) {
		assert_true(line.end > line.from);
		n += (size_t)snprintf(lines + n, sizeof(lines) - n, "%*s%.*s|", (int)line.indent, "",
				      (int)(line.end - line.from), text + line.from);
	}
	return lines;
}

static void sentences_are_broken_between_words(void **state)
{
	(void)state;
	assert_string_equal(broken("", 20), "");
	assert_string_equal(broken("one two three", 0), "one two three|");
	assert_string_equal(broken("one two three", 20), "one two three|");
	assert_string_equal(broken("one two three", 13), "one two three|");
	assert_string_equal(broken("one two three", 12), "one two| three|");
	assert_string_equal(broken("one two three", 7), "one two| three|");
	assert_string_equal(broken("one two three", 5), "one| two| thre| e|");
	assert_string_equal(broken(" one two", 4), " one| two|");
	assert_string_equal(broken("one ", 3), "one|");
	assert_string_equal(broken("\xe6\x97\xa5\xe6\x9c\xac a", 4), "\xe6\x97\xa5\xe6\x9c\xac| a|");
	assert_string_equal(broken("\xe6\x97\xa5\xe6\x9c\xac", 3), "\xe6\x97\xa5| \xe6\x9c\xac|");
}

/* What did not fit is not left out unseen, and no character is cut in two. */
static void cut_text_says_so(void **state)
{
	char small[20];
	struct out out = out_make(small, sizeof(small));

	(void)state;
	out_text(&out, "0123456789");
	out_finish(&out);
	assert_int_equal(out.used, 10);
	out_text(&out, "0123456789a");
	out_finish(&out);
	assert_int_equal(out.used, sizeof(small));
	assert_memory_equal(small, "0123456789... (cut)\n", sizeof(small));
	out = out_make(small, sizeof(small));
	out_text(&out, "012345678\xc3\xa9"
		       "0123456789");
	out_finish(&out);
	assert_int_equal(out.used, sizeof(small) - 1);
	assert_memory_equal(small, "012345678... (cut)\n", out.used);
}

static void long_text_is_printed_whole(void **state)
{
	char name[2000], lines[3000];
	struct out out = out_make(lines, sizeof(lines));

	(void)state;
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	out_printf(&out, "[%s]", name);
	assert_false(out.cut);
	assert_int_equal(out.used, strlen(name) + 2);
}

/* In a buffer that has no room for the mark. */
static void no_room_to_shorten(void **state)
{
	char small[4];
	struct out out = out_make(small, sizeof(small));

	(void)state;
	out_text(&out, "abcd");
	out_shorten(&out, 0, 3, 0);
	assert_true(out.cut);
	assert_true(out.used <= sizeof(small));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_shown),
		cmocka_unit_test(names_end_at_their_length),
		cmocka_unit_test(with_a_locale),
		cmocka_unit_test(both_rules_agree),
		cmocka_unit_test(json_keeps_every_character),
		cmocka_unit_test(long_cells_are_shortened),
		cmocka_unit_test(cells_are_padded_by_columns),
		cmocka_unit_test(sentences_are_broken_between_words),
		cmocka_unit_test(cut_text_says_so),
		cmocka_unit_test(long_text_is_printed_whole),
		cmocka_unit_test(no_room_to_shorten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
