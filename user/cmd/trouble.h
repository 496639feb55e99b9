/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What keeps a command from starting, said on stderr with what to do about it. */
#ifndef KATRACE_TROUBLE_H
#define KATRACE_TROUBLE_H

#include <argp.h>

/* Says what is wrong with the command line. Returns EINVAL, for argp. */
__attribute__((format(printf, 1, 2))) error_t bad_input(const char *format, ...);

/* A file that option names: returns 0, or as bad_input() when it cannot be read. */
error_t need_readable(const char *option, const char *path);

/* Returns 0, or -EPERM after it said which privileges are missing. */
int check_privileges(void);

/* Says why walk_new() failed with err, btf being the file asked for or NULL. Returns err. */
int explain_walk_failure(int err, const char *btf);

#endif
