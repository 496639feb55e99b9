// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kernel/walk.h"

#include "walk.direct.skel.h"
#include "walk.probed.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct walk {
	struct walk_direct *skel;
	struct bpf_link *link; /* of held_sockets */
	enum read_method method;
};

_Static_assert(sizeof(struct walk_direct__bss) == sizeof(struct walk_probed__bss), "one skeleton for both builds");
_Static_assert(sizeof(struct walk_direct__rodata) == sizeof(struct walk_probed__rodata),
	       "one skeleton for both builds");

/* A TCP socket whose keepalive time is one second, so that HZ can be read from it. Returns it or -errno. */
static int open_own_socket(void)
{
	const int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &one, sizeof(one))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* Reads all of the iterator's output in whole records, size bytes each. Returns 0 or -errno. */
static int read_iterator(const struct bpf_link *link, size_t size, void (*found)(void *ctx, const void *record),
			 void *ctx)
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

static void ignore_record(void *ctx, const void *record)
{
	(void)ctx;
	(void)record;
}

static int learn_facts(struct walk_direct *skel)
{
	const struct katrace_facts *facts = &skel->bss->facts;
	struct bpf_link *link = bpf_program__attach_iter(skel->progs.own_socket, NULL);
	int err;

	if (!link)
		return -errno;
	err = read_iterator(link, sizeof(struct katrace_owner), ignore_record, NULL);
	bpf_link__destroy(link);
	if (err)
		return err;
	/* A zero means that the kernel hides what the tracer goes by: it would attach and see nothing. */
	if (!facts->found || !facts->keepalive_timer || !facts->socket_fops || !facts->hz)
		return -ENODATA;
	return 0;
}

static struct walk_direct *open_skeleton(enum read_method method, const char *btf)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = btf);
	struct walk_direct *skel = calloc(1, sizeof(*skel));

	if (!skel || walk_direct__create_skeleton(skel))
		goto fail;
	if (method == READ_PROBED)
		skel->skeleton->data = (void *)walk_probed__elf_bytes(&skel->skeleton->data_sz);
	if (bpf_object__open_skeleton(skel->skeleton, &opts))
		goto fail;
	return skel;
fail:
	walk_direct__destroy(skel);
	return NULL;
}

static int try_method(struct walk *walk, enum read_method method, const char *btf, int own_fd)
{
	struct walk_direct *skel = open_skeleton(method, btf);
	int err;

	if (!skel)
		return -errno;
	skel->rodata->own_fd = (__u32)own_fd;
	err = walk_direct__load(skel);
	if (!err)
		err = learn_facts(skel);
	if (err)
		goto fail;
	walk->link = bpf_program__attach_iter(skel->progs.held_sockets, NULL);
	if (!walk->link) {
		err = -errno;
		goto fail;
	}
	walk->skel = skel;
	walk->method = method;
	return 0;
fail:
	walk_direct__destroy(skel);
	return err;
}

int walk_new(struct walk **out, const char *btf)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	int own_fd, err;

	if (!walk)
		return -ENOMEM;
	own_fd = open_own_socket();
	if (own_fd < 0) {
		err = own_fd;
		goto cleanup;
	}
	err = try_method(walk, READ_DIRECT, btf, own_fd);
	if (err)
		err = try_method(walk, READ_PROBED, btf, own_fd);
	close(own_fd);
	if (err)
		goto cleanup;
	*out = walk;
	return 0;
cleanup:
	free(walk);
	return err;
}

void walk_free(struct walk *walk)
{
	if (!walk)
		return;
	bpf_link__destroy(walk->link);
	walk_direct__destroy(walk->skel);
	free(walk);
}

enum read_method walk_read_method(const struct walk *walk)
{
	return walk->method;
}

const struct katrace_facts *walk_facts(const struct walk *walk)
{
	return &walk->skel->bss->facts;
}

struct found_owner {
	void (*found)(void *ctx, const struct katrace_owner *owner);
	void *ctx;
};

static void pass_owner(void *ctx, const void *record)
{
	const struct found_owner *to = ctx;

	to->found(to->ctx, record);
}

int walk_run(struct walk *walk, void (*found)(void *ctx, const struct katrace_owner *owner), void *ctx)
{
	struct found_owner to = { found, ctx };

	return read_iterator(walk->link, sizeof(struct katrace_owner), pass_owner, &to);
}
