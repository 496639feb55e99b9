// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "mounts.h"

#include "live.h"
#include "must.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
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

void mounts_make_netns(void)
{
	mkdir("/run", 0755); /* there is none in a virtual machine */
	must(mount("none", "/run", "tmpfs", 0, NULL) == 0 && mkdir("/run/netns", 0755) == 0, "/run");
}

void mounts_name_netns(const struct net *net, enum host host, const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
	must(fd >= 0, path);
	close(fd);
	net_enter(net, host);
	must(mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL) == 0, path);
	net_leave(net);
}
