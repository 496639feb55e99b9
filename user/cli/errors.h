/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What is wrong with a command line, said on stderr. */
#ifndef KATRACE_ERRORS_H
#define KATRACE_ERRORS_H

#include <argp.h>

/* Says what is wrong with the command line. Returns EINVAL, for argp. */
__attribute__((format(printf, 1, 2))) error_t bad_input(const char *format, ...);

/* A file that option names: returns 0, or as bad_input() when it cannot be read. */
error_t need_readable(const char *option, const char *path);

#endif
