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
	struct bpf_link **links; /* of held_sockets: one for all processes, or one for each that is asked for */
	size_t n_links;
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

/* Of a process, or of all (0). Returns NULL with errno set. */
static struct bpf_link *attach_held_sockets(struct walk_direct *skel, uint32_t pid)
{
	union bpf_iter_link_info info = { .task.pid = pid };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));

	return bpf_program__attach_iter(skel->progs.held_sockets, pid ? &opts : NULL);
}

static void destroy_links(struct bpf_link **links, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bpf_link__destroy(links[i]);
	free(links);
}

/* Attaches what must see every fork before descendants are looked for. Destroyed with the skeleton. */
static int attach_kin(struct walk_direct *skel)
{
	skel->links.process_ended = bpf_program__attach(skel->progs.process_ended);
	if (skel->links.process_ended)
		skel->links.process_forked = bpf_program__attach(skel->progs.process_forked);
	return skel->links.process_forked ? 0 : -errno;
}

static int try_method(struct walk *walk, enum read_method method, const struct walk_options *options, int own_fd)
{
	struct walk_direct *skel = open_skeleton(method, options->btf);
	int err;

	if (!skel)
		return -errno;
	skel->rodata->own_fd = (__u32)own_fd;
	bpf_program__set_autoload(skel->progs.process_forked, options->kin);
	bpf_program__set_autoload(skel->progs.process_ended, options->kin);
	err = walk_direct__load(skel);
	if (!err)
		err = learn_facts(skel);
	if (!err && options->kin)
		err = attach_kin(skel);
	if (err)
		goto fail;
	walk->links[0] = attach_held_sockets(skel, 0);
	if (!walk->links[0]) {
		err = -errno;
		goto fail;
	}
	walk->n_links = 1;
	walk->skel = skel;
	walk->method = method;
	return 0;
fail:
	walk_direct__destroy(skel);
	return err;
}

int walk_new(struct walk **out, const struct walk_options *options)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	int own_fd, err;

	if (!walk)
		return -ENOMEM;
	walk->links = calloc(1, sizeof(struct bpf_link *));
	if (!walk->links) {
		err = -ENOMEM;
		goto cleanup;
	}
	own_fd = open_own_socket();
	if (own_fd < 0) {
		err = own_fd;
		goto cleanup;
	}
	err = try_method(walk, READ_DIRECT, options, own_fd);
	if (err)
		err = try_method(walk, READ_PROBED, options, own_fd);
	close(own_fd);
	if (err)
		goto cleanup;
	*out = walk;
	return 0;
cleanup:
	walk_free(walk);
	return err;
}

void walk_free(struct walk *walk)
{
	if (!walk)
		return;
	destroy_links(walk->links, walk->n_links);
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

/* Older kernels take the parameters without a word and walk over all tasks: only the link tells. */
static int check_restricted(const struct bpf_link *link, uint32_t pid)
{
	struct bpf_link_info info = { 0 };
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &size))
		return -errno;
	return info.iter.task.pid == pid ? 0 : -ENOTSUP;
}

int walk_restrict(struct walk *walk, const uint32_t *pids, size_t n)
{
	struct bpf_link **links = calloc(n, sizeof(struct bpf_link *));
	int err = links ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && !err; i++) {
		links[i] = attach_held_sockets(walk->skel, pids[i]);
		err = links[i] ? check_restricted(links[i], pids[i]) : -errno;
	}
	if (err) {
		if (links)
			destroy_links(links, n);
		return err;
	}
	destroy_links(walk->links, walk->n_links);
	walk->links = links;
	walk->n_links = n;
	return 0;
}

int walk_add_kin(struct walk *walk, uint32_t pid)
{
	return bpf_map__update_elem(walk->skel->maps.kin, &pid, sizeof(pid), &pid, sizeof(pid), BPF_ANY);
}

bool walk_has_kin(const struct walk *walk)
{
	uint32_t pid;

	return bpf_map__get_next_key(walk->skel->maps.kin, NULL, &pid, sizeof(pid)) == 0;
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

	int err = 0;

	for (size_t i = 0; i < walk->n_links && !err; i++)
		err = read_iterator(walk->links[i], sizeof(struct katrace_owner), pass_owner, &to);
	return err;
}
