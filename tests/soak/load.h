/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Many connections from host A to host B, each probed every second. They are held by processes of their own, which end
 * with this one. A failure ends the process with a message.
 */
#ifndef KATRACE_SOAK_LOAD_H
#define KATRACE_SOAK_LOAD_H

#include "../live/net.h"

struct load;

/*
 * Makes n connections and has them probed. The host's packet queue (net.core.netdev_max_backlog) is made longer, so
 * that no probe is lost on this host; load_free(), exit() and SIGINT or SIGTERM restore it.
 */
struct load *load_new(const struct net *net, int n);
void load_free(struct load *load);

/* How many of the connections are dead. */
int load_dead(const struct load *load);

#endif
