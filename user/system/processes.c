// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "system/processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- /proc --- */

/* A file of /proc, zero-terminated and truncated to size. Returns its length or -errno. */
static ssize_t read_proc(uint32_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	size_t used = 0;
	ssize_t got;
	int fd, err = 0;

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		got = read(fd, text + used, size - 1 - used);
		if (got > 0)
			used += (size_t)got;
	} while (got > 0 && used < size - 1);
	if (got < 0)
		err = -errno;
	close(fd);
	text[used] = '\0';
	return err ? err : (ssize_t)used;
}

/* Field n of /proc/PID/stat as proc(5) counts them, n > 2. The name, field 2, may contain anything, even ") ". */
static int stat_field(uint32_t pid, int n, uint64_t *value)
{
	char text[1024];
	const char *at;
	char *end;
	const ssize_t length = read_proc(pid, "stat", text, sizeof(text));

	if (length < 0)
		return (int)length;
	at = strrchr(text, ')');
	for (int field = 2; at && field < n; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return -EPROTO;
	errno = 0;
	*value = strtoull(at + 1, &end, 10);
	return errno || end == at + 1 ? -EPROTO : 0;
}

int process_start(uint32_t pid, uint64_t *ticks)
{
	return stat_field(pid, 22, ticks);
}

int process_cgroups(uint32_t pid, char *text, size_t size)
{
	const ssize_t length = read_proc(pid, "cgroup", text, size);

	return length < 0 ? (int)length : 0;
}

ssize_t process_command_line(uint32_t pid, char *text, size_t size)
{
	ssize_t length = read_proc(pid, "cmdline", text, size);

	if (length != (ssize_t)size - 1)
		return length;
	while (length && text[length - 1]) /* the word that is cut off */
		length--;
	return length;
}

struct child {
	uint32_t pid, parent;
};

static int compare_children(const void *a, const void *b)
{
	const struct child *x = a, *y = b;

	return (x->parent > y->parent) - (x->parent < y->parent);
}

/* Every process with its parent. Returns how many, or -errno. The caller frees *children. */
static ssize_t all_processes(struct child **children)
{
	size_t n = 0, room = 0;
	struct child *grown;
	struct dirent *entry;
	uint64_t parent;
	uint32_t pid;
	DIR *proc = opendir("/proc");

	*children = NULL;
	if (!proc)
		return -errno;
	while ((entry = readdir(proc))) {
		pid = (uint32_t)strtoul(entry->d_name, NULL, 10); /* 0: not a process */
		if (!pid || stat_field(pid, 4, &parent))
			continue;
		if (n == room) {
			room = room ? 2 * room : 256;
			grown = realloc(*children, room * sizeof(*grown));
			if (!grown) {
				free(*children);
				closedir(proc);
				return -ENOMEM;
			}
			*children = grown;
		}
		(*children)[n++] = (struct child){ pid, (uint32_t)parent };
	}
	closedir(proc);
	return (ssize_t)n;
}

/* The children of pid, in an array sorted by parent; *end is behind the last. */
static const struct child *children_of(uint32_t pid, const struct child *by_parent, size_t n, const struct child **end)
{
	const struct child key = { .parent = pid };
	const struct child *child = bsearch(&key, by_parent, n, sizeof(key), compare_children);

	*end = child;
	if (!child)
		return NULL;
	while (child > by_parent && child[-1].parent == pid)
		child--;
	while (*end < by_parent + n && (*end)->parent == pid)
		(*end)++;
	return child;
}

int process_descendants(uint32_t pid, void (*found)(void *ctx, uint32_t pid), void *ctx)
{
	const struct child *child, *end;
	struct child *by_parent;
	size_t known = 0, looked_at = 0;
	ssize_t n = all_processes(&by_parent);
	uint32_t *pids;

	if (n < 0 || !by_parent) /* no processes at all: this is not a procfs */
		return n < 0 ? (int)n : -ENOENT;
	pids = calloc((size_t)n, sizeof(*pids));
	if (!pids) {
		free(by_parent);
		return -ENOMEM;
	}
	qsort(by_parent, (size_t)n, sizeof(*by_parent), compare_children);
	for (;;) {
		/* At most n: /proc was not read atomically, and parents may form a loop. */
		for (child = children_of(pid, by_parent, (size_t)n, &end); child != end && known < (size_t)n; child++)
			found(ctx, pids[known++] = child->pid);
		if (looked_at == known)
			break;
		pid = pids[looked_at++];
	}
	free(pids);
	free(by_parent);
	return 0;
}

/* --- ends --- */

struct watch {
	uint32_t pid;
	int fd; /* a pidfd, or an eventfd in its place; -1: reported */
};

struct processes {
	int epoll_fd;
	struct watch *watches;
	size_t n, left;
};

struct processes *processes_new(void)
{
	struct processes *processes = calloc(1, sizeof(*processes));

	if (!processes)
		return NULL;
	processes->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (processes->epoll_fd >= 0)
		return processes;
	free(processes);
	return NULL;
}

void processes_free(struct processes *processes)
{
	if (!processes)
		return;
	for (size_t i = 0; i < processes->n; i++)
		if (processes->watches[i].fd >= 0)
			close(processes->watches[i].fd);
	close(processes->epoll_fd);
	free(processes->watches);
	free(processes);
}

int processes_watch(struct processes *processes, uint32_t pid)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = processes->n };
	struct watch *watches = realloc(processes->watches, (processes->n + 1) * sizeof(*watches));
	int fd;

	if (!watches)
		return -ENOMEM;
	processes->watches = watches;
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0 && errno == ESRCH)
		fd = eventfd(1, EFD_CLOEXEC); /* it has exited: readable at once, as its pidfd would be */
	if (fd < 0)
		return -errno;
	watches[processes->n++] = (struct watch){ pid, fd };
	processes->left++;
	return epoll_ctl(processes->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int processes_fd(const struct processes *processes)
{
	return processes->epoll_fd;
}

uint32_t processes_ended(struct processes *processes)
{
	struct epoll_event event;
	struct watch *watch;

	if (epoll_wait(processes->epoll_fd, &event, 1, 0) != 1)
		return 0;
	watch = &processes->watches[event.data.u64];
	close(watch->fd); /* this also removes it from the epoll set */
	watch->fd = -1;
	processes->left--;
	return watch->pid;
}

size_t processes_left(const struct processes *processes)
{
	return processes->left;
}
