// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/parse.h"

#include "model/integer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <mntent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* PID_MAX_LIMIT of include/linux/threads.h on 64 bit machines */
#define PID_MAX 4194304

int parse_any_pid(const char *text, uint32_t *pid)
{
	uint64_t number;

	if (parse_number(text, 1, PID_MAX, &number))
		return -EINVAL;
	*pid = (uint32_t)number;
	return 0;
}

int parse_pid(const char *text, uint32_t *pid)
{
	int err = parse_any_pid(text, pid);
	int fd;

	if (err)
		return err;
	fd = (int)syscall(SYS_pidfd_open, (pid_t)*pid, 0);
	if (fd < 0) /* EINVAL: a thread other than the main thread of its process */
		return errno == EINVAL ? -EINVAL : -ESRCH;
	close(fd);
	return 0;
}

/* The kernel is asked what it is: a name in /run/netns whose namespace is gone is a plain file. */
static int netns_of(const char *path, uint32_t *inode)
{
	const int fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct stat info;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET && fstat(fd, &info) == 0)
		*inode = (uint32_t)info.st_ino;
	else
		err = -EINVAL;
	close(fd);
	return err;
}

int parse_netns(const char *text, uint32_t *inode)
{
	char path[PATH_MAX];
	uint64_t number;

	if (*text == '/')
		return netns_of(text, inode);
	if (!*text || strchr(text, '/') || strlen(text) > NAME_MAX || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return -EINVAL;
	if (parse_number(text, 1, UINT32_MAX, &number)) {
		snprintf(path, sizeof(path), "/run/netns/%s", text);
		return netns_of(path, inode);
	}
	if (number > PID_MAX) { /* inode numbers of namespaces begin at 0xF0000000 (PROC_DYNAMIC_FIRST) */
		*inode = (uint32_t)number;
		return 0;
	}
	snprintf(path, sizeof(path), "/proc/%u/ns/net", (unsigned int)number);
	return netns_of(path, inode);
}

/* Is text the directory of a cgroup below this mount point, or the path of a cgroup? Writes the path if it is. */
static bool is_cgroup_below(const char *mount_point, const char *text, char *path, size_t size)
{
	const size_t length = strlen(mount_point);
	char directory[PATH_MAX];
	struct stat info;

	if (strncmp(text, mount_point, length) == 0 && (!text[length] || text[length] == '/'))
		text += length;
	if ((size_t)snprintf(directory, sizeof(directory), "%s%s", mount_point, text) >= sizeof(directory))
		return false;
	if (stat(directory, &info) || !S_ISDIR(info.st_mode))
		return false;
	return (size_t)snprintf(path, size, "%s", *text ? text : "/") < size;
}

int parse_cgroup(const char *text, char *path, size_t size)
{
	struct mntent *mount;
	bool found = false;
	FILE *mounts;

	if (*text != '/')
		return -EINVAL;
	mounts = setmntent("/proc/self/mounts", "r");
	if (!mounts)
		return -ENOENT;
	while (!found && (mount = getmntent(mounts)))
		if (strcmp(mount->mnt_type, "cgroup2") == 0 || strcmp(mount->mnt_type, "cgroup") == 0)
			found = is_cgroup_below(mount->mnt_dir, text, path, size);
	endmntent(mounts);
	return found ? 0 : -ENOENT;
}

int parse_container(const char *text)
{
	const size_t length = strspn(text, "0123456789abcdef");

	return !length || text[length] || length > CONTAINER_ID_LENGTH ? -EINVAL : 0;
}

int parse_ports(const char *text, struct ports *ports)
{
	const char *dash = strchr(text, '-');
	uint64_t first, last;
	char number[8];

	if (!dash)
		dash = text + strlen(text);
	if ((size_t)snprintf(number, sizeof(number), "%.*s", (int)(dash - text), text) >= sizeof(number))
		return -EINVAL;
	if (parse_number(number, 1, UINT16_MAX, &first) ||
	    parse_number(*dash ? dash + 1 : text, first, UINT16_MAX, &last))
		return -EINVAL;
	*ports = (struct ports){ (uint16_t)first, (uint16_t)last };
	return 0;
}

/* The name of an interface, or its index. Both are kept, because 3 may be a name. */
static int parse_scope(const char *text, struct scope *scope)
{
	const size_t length = strlen(text);
	uint64_t index;

	if (!length || length >= sizeof(scope->name) || strchr(text, ':'))
		return -EINVAL;
	memcpy(scope->name, text, length + 1);
	if (parse_number(text, 1, UINT32_MAX, &index) == 0)
		scope->id = (uint32_t)index;
	return 0;
}

static bool is_link_local(const struct where *where)
{
	const struct endpoint end = { .ipv6 = where->ipv6, .addr = { where->addr[0], where->addr[1] } };

	return endpoint_is_link_local(&end);
}

/* ADDR, ADDR%SCOPE, or one of them with /BITS */
static int parse_network(char *text, struct where *where)
{
	char *slash = strchr(text, '/');
	char *percent = strchr(text, '%');
	uint64_t bits;

	if (slash)
		*slash = '\0';
	if (percent) {
		*percent = '\0';
		if (parse_scope(percent + 1, &where->scope))
			return -EINVAL;
	}
	where->ipv6 = strchr(text, ':') != NULL;
	where->has_address = true;
	where->bits = where->ipv6 ? 128 : 32;
	if (inet_pton(where->ipv6 ? AF_INET6 : AF_INET, text, where->addr) != 1)
		return -EINVAL;
	if (percent && !is_link_local(where))
		return -EINVAL;
	if (!slash)
		return 0;
	if (parse_number(slash + 1, 0, where->bits, &bits))
		return -EINVAL;
	where->bits = (unsigned int)bits;
	return 0;
}

/* ::1:80 is an address, and may be meant as port 80 of ::1. */
static bool is_ambiguous(const char *text, const char *last_colon)
{
	char address[INET6_ADDRSTRLEN];
	uint8_t bytes[16];
	struct ports ports;

	if (parse_ports(last_colon + 1, &ports) || inet_pton(AF_INET6, text, bytes) != 1)
		return false;
	snprintf(address, sizeof(address), "%.*s", (int)(last_colon - text), text);
	return inet_pton(AF_INET6, address, bytes) == 1;
}

/* Splits "[ADDR6]:PORT", "ADDR:PORT" and ":PORT"; more than one colon without brackets is an IPv6 address. */
static int split_where(char *text, struct where *where)
{
	char *colon = strrchr(text, ':');
	char *bracket = strchr(text, ']');

	if (text[0] == '[' && bracket) {
		*bracket = '\0';
		if (bracket[1] && (bracket[1] != ':' || parse_ports(bracket + 2, &where->ports)))
			return -EINVAL;
		return strchr(text, ':') ? parse_network(text + 1, where) : -EINVAL;
	}
	if (colon && is_ambiguous(text, colon))
		return -ENOTUNIQ;
	if (!colon || strchr(text, ':') != colon)
		return parse_network(text, where);
	*colon = '\0';
	if (parse_ports(colon + 1, &where->ports))
		return -EINVAL;
	return *text ? parse_network(text, where) : 0;
}

int parse_where(const char *text, struct where *where)
{
	char copy[128]; /* enough for the longest address with its scope, bits and port */

	memset(where, 0, sizeof(*where));
	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy))
		return -EINVAL;
	return split_where(copy, where);
}

int parse_list(const char *text, int (*take)(void *ctx, const char *item), void *ctx, char *bad, size_t bad_size)
{
	size_t length;
	int err;

	for (;; text += length + 1) {
		length = strcspn(text, ",");
		if ((size_t)snprintf(bad, bad_size, "%.*s", (int)length, text) >= bad_size)
			return -EINVAL;
		err = take(ctx, bad);
		if (err || !text[length])
			return err;
	}
}

int parse_duration(const char *text, uint64_t max_s, uint64_t *seconds)
{
	static const struct {
		char letter;
		unsigned int seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	const size_t length = strlen(text);
	unsigned int unit = 1;
	char number[24];
	uint64_t value;
	int err;

	if (!length || length >= sizeof(number))
		return -EINVAL;
	memcpy(number, text, length + 1);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (text[length - 1] != units[i].letter)
			continue;
		unit = units[i].seconds;
		number[length - 1] = '\0';
	}
	err = parse_number(number, 0, max_s / unit, &value);
	if (!err)
		*seconds = value * unit;
	return err;
}
