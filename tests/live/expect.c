// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "expect.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void expect_failed(const char *file, int line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s:%d: ", file, line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXPECT_FAILED);
}

void expect_true(bool ok, const char *what, const char *file, int line)
{
	if (!ok)
		expect_failed(file, line, "not so: %s", what);
}

void expect_equal(long long got, long long wanted, const char *what, const char *file, int line)
{
	if (got != wanted)
		expect_failed(file, line, "%s is %lld, not %lld", what, got, wanted);
}

void expect_range(long long got, long long least, long long most, const char *what, const char *file, int line)
{
	if (got < least || got > most)
		expect_failed(file, line, "%s is %lld, not %lld to %lld", what, got, least, most);
}

void expect_string(const char *got, const char *wanted, const char *what, const char *file, int line)
{
	if (!got || strcmp(got, wanted) != 0)
		expect_failed(file, line, "%s is \"%s\", not \"%s\"", what, got ? got : "(null)", wanted);
}

void skip(const char *reason, ...)
{
	va_list args;

	fputs("SKIPPED: ", stderr);
	va_start(args, reason);
	vfprintf(stderr, reason, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXPECT_SKIPPED);
}
