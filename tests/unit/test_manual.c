// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The manual and the pages explain every verdict and every note, the manual every option. Run where docs/ is. */
#include "unit.h"

#include "cli/manual.h"
#include "cli/options.h"
#include "format/columns.h"
#include "model/verdict.h"

#include <stdio.h>
#include <stdlib.h>

static char *read_page(const char *path)
{
	FILE *file = fopen(path, "re");
	char *page = NULL;
	size_t size = 0;

	assert_non_null(file);
	assert_true(getdelim(&page, &size, '\0', file) > 0);
	fclose(file);
	return page;
}

/* What roff prints for a line: no quotes around arguments, one space between them, a plain apostrophe. */
static void unquote(char *roff)
{
	char *to = roff;

	while (*roff) {
		if (strncmp(roff, "\\(aq", 4) == 0) {
			*to++ = '\'';
			roff += 4;
		} else if (*roff == '"' || (*roff == ' ' && to[-1] == ' ')) {
			roff++;
		} else {
			*to++ = *roff++;
		}
	}
	*to = '\0';
}

/* Does the manual have an entry, a line after .TP, that ends so? */
static bool has_entry(const char *manual, const char *end)
{
	char tag[256];

	for (const char *at = strstr(manual, "\n.TP\n."); at; at = strstr(at + 1, "\n.TP\n.")) {
		assert_int_equal(sscanf(at, "\n.TP\n%255[^\n]", tag), 1);
		unquote(tag);
		if (strlen(tag) >= strlen(end) && strcmp(tag + strlen(tag) - strlen(end), end) == 0)
			return true;
	}
	return false;
}

static void the_manual_has_every_verdict(void **state)
{
	char *manual = read_page("docs/katrace.8");
	char entry[128];

	(void)state;
	for (enum verdict verdict = 0; verdict < VERDICTS; verdict++) {
		snprintf(entry, sizeof(entry), " %s (%s)", verdict_words(verdict), verdict_name(verdict));
		if (!has_entry(manual, entry))
			fail_msg("docs/katrace.8 has no entry \"%s\"", entry + 1);
	}
	free(manual);
}

static void the_manual_has_every_note(void **state)
{
	char *manual = read_page("docs/katrace.8");
	char entry[64];
	size_t i;

	(void)state;
	for (i = 0; column_note(i); i++) {
		snprintf(entry, sizeof(entry), " %s", column_note(i));
		if (!has_entry(manual, entry))
			fail_msg("docs/katrace.8 has no entry for the note \"%s\"", column_note(i));
	}
	assert_true(i > 0);
	free(manual);
}

static void the_pages_have_them_too(void **state)
{
	char *verdicts = read_page("docs/verdicts.md"), *using = read_page("docs/using.md");
	char cell[64];

	(void)state;
	for (enum verdict verdict = 0; verdict < VERDICTS; verdict++) {
		snprintf(cell, sizeof(cell), "\n| `%s` | ", verdict_name(verdict));
		if (!strstr(verdicts, cell))
			fail_msg("docs/verdicts.md does not explain \"%s\"", verdict_name(verdict));
	}
	for (size_t i = 0; column_note(i); i++) {
		snprintf(cell, sizeof(cell), "%s` | ", column_note(i));
		if (!strstr(using, cell))
			fail_msg("docs/using.md does not explain the note \"%s\"", column_note(i));
	}
	free(verdicts);
	free(using);
}

/* What is between two marks of the manual is what the table of options makes. */
static void assert_up_to_date(const char *manual, const char *part, void (*print)(FILE *out))
{
	char begin[64], end[64], *expected = NULL;
	const char *from, *to;
	size_t size;
	FILE *out = open_memstream(&expected, &size);

	assert_non_null(out);
	print(out);
	fclose(out);
	snprintf(begin, sizeof(begin), ".\\\" %s: begin, made by make docs\n", part);
	snprintf(end, sizeof(end), ".\\\" %s: end\n", part);
	from = strstr(manual, begin);
	to = strstr(manual, end);
	assert_true(from && to);
	from += strlen(begin);
	if ((size_t)(to - from) != size || memcmp(from, expected, size) != 0)
		fail_msg("docs/katrace.8: %s is not what the table of options says: make docs", part);
	free(expected);
}

static void the_manual_has_every_option(void **state)
{
	char *manual = read_page("docs/katrace.8");

	(void)state;
	assert_up_to_date(manual, "synopsis", manual_synopsis);
	assert_up_to_date(manual, "options", manual_options);
	for (const struct option_line *line = option_lines; line->name; line++) {
		char roff[128], *to = roff;

		for (const char *c = line->name; *c; c++) {
			if (*c == '-')
				*to++ = '\\';
			*to++ = *c;
		}
		*to = '\0';
		assert_non_null(strstr(manual, roff));
	}
	free(manual);
}

static void entries_are_found(void **state)
{
	static const char manual[] = ".SH A\n.TP\n.IB N \" unanswered\"\nText.\n.TP\n.B the kernel\\(aqs\nzombie\n";

	(void)state;
	assert_true(has_entry(manual, " unanswered"));
	assert_true(has_entry(manual, " the kernel's"));
	assert_false(has_entry(manual, " zombie"));
	assert_false(has_entry(manual, " kernel"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_found),           cmocka_unit_test(the_manual_has_every_verdict),
		cmocka_unit_test(the_manual_has_every_note),   cmocka_unit_test(the_pages_have_them_too),
		cmocka_unit_test(the_manual_has_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
