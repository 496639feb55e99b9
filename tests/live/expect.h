/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a live test expects, under the names that the unit tests know from cmocka. Where it is not so, the test ends
 * with file, line and values.
 */
#ifndef KATRACE_TEST_EXPECT_H
#define KATRACE_TEST_EXPECT_H

#include <stdbool.h>
#include <stdio.h>

#define EXPECT_HERE __FILE__, __LINE__

#define assert_true(ok) expect_true(!!(ok), #ok, EXPECT_HERE)
#define assert_false(ok) expect_true(!(ok), "!(" #ok ")", EXPECT_HERE)
#define assert_null(pointer) expect_true((pointer) == NULL, #pointer " is NULL", EXPECT_HERE)
#define assert_non_null(pointer) expect_true((pointer) != NULL, #pointer " is not NULL", EXPECT_HERE)
#define assert_ptr_equal(a, b) expect_true((a) == (b), #a " is " #b, EXPECT_HERE)
#define assert_int_equal(got, wanted) expect_equal((long long)(got), (long long)(wanted), #got, EXPECT_HERE)
#define assert_string_equal(got, wanted) expect_string(got, wanted, #got, EXPECT_HERE)
#define assert_in_range(got, least, most)                                                                              \
	expect_range((long long)(got), (long long)(least), (long long)(most), #got, EXPECT_HERE)
#define fail_msg(...) expect_failed(EXPECT_HERE, __VA_ARGS__)
#define fail() expect_failed(EXPECT_HERE, "failed")

/* For the reader of a failed test. */
#define print_message(...) printf(__VA_ARGS__)
#define print_error(...) fprintf(stderr, __VA_ARGS__)

/* The test ends here: it is counted as skipped, for that reason. */
__attribute__((noreturn, format(printf, 1, 2))) void skip(const char *reason, ...);

void expect_true(bool ok, const char *what, const char *file, int line);
void expect_equal(long long got, long long wanted, const char *what, const char *file, int line);
void expect_range(long long got, long long least, long long most, const char *what, const char *file, int line);
void expect_string(const char *got, const char *wanted, const char *what, const char *file, int line);
__attribute__((noreturn, format(printf, 3, 4))) void expect_failed(const char *file, int line, const char *format, ...);

/* Exit statuses of a test. */
enum { EXPECT_PASSED, EXPECT_FAILED, EXPECT_SKIPPED = 77 };

#endif
