// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kernel/walk_parts.h"

#include "walk.probed.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

ONE_SKELETON_SERVES(walk);

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
	err = iterator_read(link, sizeof(struct katrace_owner), ignore_record, NULL);
	bpf_link__destroy(link);
	if (err)
		return err;
	/* A zero means that the kernel hides a fact that the tracer needs: it would attach and see nothing. */
	if (!facts->found || !facts->keepalive_timer || !facts->socket_fops || !facts->hz)
		return -ENODATA;
	return 0;
}

/* Returns NULL with errno set. */
static struct walk_direct *open_skeleton(enum read_method method, const char *btf)
{
	struct walk_direct *skel = calloc(1, sizeof(*skel));
	int err = skel ? walk_direct__create_skeleton(skel) : -ENOMEM;

	if (!err)
		err = object_open(skel->skeleton, method, walk_probed__elf_bytes, btf);
	if (!err)
		return skel;
	walk_direct__destroy(skel);
	errno = -err;
	return NULL;
}

/* The program that sees all descriptors. */
static struct bpf_program *main_program(const struct walk_direct *skel, enum walk_purpose purpose)
{
	switch (purpose) {
	case WALK_SOCKETS:
		return skel->progs.list_held;
	case WALK_NETNS:
		return skel->progs.list_netns;
	case WALK_OWNERS:
		break;
	}
	return skel->progs.held_sockets;
}

static void choose_programs(const struct walk_direct *skel, const struct walk_options *options)
{
	bpf_program__set_autoload(skel->progs.held_sockets, options->purpose == WALK_OWNERS);
	bpf_program__set_autoload(skel->progs.look_at, options->purpose == WALK_OWNERS);
	bpf_program__set_autoload(skel->progs.list_held, options->purpose == WALK_SOCKETS);
	bpf_program__set_autoload(skel->progs.list_all, options->purpose == WALK_SOCKETS);
	bpf_program__set_autoload(skel->progs.list_netns, options->purpose == WALK_NETNS);
	bpf_program__set_autoload(skel->progs.process_forked, options->kin);
	bpf_program__set_autoload(skel->progs.process_ended, options->kin);
}

/* Over the descriptors of one process, or of all (0). Returns NULL with errno set. */
static struct bpf_link *attach_held(const struct walk_direct *skel, enum walk_purpose purpose, uint32_t pid)
{
	union bpf_iter_link_info info = { .task.pid = pid };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));

	return bpf_program__attach_iter(main_program(skel, purpose), pid ? &opts : NULL);
}

static void destroy_links(struct bpf_link **links, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bpf_link__destroy(links[i]);
	free(links);
}

/* These hooks must see every fork before existing descendants are looked up. Destroyed with the skeleton. */
static int attach_kin(struct walk_direct *skel)
{
	skel->links.process_ended = bpf_program__attach(skel->progs.process_ended);
	if (skel->links.process_ended)
		skel->links.process_forked = bpf_program__attach(skel->progs.process_forked);
	return skel->links.process_forked ? 0 : -errno;
}

static void detach_walks(struct walk *walk)
{
	bpf_link__destroy(walk->links[0]);
	namespaces_free(&walk->namespaces);
	walk->links[0] = NULL;
	walk->n_links = 0;
}

static int attach_walks(struct walk *walk, const struct walk_direct *skel, enum walk_purpose purpose)
{
	walk->purpose = purpose;
	walk->links[0] = attach_held(skel, purpose, 0);
	if (!walk->links[0])
		return -errno;
	walk->n_links = 1;
	if (purpose != WALK_SOCKETS)
		return 0;
	return namespaces_init(&walk->namespaces, bpf_program__attach_iter(skel->progs.list_all, NULL));
}

static int try_method(struct walk *walk, enum read_method method, const struct walk_options *options, int own_fd)
{
	struct walk_direct *skel = open_skeleton(method, options->btf);
	int err;

	if (!skel)
		return -errno;
	skel->rodata->own_fd = (__u32)own_fd;
	choose_programs(skel, options);
	err = walk_direct__load(skel);
	if (!err)
		err = learn_facts(skel);
	if (!err && options->kin)
		err = attach_kin(skel);
	if (err)
		goto fail;
	err = attach_walks(walk, skel, options->purpose);
	if (err)
		goto fail;
	walk->skel = skel;
	walk->method = method;
	return 0;
fail:
	detach_walks(walk);
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
	walk_end_slices(walk);
	destroy_links(walk->links, walk->n_links);
	namespaces_free(&walk->namespaces);
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

/* Older kernels ignore the parameters silently and walk over all tasks: only the link shows it. */
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
		links[i] = attach_held(walk->skel, walk->purpose, pids[i]);
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

/* The output of all links, like iterator_read(). */
static int read_descriptors(const struct walk *walk, size_t size, record_fn found, void *ctx)
{
	int err = 0;

	for (size_t i = 0; i < walk->n_links && !err; i++)
		err = iterator_read(walk->links[i], size, found, ctx);
	return err;
}

int walk_add_namespace(struct walk *walk)
{
	return namespaces_add(&walk->namespaces);
}

static int look(struct walk *walk, enum look look, struct walk_found_socket to)
{
	const size_t size = sizeof(struct katrace_socket);

	return read_descriptors(walk, size, walk_pass_socket, &to)
		       ?: namespaces_read(&walk->namespaces, look, size, walk_pass_socket, &to);
}

int walk_sockets(struct walk *walk, void (*found)(void *ctx, const struct katrace_socket *socket), void *ctx)
{
	return look(walk, LOOK_FIRST, (struct walk_found_socket){ found, ctx });
}

int walk_sockets_again(struct walk *walk, void (*found)(void *ctx, const struct katrace_socket *socket), void *ctx)
{
	return look(walk, LOOK_AGAIN, (struct walk_found_socket){ found, ctx });
}

struct found_netns {
	void (*found)(void *ctx, const struct katrace_netns *netns);
	void *ctx;
};

static void pass_netns(void *ctx, const void *record)
{
	const struct found_netns *to = ctx;

	to->found(to->ctx, record);
}

int walk_netns(struct walk *walk, void (*found)(void *ctx, const struct katrace_netns *netns), void *ctx)
{
	struct found_netns to = { found, ctx };

	return read_descriptors(walk, sizeof(struct katrace_netns), pass_netns, &to);
}
