// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "system/caps.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Both exist since 5.8. CAP_SYS_ADMIN includes them. */
static const struct {
	unsigned int number;
	const char *name;
} needed[] = {
	{ CAP_BPF, "CAP_BPF" },
	{ CAP_PERFMON, "CAP_PERFMON" },
};

#define N_NEEDED (sizeof(needed) / sizeof(needed[0]))

int caps_missing(char *buf, size_t size)
{
	size_t used = 0;
	int missing = 0;

	buf[0] = '\0';
	capng_get_caps_process();
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN))
		return 0;
	for (size_t i = 0; i < N_NEEDED; i++) {
		if (capng_have_capability(CAPNG_EFFECTIVE, needed[i].number))
			continue;
		if (used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", missing ? " and " : "",
						 needed[i].name);
		missing++;
	}
	return missing;
}

bool locked_memory_is_limited(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

/* If CAP_SYS_ADMIN was granted instead of the two, it must stay. */
static void keep_what_works(void)
{
	bool have_all = true;

	for (size_t i = 0; i < N_NEEDED; i++)
		have_all = have_all && capng_have_capability(CAPNG_PERMITTED, needed[i].number);
	capng_clear(CAPNG_SELECT_BOTH);
	if (!have_all) {
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_SYS_ADMIN);
		return;
	}
	for (size_t i = 0; i < N_NEEDED; i++)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, needed[i].number);
}

bool caps_can_switch_user(void)
{
	capng_get_caps_process();
	return capng_have_capability(CAPNG_EFFECTIVE, CAP_SETUID) && capng_have_capability(CAPNG_EFFECTIVE, CAP_SETGID);
}

/* Needs CAP_SETPCAP. Without it no_new_privs already prevents regaining capabilities. */
static void cut_bounding_set(void)
{
	unsigned long cap = 0;

	while (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
		cap++;
}

/* PR_SET_KEEPCAPS: the permitted capabilities survive the change of user, until capng_apply() sets them. */
static int become(const struct account *user)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setgroups(user->n_groups, user->groups) ||
	    setresgid(user->gid, user->gid, user->gid) || setresuid(user->uid, user->uid, user->uid) ||
	    prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0))
		return -errno;
	return 0;
}

int caps_drop(const struct account *user)
{
	int err;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	if (capng_get_caps_process())
		return -EPERM;
	keep_what_works();
	cut_bounding_set();
	err = user ? become(user) : 0;
	if (err)
		return err;
	return capng_apply(CAPNG_SELECT_CAPS) ? -EPERM : 0;
}
