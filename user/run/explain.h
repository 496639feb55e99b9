/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What keeps a command from reading the kernel, said on stderr with what to do about it. */
#ifndef KATRACE_EXPLAIN_H
#define KATRACE_EXPLAIN_H

/* Returns 0, or -EPERM after it said which privileges are missing. */
int check_privileges(void);

/* Says why walk_new() failed with err; btf is the file asked for, or NULL. Returns err. */
int explain_walk_failure(int err, const char *btf);

#endif
