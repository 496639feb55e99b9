/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Walks over the descriptors of all tasks: which process holds which TCP socket, and the state of these sockets. */
#ifndef KATRACE_WALK_H
#define KATRACE_WALK_H

#include "kernel/object.h"

#include <katrace/record.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct walk;

/* What the walks are for: only the programs needed for it are loaded. */
enum walk_purpose {
	WALK_OWNERS,  /* walk_run(), walk_step(), walk_look() */
	WALK_SOCKETS, /* walk_sockets(), or walk_step_sockets() */
	WALK_NETNS,   /* walk_netns() */
};

struct walk_options {
	enum walk_purpose purpose;
	const char *btf; /* a file with the kernel's BTF, or NULL */
	bool kin;        /* follow descendants: walk_add_kin() */
};

/*
 * Loads the walk's programs and reads the facts that the tracer needs from a socket of its own (walk_facts()). On
 * success the caller owns *walk; free it with walk_free(). Returns 0 or -errno; -ENODATA if the kernel hides an address
 * or the socket was not found.
 */
int walk_new(struct walk **walk, const struct walk_options *options);

/* NULL is fine. */
void walk_free(struct walk *walk);

/* How memory is read on this kernel, found by trying. */
enum read_method walk_read_method(const struct walk *walk);

/* Valid as long as the walk. */
const struct katrace_facts *walk_facts(const struct walk *walk);

/*
 * Restricts walks to these processes. Needs Linux 6.1. Returns 0, or -ENOTSUP or another -errno; then nothing has
 * changed.
 */
int walk_restrict(struct walk *walk, const uint32_t *pids, size_t n);

/*
 * With options.kin: walks mark this process and all its future descendants as kin. Add parents before their children.
 * Returns 0 or -errno.
 */
int walk_add_kin(struct walk *walk, uint32_t pid);

/* True while any kin is left. */
bool walk_has_kin(const struct walk *walk);

/*
 * Calls found() for each descriptor of a TCP socket, in every network namespace, that a task of katrace's pid namespace
 * holds. A socket with several holders is reported several times. Returns 0; or -errno, after found() may have been
 * called for some of them.
 */
int walk_run(struct walk *walk, void (*found)(void *ctx, const struct katrace_owner *owner), void *ctx);

/*
 * The same in slices, for callers who must not be blocked for long: walk_begin(), then walk_step() until it no longer
 * returns 1. A step takes a few milliseconds at most, however many descriptors there are. Both return 0 or -errno.
 * walk_begin() drops a walk that is not over.
 */
int walk_begin(struct walk *walk);
int walk_step(struct walk *walk, void (*found)(void *ctx, const struct katrace_owner *owner), void *ctx);

/*
 * Describes the memory of a sock that records were about: its present state if it is still the same connection, and
 * anything at all if it is not. Costs a microsecond or two. Returns 0 or -errno.
 */
int walk_look(const struct walk *walk, uint64_t sock, struct katrace_record *record);

/*
 * WALK_SOCKETS: walks also over the sockets of the network namespace that this thread is in now, whatever it is in
 * later; once. Returns 0 or -errno.
 */
int walk_add_namespace(struct walk *walk);

/*
 * Calls found() for each descriptor of a TCP socket in any namespace, as walk_run() does, with the socket's state at
 * that moment; then for each socket of katrace's own network namespace and of those of walk_add_namespace(). Sockets
 * that are neither connected, connecting, closing nor listening are left out. Returns like walk_run().
 */
int walk_sockets(struct walk *walk, void (*found)(void *ctx, const struct katrace_socket *socket), void *ctx);

/* Its part over descriptors, in slices like walk_step(). */
int walk_step_sockets(struct walk *walk, void (*found)(void *ctx, const struct katrace_socket *socket), void *ctx);

/*
 * The same again, after walk_sockets(): what is found by its namespace in both, and by no descriptor in between, has
 * none; it was not just opened or closed.
 */
int walk_sockets_again(struct walk *walk, void (*found)(void *ctx, const struct katrace_socket *socket), void *ctx);

/*
 * Calls found() for each descriptor of a TCP socket with the sysctls of the socket's network namespace. Returns like
 * walk_run().
 */
int walk_netns(struct walk *walk, void (*found)(void *ctx, const struct katrace_netns *netns), void *ctx);

#endif
