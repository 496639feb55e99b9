/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Parsing with the tables of options.h: the parts of options_parse(). */
#ifndef KATRACE_COMMAND_LINE_H
#define KATRACE_COMMAND_LINE_H

#include "cli/options.h"

/* Finds the command with that name. Returns 0, or the result of bad_input(), which names the nearest command. */
int find_command(struct options *options, const char *name, enum command_id *found);

#endif
