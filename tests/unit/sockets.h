/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Makes the input of the list. */
#ifndef KATRACE_TEST_SOCKETS_H
#define KATRACE_TEST_SOCKETS_H

#include "unit.h"

#include "model/concern.h"

#include <stdio.h>

#define HZ 250

static const struct zombie_limits usual = { 600 * 1000000ULL, 3600 * 1000000ULL };

/* 10.0.2.15:22 - 10.0.2.2, the port 40000 + i; idle 30 s, interval 5 s from sysctl, limit 3; all well. */
static inline struct katrace_socket make_socket(uint32_t i)
{
	struct katrace_socket found = {
		.connection = { .kind = KATRACE_RECORD_KINDS,
				.netns = 7,
				.inode = 1000 + i,
				.local_addr = { 10, 0, 2, 15 },
				.peer_addr = { 10, 0, 2, (uint8_t)(2 + i / 20000) },
				.local_port = 22,
				.peer_port = (uint16_t)(40000 + i % 20000),
				.family = AF_INET,
				.state = TCP_ESTABLISHED,
				.flags = KATRACE_KEEPALIVE_ON,
				.idle = 30 * HZ,
				.interval = 5 * HZ,
				.probe_limit = 3,
				.from_sysctl = KATRACE_INTERVAL },
		.timer_due = 30 * HZ,
		.timer_runs = 1,
	};

	return found;
}

static inline struct owner make_holder(uint32_t pid, const char *comm)
{
	struct owner owner;

	memset(&owner, 0, sizeof(owner));
	owner.pid = pid;
	snprintf(owner.comm, sizeof(owner.comm), "%s", comm);
	return owner;
}

static inline bool any(void *ctx, const struct listed *listed)
{
	(void)ctx;
	(void)listed;
	return true;
}

/* Sorts them all. Returns how many there are. */
static inline size_t sort_all(struct sockets *sockets)
{
	assert_int_equal(sockets_sort(sockets, &usual, any, NULL), 0);
	return sockets_count(sockets);
}

#endif
