// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Lines, however their bytes arrive. */
#include "unit.h"

#include "system/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file that holds text. */
static struct lines *lines_of(const char *text, size_t n, int *fd)
{
	struct lines *lines;

	*fd = memfd_create("lines", MFD_CLOEXEC);
	assert_int_equal(write(*fd, text, n), n);
	assert_int_equal(lseek(*fd, 0, SEEK_SET), 0);
	lines = lines_new(*fd);
	assert_non_null(lines);
	return lines;
}

/* Each line as <its text>, or as <length> when it is long. */
static void expect(const char *text, size_t n, const char *expected, uint64_t too_long)
{
	char got[256] = "";
	const char *line;
	size_t length;
	ssize_t more;
	int fd;
	struct lines *lines = lines_of(text, n, &fd);

	do {
		more = lines_read(lines);
		assert_true(more >= 0);
		while (lines_next(lines, &line, &length)) {
			const size_t used = strlen(got);

			if (length < 20)
				snprintf(got + used, sizeof(got) - used, "<%.*s>", (int)length, line);
			else
				snprintf(got + used, sizeof(got) - used, "<%zu>", length);
		}
	} while (more);
	assert_string_equal(got, expected);
	assert_int_equal(lines_too_long(lines), too_long);
	lines_free(lines);
	close(fd);
}

static void lines_and_a_rest(void **state)
{
	(void)state;
	expect("", 0, "", 0);
	expect("\n", 1, "<>", 0);
	expect("a\nbc\n", 5, "<a><bc>", 0);
	expect("a\n\nbc", 5, "<a><><bc>", 0);
}

static void long_ones(void **state)
{
	char *text = malloc(8 * LINES_MAX);

	(void)state;
	assert_non_null(text);
	for (size_t n = LINES_MAX - 1; n <= LINES_MAX + 1; n++) {
		memset(text, 'x', n);
		strcpy(text + n, "\nend");
		expect(text, n + 4,
		       n == LINES_MAX - 1 ? "<65535><end>"
		       : n == LINES_MAX   ? "<65536><end>"
					  : "<end>",
		       n > LINES_MAX);
		expect(text, n, n == LINES_MAX - 1 ? "<65535>" : n == LINES_MAX ? "<65536>" : "", n > LINES_MAX);
	}
	memset(text, 'x', 4 * LINES_MAX + 1);
	expect(text, 4 * LINES_MAX + 1, "", 1); /* nor is its last part a line, where the input ends in it */
	free(text);
}

/* In a pipe, so that it comes in parts. */
static void far_too_long(void **state)
{
	const char *line;
	int pipe_fds[2];
	struct lines *lines;
	size_t n, found = 0;
	ssize_t more;

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	lines = lines_new(pipe_fds[0]);
	assert_non_null(lines);
	for (int i = 0; i < 100; i++) {
		char part[10000];

		memset(part, 'x', sizeof(part));
		if (i % 50 == 49)
			memcpy(part + sizeof(part) - 4, "\nab\n", 4);
		assert_int_equal(write(pipe_fds[1], part, sizeof(part)), sizeof(part));
		assert_int_equal(lines_read(lines), sizeof(part));
		while (lines_next(lines, &line, &n)) {
			assert_int_equal(n, 2);
			found++;
		}
	}
	close(pipe_fds[1]);
	more = lines_read(lines);
	assert_int_equal(more, 0);
	assert_false(lines_next(lines, &line, &n));
	assert_int_equal(found, 2);
	assert_int_equal(lines_too_long(lines), 2);
	lines_free(lines);
	close(pipe_fds[0]);
}

static void what_cannot_be_read(void **state)
{
	struct lines *lines = lines_new(-1);

	(void)state;
	assert_non_null(lines);
	assert_true(lines_read(lines) < 0);
	lines_free(lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_and_a_rest),
		cmocka_unit_test(long_ones),
		cmocka_unit_test(far_too_long),
		cmocka_unit_test(what_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
