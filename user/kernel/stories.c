// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kernel/stories.h"

#include <bpf/bpf.h>
#include <errno.h>

/* How many entries one system call reads. */
#define BATCH 1024

void tracer_ignore(struct tracer *tracer, uint64_t sock, uint64_t inode, uint64_t until_ns)
{
	const struct katrace_other other = { .inode = inode, .until_ns = until_ns };

	if (!inode) /* indistinguishable from the next user of this sock */
		return;
	bpf_map_update_elem(tracer_map(tracer, TRACER_OTHERS), &sock, &other, BPF_ANY);
	tracer_forget_story(tracer, sock); /* it may match the filters later */
}

void tracer_forget_story(struct tracer *tracer, uint64_t sock)
{
	bpf_map_delete_elem(tracer_map(tracer, TRACER_STORIES), &sock);
}

int tracer_each_story(struct tracer *tracer, void (*take)(void *ctx, uint64_t sock), void *ctx)
{
	uint64_t socks[BATCH];
	uint32_t flags[BATCH];
	const int fd = tracer_map(tracer, TRACER_STORIES);
	uint32_t position, n;
	void *from = NULL;
	int err;

	do {
		n = BATCH;
		err = bpf_map_lookup_batch(fd, from, &position, socks, flags, &n, NULL);
		if (err && err != -ENOENT) /* ENOENT: these are the last */
			return err;
		for (uint32_t i = 0; i < n; i++)
			take(ctx, socks[i]);
		from = &position;
	} while (!err);
	return 0;
}
