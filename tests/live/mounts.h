/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef KATRACE_TEST_MOUNTS_H
#define KATRACE_TEST_MOUNTS_H

#include "net.h"

struct mounts {
	int ns, dir; /* where this process came from */
};

/* From now on this process and its children have mounts of their own. Skips the test where that cannot be. */
struct mounts mounts_enter(void);

void mounts_leave(const struct mounts *before);

/* As ip netns does it, in such mounts: an empty /run/netns, and a mount of the host's namespace at /run/netns/NAME. */
void mounts_make_netns(void);
void mounts_name_netns(const struct net *net, enum host host, const char *name);

#endif
