/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Options with a parser of their own, and checks across options. All return 0, or the result of bad_input(). */
#ifndef KATRACE_VALUES_H
#define KATRACE_VALUES_H

#include "cli/options.h"

/* The longest time that an option accepts: ten years. */
#define DURATION_MAX_S (3650 * 86400UL)

/* A time such as 90, 90s, 10m, 2h or 3d. */
int take_seconds(struct options *options, const char *name, const char *argument, uint64_t min, uint64_t max,
		 uint64_t *seconds);

/* The same, in microseconds, up to DURATION_MAX_S. */
int take_duration(struct options *options, const char *name, const char *argument, uint64_t *us);

int take_ipv4(struct options *options, const char *argument);
int take_ipv6(struct options *options, const char *argument);
int take_failures(struct options *options, const char *argument);
int take_user(struct options *options, const char *argument);
int take_buffer(struct options *options, const char *argument);
int take_middlebox(struct options *options, const char *argument);
int take_zombies(struct options *options, const char *argument);

int check_trace(struct options *options);
int check_list(struct options *options);
int check_replay(struct options *options);
int check_help(struct options *options);

#endif
