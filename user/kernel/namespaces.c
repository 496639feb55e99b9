// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kernel/namespaces.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int namespaces_init(struct namespaces *namespaces, struct bpf_link *link)
{
	if (!link)
		return -errno;
	*namespaces = (struct namespaces){ .link = link };
	return 0;
}

static void close_iterator(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void namespaces_free(struct namespaces *namespaces)
{
	for (size_t i = 0; i < namespaces->n; i++)
		for (enum look look = 0; look < LOOKS; look++)
			close_iterator(&namespaces->others[i][look]);
	free(namespaces->others);
	bpf_link__destroy(namespaces->link);
	*namespaces = (struct namespaces){ 0 };
}

static int make_room(struct namespaces *namespaces)
{
	const size_t room = namespaces->room ? 2 * namespaces->room : 16;
	int(*others)[LOOKS];

	if (namespaces->n < namespaces->room)
		return 0;
	others = reallocarray(namespaces->others, room, sizeof(*others));
	if (!others)
		return -ENOMEM;
	namespaces->others = others;
	namespaces->room = room;
	return 0;
}

int namespaces_add(struct namespaces *namespaces)
{
	int fds[LOOKS];
	int err = make_room(namespaces);

	if (err)
		return err;
	fds[LOOK_FIRST] = bpf_iter_create(bpf_link__fd(namespaces->link));
	if (fds[LOOK_FIRST] < 0)
		return -errno;
	fds[LOOK_AGAIN] = bpf_iter_create(bpf_link__fd(namespaces->link));
	if (fds[LOOK_AGAIN] < 0) {
		err = -errno;
		close(fds[LOOK_FIRST]);
		return err;
	}
	for (enum look look = 0; look < LOOKS; look++)
		namespaces->others[namespaces->n][look] = fds[look];
	namespaces->n++;
	return 0;
}

int namespaces_read(struct namespaces *namespaces, enum look look, size_t size, record_fn found, void *ctx)
{
	int err = iterator_read(namespaces->link, size, found, ctx);

	for (size_t i = 0; i < namespaces->n && !err; i++) {
		const int fd = namespaces->others[i][look];

		namespaces->others[i][look] = -1;
		if (fd >= 0)
			err = iterator_read_fd(fd, size, found, ctx);
	}
	return err;
}
