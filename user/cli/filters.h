/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The filter options, the same for every command that shows connections. */
#ifndef KATRACE_FILTERS_H
#define KATRACE_FILTERS_H

#include "model/filter.h"

#include <argp.h>
#include <stdbool.h>

/* What filters_argp, a child parser, fills in. The filter is the caller's. */
struct filter_options {
	struct filter *filter;
	bool filtered; /* some connections were asked for */
	bool children; /* and those of all descendants of the processes asked for */
	bool recorded; /* set by the command: it is about the past, the processes asked for need not exist */
};

/* Its child_inputs entry is a struct filter_options. Bad input is said on stderr and ends the parse with EINVAL. */
extern const struct argp filters_argp;

/* For struct argp's help_filter: leaves out the note on arguments of long and short options. */
char *filters_help(int key, const char *text, void *input);

#endif
