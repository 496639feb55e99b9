// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kernel/iterator.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of records kept; untouched memory costs nothing. */
#define FIRST_ROOM 256

int iterator_open(struct iterator *iterator, const struct bpf_link *link, size_t size, size_t slice)
{
	iterator->size = size;
	iterator->slice = slice < sizeof(iterator->buf) ? slice : sizeof(iterator->buf);
	iterator->have = 0;
	iterator->fd = bpf_iter_create(bpf_link__fd(link));
	return iterator->fd < 0 ? -errno : 0;
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

int iterator_read(const struct bpf_link *link, size_t size, record_fn found, void *ctx)
{
	struct iterator iterator;
	int result = iterator_open(&iterator, link, size, sizeof(iterator.buf));

	if (result)
		return result;
	do
		result = iterator_step(&iterator, found, ctx);
	while (result > 0);
	iterator_close(&iterator);
	return result;
}

static int make_room(struct iterator_beside *beside)
{
	const size_t more = beside->room ? 2 * beside->room : FIRST_ROOM;
	char *records;

	if (beside->n < beside->room)
		return 0;
	records = reallocarray(beside->records, more, beside->size);
	if (!records)
		return -ENOMEM;
	beside->records = records;
	beside->room = more;
	return 0;
}

static void keep_record(void *ctx, const void *record)
{
	struct iterator_beside *beside = ctx;

	if (make_room(beside)) {
		beside->err = -ENOMEM;
		return;
	}
	memcpy(beside->records + beside->n * beside->size, record, beside->size);
	beside->n++;
}

static void *run_beside(void *arg)
{
	struct iterator_beside *beside = arg;
	int err = iterator_read(beside->link, beside->size, keep_record, beside);

	if (err)
		beside->err = err;
	return NULL;
}

int iterator_begin(struct iterator_beside *beside)
{
	return -pthread_create(&beside->thread, NULL, run_beside, beside);
}

int iterator_end(struct iterator_beside *beside, record_fn found, void *ctx)
{
	pthread_join(beside->thread, NULL);
	for (size_t i = 0; i < beside->n && found && !beside->err; i++)
		found(ctx, beside->records + i * beside->size);
	free(beside->records);
	return beside->err;
}
