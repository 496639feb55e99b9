/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Reports errors in a command line on stderr. */
#ifndef KATRACE_ERRORS_H
#define KATRACE_ERRORS_H

#include "cli/options.h"

/* Prints one line: the error, and which --help to see. Returns -EINVAL. */
__attribute__((format(printf, 2, 3))) int bad_input(const struct options *options, const char *format, ...);

#endif
