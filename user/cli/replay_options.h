/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The options of `katrace replay`. */
#ifndef KATRACE_REPLAY_OPTIONS_H
#define KATRACE_REPLAY_OPTIONS_H

#include "cli/filters.h"

struct replay_options {
	const char *file; /* "-": stdin */
	struct filter_options filters;
};

/*
 * Fills *options, which replay_options_clear() frees in any case. Returns 0; -EINVAL for bad input, after one line on
 * stderr; or -ENOMEM. --help prints to stdout and exits 0.
 */
int replay_options_parse(struct replay_options *options, int argc, char **argv);
void replay_options_clear(struct replay_options *options);

#endif
