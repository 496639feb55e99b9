/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A user of this host: what it takes to run as that user. */
#ifndef KATRACE_ACCOUNT_H
#define KATRACE_ACCOUNT_H

#include <stddef.h>
#include <sys/types.h>

#define ACCOUNT_GROUPS_MAX 256

struct account {
	uid_t uid;
	gid_t gid;
	gid_t groups[ACCOUNT_GROUPS_MAX]; /* all of them, including gid */
	size_t n_groups;
};

/*
 * Looks up a name in /etc/passwd and /etc/group, and nowhere else: a static build cannot query other databases. Returns
 * 0; -ENOENT if there is no such user; -E2BIG if the user is in too many groups; or -errno from reading the files.
 */
int account_find(const char *name, struct account *account);

#endif
