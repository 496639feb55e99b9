/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What is wrong with a command line, said on stderr. */
#ifndef KATRACE_ERRORS_H
#define KATRACE_ERRORS_H

#include "cli/options.h"

/* Prints one line: what is wrong, and which help says what would be right. Returns -EINVAL. */
__attribute__((format(printf, 2, 3))) int bad_input(const struct options *options, const char *format, ...);

#endif
