// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/errors.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

int bad_input(const struct options *options, const char *format, ...)
{
	const bool whole = options->command == COMMANDS;
	char text[PATH_MAX + 256]; /* longer arguments are truncated */
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?'; /* a control character in an argument must not reach the terminal */
	fprintf(stderr, "katrace: %s; see katrace %s%s--help\n", text, whole ? "" : commands[options->command].name,
		whole ? "" : " ");
	return -EINVAL;
}
