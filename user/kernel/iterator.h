/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Reads the output of BPF iterators: records of one size. */
#ifndef KATRACE_ITERATOR_H
#define KATRACE_ITERATOR_H

#include <bpf/libbpf.h>
#include <stddef.h>

typedef void (*record_fn)(void *ctx, const void *record);

/* An iterator that is read in slices. */
struct iterator {
	int fd;
	size_t size; /* of a record */
	size_t slice, have;
	_Alignas(8) char buf[64 * 1024];
};

/* Each step reads at most slice bytes, and at most a buffer. Returns 0 or -errno. After 0, call iterator_close(). */
int iterator_open(struct iterator *iterator, const struct bpf_link *link, size_t size, size_t slice);

/* Reads once and calls found() for each record. Returns 1; 0 at the end; or -errno. */
int iterator_step(struct iterator *iterator, record_fn found, void *ctx);

void iterator_close(struct iterator *iterator);

/* Runs the iterator and calls found() for each of its records of size bytes. Returns 0 or -errno. */
int iterator_read(const struct bpf_link *link, size_t size, record_fn found, void *ctx);

/* The same of one that bpf_iter_create() made, and closes it. */
int iterator_read_fd(int fd, size_t size, record_fn found, void *ctx);

#endif
