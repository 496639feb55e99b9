/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which connections, and which of their events, are handed on. Criteria of one kind are alternatives; a connection must
 * meet one of each kind that was given. An empty filter lets everything pass.
 */
#ifndef KATRACE_FILTER_H
#define KATRACE_FILTER_H

#include "model/event.h"

#include <stdbool.h>
#include <stdint.h>

/* One side of a connection, as far as it matters. */
struct where {
	bool has_address;
	bool ipv6;
	uint8_t addr[16];  /* network byte order */
	unsigned int bits; /* of addr that count */
	uint16_t port;     /* 0: any */
};

struct filter;

/* NULL when out of memory. */
struct filter *filter_new(void);

/* NULL is fine. */
void filter_free(struct filter *filter);

/* Each adds one criterion. They return 0, -ENOMEM, or -EINVAL: port 0, an empty name. */
int filter_add_pid(struct filter *filter, uint32_t pid);
int filter_add_comm(struct filter *filter, const char *glob); /* fnmatch(3) on the first owner's name */
int filter_add_local(struct filter *filter, const struct where *where);
int filter_add_peer(struct filter *filter, const struct where *where);
int filter_add_port(struct filter *filter, uint16_t port);   /* of either side */
int filter_add_netns(struct filter *filter, uint32_t inode); /* of the network namespace */
int filter_add_family(struct filter *filter, bool ipv6);     /* what is on the wire: v4-mapped is IPv4 */
void filter_set_failures(struct filter *filter);             /* only events that are warnings */

bool filter_passes_connection(const struct filter *filter, const struct connection *connection);

/* Is the timeline of a connection that has left the story wanted? */
bool filter_passes_timeline(const struct filter *filter, const struct connection *connection);

/* The event itself; that of its connection is not looked at. */
bool filter_passes_event(const struct filter *filter, const struct event *event);

#endif
