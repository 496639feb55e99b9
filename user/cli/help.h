/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Help pages, generated from the tables of options.h: plain text, at most 79 columns. */
#ifndef KATRACE_HELP_H
#define KATRACE_HELP_H

#include "cli/options.h"

#include <stdio.h>

#define HELP_COLUMNS 79

/* Help of katrace itself: the commands and the common options of a trace, on one screen of 24 lines. */
void help_overview(FILE *out);

/* All options of one command. */
void help_command(FILE *out, enum command_id command);

/* "-p, --pid PID,...": the name of an option in help and manual. Returns its length. */
int help_option_name(const struct option_line *line, char *text, size_t size);

#endif
