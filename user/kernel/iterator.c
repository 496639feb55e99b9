// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kernel/iterator.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of records kept; untouched memory costs nothing. */
#define FIRST_ROOM 256

int iterator_read(const struct bpf_link *link, size_t size, record_fn found, void *ctx)
{
	_Alignas(8) char buf[64 * 1024];
	size_t have = 0, at;
	ssize_t got;
	int fd, err = 0;

	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0)
		return -errno;
	for (;;) {
		got = read(fd, buf + have, sizeof(buf) - have);
		/* EAGAIN: a million objects without a record (MAX_ITER_OBJECTS of kernel/bpf/bpf_iter.c) */
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0) {
			err = got ? -errno : 0;
			break;
		}
		have += (size_t)got;
		for (at = 0; have - at >= size; at += size)
			found(ctx, buf + at);
		have -= at;
		memmove(buf, buf + at, have);
	}
	close(fd);
	return err;
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
