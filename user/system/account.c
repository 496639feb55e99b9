// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "system/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int find_user(const char *name, struct account *account)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *user;
	int err = -ENOENT;

	if (!file)
		return -errno;
	while ((user = fgetpwent(file))) {
		if (strcmp(user->pw_name, name) != 0)
			continue;
		account->uid = user->pw_uid;
		account->gid = user->pw_gid;
		err = 0;
		break;
	}
	if (ferror(file))
		err = -EIO;
	fclose(file);
	return err;
}

static bool is_member(const struct group *group, const char *name)
{
	for (char **member = group->gr_mem; *member; member++)
		if (strcmp(*member, name) == 0)
			return true;
	return false;
}

static int find_groups(const char *name, struct account *account)
{
	FILE *file = fopen("/etc/group", "re");
	const struct group *group;
	int err = 0;

	account->groups[0] = account->gid;
	account->n_groups = 1;
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while (!err && (group = fgetgrent(file))) {
		if (group->gr_gid == account->gid || !is_member(group, name))
			continue;
		if (account->n_groups == ACCOUNT_GROUPS_MAX)
			err = -E2BIG;
		else
			account->groups[account->n_groups++] = group->gr_gid;
	}
	if (ferror(file))
		err = -EIO;
	fclose(file);
	return err;
}

int account_find(const char *name, struct account *account)
{
	int err = find_user(name, account);

	return err ?: find_groups(name, account);
}
