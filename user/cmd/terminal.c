// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cmd/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool terminal_has_color(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (!no_color || !*no_color) && term && strcmp(term, "dumb") != 0;
}

struct text_options terminal_text_options(uint32_t own_netns)
{
	struct text_options options = { .color = terminal_has_color(), .own_netns = own_netns };
	struct winsize size;

	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		options.columns = size.ws_col;
	return options;
}
