/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Prints on stderr why a command cannot read the kernel, or not all of it, and what to do about it. */
#ifndef KATRACE_EXPLAIN_H
#define KATRACE_EXPLAIN_H

#include "kernel/walk.h"
#include "system/netns.h"

/* Returns 0, or -EPERM after printing which privileges are missing. */
int check_privileges(void);

/* Returns 0, or -EMFILE after printing that too few files may be open at once. */
int check_open_files(void);

/* Prints why walk_new() failed with err; btf is the file of --btf, or NULL. Returns err. */
int explain_walk_failure(int err, const char *btf);

/* Warns of network namespaces that --all-namespaces could not enter, if any. */
void explain_refused_namespaces(const struct netns_refused *refused);

/* Warns if katrace runs in its own pid namespace: walks see the processes in it only. */
void explain_pid_namespace(const struct walk *walk);

#endif
