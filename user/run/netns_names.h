/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The names of network namespaces, as ip netns gives them. */
#ifndef KATRACE_NETNS_NAMES_H
#define KATRACE_NETNS_NAMES_H

#include <stdint.h>

struct netns_names;

/* NULL when out of memory. */
struct netns_names *netns_names_new(void);

/* NULL is fine. Frees the names, too. */
void netns_names_free(struct netns_names *names);

/*
 * The name of a network namespace, by its inode number; of several, the first in the order of the alphabet. NULL: it
 * has none. A name is found as soon as a namespace is first asked for, and otherwise within a second after it was
 * given. It stays valid until netns_names_free().
 */
const char *netns_names_find(struct netns_names *names, uint32_t netns);

#endif
