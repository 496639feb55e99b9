/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the parts of a walk share. Nothing else includes it. */
#ifndef KATRACE_WALK_PARTS_H
#define KATRACE_WALK_PARTS_H

#include "kernel/namespaces.h"
#include "kernel/walk.h"

#include "walk.direct.skel.h"

struct walk {
	struct walk_direct *skel;
	enum walk_purpose purpose;
	struct bpf_link **links; /* over descriptors: one for all processes, or one for each of walk_restrict() */
	size_t n_links;
	struct namespaces namespaces; /* WALK_SOCKETS */
	enum read_method method;
	struct iterator slices; /* of walk_step(), over links[at] */
	size_t at;
	bool in_slices;
};

/* Calls found() for a record of WALK_SOCKETS; ctx is a struct walk_found_socket. */
struct walk_found_socket {
	void (*found)(void *ctx, const struct katrace_socket *socket);
	void *ctx;
};

void walk_pass_socket(void *ctx, const void *record);

void walk_end_slices(struct walk *walk);

#endif
