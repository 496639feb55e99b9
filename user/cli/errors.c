// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/errors.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

error_t bad_input(const char *format, ...)
{
	va_list args;

	fputs("katrace: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\n", stderr);
	return EINVAL;
}

error_t need_readable(const char *option, const char *path)
{
	return access(path, R_OK) ? bad_input("%s: cannot read '%s': %s", option, path, strerror(errno)) : 0;
}
