// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Walks in slices, and looks at single sockets. */
#include "kernel/walk_parts.h"

#include "system/clock.h"

#include <bpf/bpf.h>

/* Of one read(), in bytes: 64 owners, each of at most 64 files (FILES_PER_OWNER of bpf/walk.bpf.c). */
#define SLICE 4096
/* A step reads slices until this is over: its caller has other things to do. */
#define STEP_NS (NS_PER_S / 500)

struct found_owner {
	void (*found)(void *ctx, const struct katrace_owner *owner);
	void *ctx;
};

static void pass_owner(void *ctx, const void *record)
{
	const struct found_owner *to = ctx;
	const struct katrace_owner *owner = record;

	if (owner->sock) /* otherwise it only ends a slice */
		to->found(to->ctx, owner);
}

void walk_end_slices(struct walk *walk)
{
	if (walk->in_slices)
		iterator_close(&walk->slices);
	walk->in_slices = false;
}

static size_t record_size(const struct walk *walk)
{
	return walk->purpose == WALK_SOCKETS ? sizeof(struct katrace_socket) : sizeof(struct katrace_owner);
}

static int begin_slices(struct walk *walk, size_t link)
{
	int err = iterator_open(&walk->slices, walk->links[link], record_size(walk), SLICE);

	walk->at = link;
	walk->in_slices = !err;
	return err;
}

int walk_begin(struct walk *walk)
{
	walk_end_slices(walk);
	return begin_slices(walk, 0);
}

static int read_slice(struct walk *walk, record_fn pass, void *to)
{
	int result;

	if (!walk->in_slices)
		return 0;
	result = iterator_step(&walk->slices, pass, to);
	if (result > 0)
		return result;
	walk_end_slices(walk);
	if (result < 0 || walk->at + 1 == walk->n_links)
		return result;
	return begin_slices(walk, walk->at + 1) ?: 1;
}

static int step(struct walk *walk, record_fn pass, void *to)
{
	const uint64_t until = clock_ns(CLOCK_BOOTTIME) + STEP_NS;
	int result;

	do
		result = read_slice(walk, pass, to);
	while (result > 0 && clock_ns(CLOCK_BOOTTIME) < until);
	return result;
}

int walk_step(struct walk *walk, void (*found)(void *ctx, const struct katrace_owner *owner), void *ctx)
{
	struct found_owner to = { found, ctx };

	return step(walk, pass_owner, &to);
}

void walk_pass_socket(void *ctx, const void *record)
{
	const struct walk_found_socket *to = ctx;
	const struct katrace_socket *socket = record;

	if (socket->connection.sock) /* otherwise it only ends a slice */
		to->found(to->ctx, socket);
}

int walk_step_sockets(struct walk *walk, void (*found)(void *ctx, const struct katrace_socket *socket), void *ctx)
{
	struct walk_found_socket to = { found, ctx };

	return step(walk, walk_pass_socket, &to);
}

int walk_run(struct walk *walk, void (*found)(void *ctx, const struct katrace_owner *owner), void *ctx)
{
	int result = walk_begin(walk);

	if (result)
		return result;
	do
		result = walk_step(walk, found, ctx);
	while (result > 0);
	return result;
}

int walk_look(const struct walk *walk, uint64_t sock, struct katrace_record *record)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &sock, .ctx_size_in = sizeof(sock));
	int err = bpf_prog_test_run_opts(bpf_program__fd(walk->skel->progs.look_at), &opts);

	if (!err)
		*record = walk->skel->bss->looked;
	return err;
}
