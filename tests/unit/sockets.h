/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Makes the input of the list. */
#ifndef KATRACE_TEST_SOCKETS_H
#define KATRACE_TEST_SOCKETS_H

#include "unit.h"

#include "format/out.h"
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

/* Five sockets, each with something of its own. */
static inline struct sockets *make_sockets(void)
{
	const struct owner nginx = make_holder(812, "nginx"), shell = make_holder(7, "a \"b\"\033[31m");
	struct katrace_socket dying = make_socket(1), off = make_socket(2), listener = make_socket(3);
	struct katrace_socket six = make_socket(4), orphan = make_socket(5);
	struct sockets *sockets = sockets_new(HZ, 7);

	dying.connection.probes_out = 2;
	dying.connection.silent = 37 * HZ;
	dying.connection.heard = 36 * HZ;
	dying.timer_due = 3 * HZ;
	off.connection.flags = 0;
	off.connection.silent = off.connection.heard = (3 * 86400 + 4 * 3600 + 120) * HZ;
	listener.connection.state = TCP_LISTEN;
	listener.connection.from_sysctl = KATRACE_IDLE | KATRACE_INTERVAL | KATRACE_PROBE_LIMIT;
	listener.timer_runs = 0;
	six.connection.family = AF_INET6;
	six.connection.netns = 4026532177;
	inet_pton(AF_INET6, "2001:db8::1", six.connection.local_addr);
	inet_pton(AF_INET6, "2001:db8::2", six.connection.peer_addr);
	six.connection.idle = 7200 * HZ;
	six.connection.interval = 75 * HZ;
	six.connection.user_timeout_ms = 9000500;
	six.timer_due = 7198 * HZ;
	orphan.connection.state = TCP_FIN_WAIT1;
	orphan.connection.flags |= KATRACE_ORPHAN;
	orphan.connection.inode = 0;
	orphan.connection.unacked_bytes = 1;
	orphan.connection.silent = orphan.connection.heard = HZ / 10;
	assert_int_equal(sockets_add(sockets, &dying, &nginx), 0);
	assert_int_equal(sockets_add(sockets, &off, &shell), 0);
	assert_int_equal(sockets_add(sockets, &off, &nginx), 0);
	assert_int_equal(sockets_add(sockets, &listener, &nginx), 0);
	assert_int_equal(sockets_add(sockets, &six, &shell), 0);
	assert_int_equal(sockets_add(sockets, &orphan, NULL), 0);
	assert_int_equal(sort_all(sockets), 5);
	return sockets;
}

/* No line takes more columns of the terminal. */
static inline void assert_fits(const char *lines, unsigned int columns)
{
	char buf[4096];
	const char *end;

	for (; (end = strchr(lines, '\n')); lines = end + 1) {
		struct out line = out_make(buf, sizeof(buf));

		out_bytes(&line, lines, (size_t)(end - lines));
		assert_true(out_width(&line, 0) <= columns);
	}
}

#endif
