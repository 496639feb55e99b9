/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Reading what BPF iterators write: records of one size. */
#ifndef KATRACE_ITERATOR_H
#define KATRACE_ITERATOR_H

#include <bpf/libbpf.h>
#include <pthread.h>
#include <stddef.h>

typedef void (*record_fn)(void *ctx, const void *record);

/* Runs the iterator and calls found() for each of its records, size bytes each. Returns 0 or -errno. */
int iterator_read(const struct bpf_link *link, size_t size, record_fn found, void *ctx);

/* An iterator that runs in a thread of its own, beside another. The caller sets link and size. */
struct iterator_beside {
	const struct bpf_link *link;
	size_t size;
	char *records; /* kept until the other is done */
	size_t n, room;
	int err;
	pthread_t thread;
};

/* Returns 0 or -errno; after 0, iterator_end() must be called. */
int iterator_begin(struct iterator_beside *beside);

/* Waits for its end, and calls found(), unless it is NULL, for each record if all were read. Returns 0 or -errno. */
int iterator_end(struct iterator_beside *beside, record_fn found, void *ctx);

#endif
