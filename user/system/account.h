/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A user of this host, as far as running as one goes. */
#ifndef KATRACE_ACCOUNT_H
#define KATRACE_ACCOUNT_H

#include <stddef.h>
#include <sys/types.h>

#define ACCOUNT_GROUPS_MAX 256

struct account {
	uid_t uid;
	gid_t gid;
	gid_t groups[ACCOUNT_GROUPS_MAX]; /* all of them, gid too */
	size_t n_groups;
};

/*
 * Looks a name up in /etc/passwd and /etc/group, and nowhere else: a static build cannot ask other databases. Returns
 * 0; -ENOENT when there is no such user; -E2BIG when it is in too many groups; or what reading the files said.
 */
int account_find(const char *name, struct account *account);

#endif
