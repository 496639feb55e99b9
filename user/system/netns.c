// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "system/netns.h"

#include "system/clock.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each network namespace has inodes of its own in /proc/net: they tell it apart, also where ns/net may not be opened.
 */
#define OWN_KEY "/proc/thread-self/net/dev"

/* Where ip netns mounts them. */
#define NAMES "/run/netns"

struct visit {
	int (*inside)(void *ctx);
	void *ctx;
	struct netns_refused *refused;
	int own;
	ino_t *seen; /* this thread's own first */
	size_t n_seen;
};

/* Returns 1 the first time; 0 if the namespace was seen, or does not exist any more; or -ENOMEM. */
static int is_new(struct visit *visit, const char *key)
{
	struct stat info;
	ino_t *seen;

	if (stat(key, &info))
		return 0;
	for (size_t i = 0; i < visit->n_seen; i++)
		if (visit->seen[i] == info.st_ino)
			return 0;
	seen = reallocarray(visit->seen, visit->n_seen + 1, sizeof(*seen));
	if (!seen)
		return -ENOMEM;
	seen[visit->n_seen++] = info.st_ino;
	visit->seen = seen;
	return 1;
}

static void refuse(struct visit *visit, int err)
{
	if (!visit->refused->n++)
		visit->refused->err = err;
}

/* known: it was not seen before. */
static int enter(struct visit *visit, int fd, bool known)
{
	int err;

	if (setns(fd, CLONE_NEWNET)) {
		refuse(visit, -errno);
		return 0;
	}
	err = known ? 1 : is_new(visit, OWN_KEY);
	if (err > 0)
		err = visit->inside(visit->ctx);
	return setns(visit->own, CLONE_NEWNET) ? -errno : err;
}

static int visit_path(struct visit *visit, const char *path, bool known)
{
	const int fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int err = 0;

	if (fd < 0) {
		if (errno != ENOENT && errno != ESRCH) /* it has exited, or was removed */
			refuse(visit, -errno);
		return 0;
	}
	/* the kernel is asked what it is: a name in /run/netns whose namespace is gone is a plain file */
	if (ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET)
		err = enter(visit, fd, known);
	close(fd);
	return err;
}

static int visit_process(struct visit *visit, const char *pid)
{
	char key[64], path[64];
	int err;

	if (!isdigit((unsigned char)*pid))
		return 0;
	snprintf(key, sizeof(key), "/proc/%.20s/net/dev", pid);
	snprintf(path, sizeof(path), "/proc/%.20s/ns/net", pid);
	err = is_new(visit, key);
	return err > 0 ? visit_path(visit, path, true) : err;
}

static int visit_name(struct visit *visit, const char *name)
{
	char path[sizeof(NAMES "/") + NAME_MAX];

	if (*name == '.')
		return 0;
	snprintf(path, sizeof(path), NAMES "/%s", name);
	return visit_path(visit, path, false);
}

/* A directory that is not there has no names. */
static int visit_names(struct visit *visit, const char *directory, int (*one)(struct visit *visit, const char *name))
{
	DIR *dir = opendir(directory);
	const struct dirent *entry;
	int err = 0;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (!err && (entry = readdir(dir)))
		err = one(visit, entry->d_name);
	closedir(dir);
	return err;
}

int netns_visit(int (*inside)(void *ctx), void *ctx, struct netns_refused *refused)
{
	struct visit visit = { .inside = inside, .ctx = ctx, .refused = refused };
	int err;

	*refused = (struct netns_refused){ 0 };
	visit.own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (visit.own < 0)
		return -errno;
	err = is_new(&visit, OWN_KEY);
	if (err >= 0)
		err = visit_names(&visit, "/proc", visit_process);
	if (!err)
		err = visit_names(&visit, NAMES, visit_name);
	close(visit.own);
	free(visit.seen);
	return err;
}

/* --- names --- */

/* A name whose namespace is not mounted is a plain file. */
static int take_name(int dir, const char *name, dev_t nsfs, void (*take)(void *, const char *, uint32_t), void *ctx)
{
	struct stat info;

	if (fstatat(dir, name, &info, 0))
		return errno == ENOENT ? 0 : -errno;
	if (info.st_dev != nsfs)
		return -EAGAIN;
	take(ctx, name, (uint32_t)info.st_ino);
	return 0;
}

int netns_each_name(void (*take)(void *ctx, const char *name, uint32_t netns), void *ctx)
{
	DIR *dir = opendir(NAMES);
	const struct dirent *entry;
	struct stat own;
	int result = 0, err;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	if (stat("/proc/thread-self/ns/net", &own)) {
		result = -errno;
		goto cleanup;
	}
	while ((entry = readdir(dir))) {
		if (*entry->d_name == '.')
			continue;
		err = take_name(dirfd(dir), entry->d_name, own.st_dev, take, ctx);
		result = result ?: err;
	}
cleanup:
	closedir(dir);
	return result;
}

uint64_t netns_names_changed_ns(void)
{
	struct stat info;

	if (stat(NAMES, &info))
		return 0;
	return (uint64_t)info.st_mtim.tv_sec * NS_PER_S + (uint64_t)info.st_mtim.tv_nsec;
}
