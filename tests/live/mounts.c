// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "mounts.h"

#include "live.h"
#include "must.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

struct mounts mounts_enter(void)
{
	struct mounts before = {
		.ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC),
		.dir = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC),
	};

	must(before.ns >= 0 && before.dir >= 0 && unshare(CLONE_NEWNS) == 0, "mounts of its own");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return before;
	must(errno == EINVAL, "mounts of its own");
	skip("the root directory is no mount point here, as in a plain chroot: mounts cannot be made private");
}

void mounts_leave(const struct mounts *before)
{
	must(setns(before->ns, CLONE_NEWNS) == 0 && fchdir(before->dir) == 0, "back to the mounts before");
	close(before->ns);
	close(before->dir);
}
