/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Parsing by the tables of options.h: options_parse(), and what it is made of. */
#ifndef KATRACE_COMMAND_LINE_H
#define KATRACE_COMMAND_LINE_H

#include "cli/options.h"

/* The command of that name. Returns 0, or as bad_input(), naming the nearest. */
int find_command(struct options *options, const char *name, enum command_id *found);

#endif
