// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The JSON writer, read back by json-c. */
#include "unit.h"

#include "format/json.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

/* Writes {"s": text} and returns what a parser makes of it. */
static char *round_trip(const char *text)
{
	char buf[4096];
	struct out out = out_make(buf, sizeof(buf) - 1);
	struct jsonw json = jsonw_make(&out);
	struct json_object *object, *string;
	char *copy;

	jsonw_object(&json, NULL);
	jsonw_string(&json, "s", text);
	jsonw_end_object(&json);
	buf[out.used] = '\0';
	object = json_tokener_parse(buf);
	assert_non_null(object);
	assert_true(json_object_object_get_ex(object, "s", &string));
	copy = strdup(json_object_get_string(string));
	json_object_put(object);
	return copy;
}

static void strings_survive(void **state)
{
	static const char *const texts[] = { "",
					     "plain",
					     "\"quoted\\\"",
					     "\x01\x1f\x7f\t\n",
					     "h\xc3\xa9llo \xe2\x82\xac",
					     "\xf0\x9f\x98\x80",
					     "\xed\x9f\xbf\xee\x80\x80",
					     "\xf4\x8f\xbf\xbf" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *back = round_trip(texts[i]);

		assert_string_equal(back, texts[i]);
		free(back);
	}
}

static void invalid_utf8_is_replaced(void **state)
{
	static const char *const bad[] = { "\x80",         "\xff",         "\xc0\x80",         "\xc3",
					   "\xe0\x80\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xf4\x90\x80\x80",
					   "\xe2\x82" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *back = round_trip(bad[i]);

		for (size_t at = 0; back[at]; at += 3)
			assert_memory_equal(back + at, "\xef\xbf\xbd", 3);
		free(back);
	}
}

/* Any bytes give one line that parses. */
static void any_bytes(void **state)
{
	char text[64];

	(void)state;
	srand(1);
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < sizeof(text) - 1; i++)
			text[i] = (char)(1 + rand() % 255);
		text[sizeof(text) - 1] = '\0';
		free(round_trip(text));
	}
}

static void structure(void **state)
{
	char buf[256];
	struct out out = out_make(buf, sizeof(buf) - 1);
	struct jsonw json = jsonw_make(&out);

	(void)state;
	jsonw_object(&json, NULL);
	jsonw_int(&json, "min", INT64_MIN);
	jsonw_array(&json, "list");
	jsonw_string(&json, NULL, "a");
	jsonw_object(&json, NULL);
	jsonw_end_object(&json);
	jsonw_int(&json, NULL, 3);
	jsonw_end_array(&json);
	jsonw_bool(&json, "yes", true);
	jsonw_end_object(&json);
	buf[out.used] = '\0';
	assert_string_equal(buf, "{\"min\":-9223372036854775808,\"list\":[\"a\",{},3],\"yes\":true}");
	assert_false(out.cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_survive),
		cmocka_unit_test(invalid_utf8_is_replaced),
		cmocka_unit_test(any_bytes),
		cmocka_unit_test(structure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
