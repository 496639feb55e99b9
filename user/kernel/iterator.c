// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kernel/iterator.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

static void begin(struct iterator *iterator, int fd, size_t size, size_t slice)
{
	iterator->fd = fd;
	iterator->size = size;
	iterator->slice = slice < sizeof(iterator->buf) ? slice : sizeof(iterator->buf);
	iterator->have = 0;
}

int iterator_open(struct iterator *iterator, const struct bpf_link *link, size_t size, size_t slice)
{
	const int fd = bpf_iter_create(bpf_link__fd(link));

	if (fd < 0)
		return -errno;
	begin(iterator, fd, size, slice);
	return 0;
}

int iterator_step(struct iterator *iterator, record_fn found, void *ctx)
{
	char *buf = iterator->buf;
	const ssize_t got = read(iterator->fd, buf + iterator->have, iterator->slice - iterator->have);
	size_t at;

	/* EAGAIN: a million objects without a record (MAX_ITER_OBJECTS of kernel/bpf/bpf_iter.c) */
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : -errno;
	iterator->have += (size_t)got;
	for (at = 0; iterator->have - at >= iterator->size; at += iterator->size)
		found(ctx, buf + at);
	iterator->have -= at;
	memmove(buf, buf + at, iterator->have);
	return got > 0;
}

void iterator_close(struct iterator *iterator)
{
	close(iterator->fd);
}

/* Returns 0 or -errno. */
static int read_to_end(struct iterator *iterator, record_fn found, void *ctx)
{
	int result;

	do
		result = iterator_step(iterator, found, ctx);
	while (result > 0);
	iterator_close(iterator);
	return result;
}

int iterator_read(const struct bpf_link *link, size_t size, record_fn found, void *ctx)
{
	struct iterator iterator;
	int err = iterator_open(&iterator, link, size, sizeof(iterator.buf));

	return err ?: read_to_end(&iterator, found, ctx);
}

int iterator_read_fd(int fd, size_t size, record_fn found, void *ctx)
{
	struct iterator iterator;

	begin(&iterator, fd, size, sizeof(iterator.buf));
	return read_to_end(&iterator, found, ctx);
}
