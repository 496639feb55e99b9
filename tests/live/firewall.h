/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A firewall on a host of a test's. A failure ends the process with a message. */
#ifndef KATRACE_TEST_FIREWALL_H
#define KATRACE_TEST_FIREWALL_H

#include "net.h"

/* Host drops every IPv4 packet of its own (nftables, hook output, policy drop), or no longer. */
void firewall_output(const struct net *net, enum host host, bool drop);

/* The same of every IPv4 packet that arrives for host (hook input). */
void firewall_input(const struct net *net, enum host host, bool drop);

#endif
