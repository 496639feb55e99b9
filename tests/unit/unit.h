/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Included by all unit tests: makes the input of the model. */
#ifndef KATRACE_TEST_UNIT_H
#define KATRACE_TEST_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* In cmocka 2 the name has the type; ours are all unsigned. */
#ifdef assert_uint_in_range
#undef assert_in_range
#define assert_in_range assert_uint_in_range
#endif

#include "model/sighting.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>

#define SECOND 1000000000ULL
#define MS 1000000ULL

/* A sighting of the connection that uses this sock: 10.0.2.15:22 - 10.0.2.2:51040, idle 30, interval 5, limit 3. */
static inline struct sighting make_sighting(enum katrace_record_kind kind, uint64_t sock, uint64_t time_ns)
{
	struct sighting s = {
		.kind = kind,
		.time_ns = time_ns,
		.id = { .sock = sock, .inode = 1000 + sock, .netns = 7, .local.port = 22, .peer.port = 51040 },
		.settings = { true, 30, 5, 3, 0, KATRACE_INTERVAL },
		.state = TCP_ESTABLISHED,
		.silent_us = 30 * 1000000ULL,
		.tick_us = 4000,
		.rto_max_ms = 120000,
	};

	inet_pton(AF_INET, "10.0.2.15", s.id.local.addr);
	inet_pton(AF_INET, "10.0.2.2", s.id.peer.addr);
	return s;
}

/* Probe number as sent at time_ns, the peer having been silent since the last probe was first due. */
static inline struct sighting make_probe(uint64_t sock, uint32_t number, uint64_t time_ns)
{
	struct sighting s = make_sighting(KATRACE_PROBE_SENT, sock, time_ns);

	s.probes_out = number;
	s.silent_us = (30 + 5 * (number - 1)) * 1000000ULL;
	return s;
}

static inline struct sighting make_answer(uint64_t sock, uint32_t number, uint64_t time_ns)
{
	struct sighting s = make_sighting(KATRACE_ANSWER, sock, time_ns);

	s.probes_out = number;
	return s;
}

static inline struct sighting make_timeout(uint64_t sock, uint32_t probes, uint64_t time_ns)
{
	struct sighting s = make_sighting(KATRACE_CLOSED, sock, time_ns);

	s.probes_out = probes;
	s.silent_us = (30 + 5 * probes) * 1000000ULL;
	s.error = 110; /* ETIMEDOUT */
	s.close_cause = KATRACE_CLOSE_KEEPALIVE;
	return s;
}

#endif
