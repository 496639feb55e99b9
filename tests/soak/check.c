// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "check.h"

#include <stdarg.h>
#include <stdio.h>

static bool failed;

void check(bool ok, const char *format, ...)
{
	va_list args;

	if (ok)
		return;
	failed = true;
	printf("soak: FAILED: ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

bool check_failed(void)
{
	return failed;
}
