/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The peer as a puppet: host B's kernel no longer receives the connection, and the test sends any segments in its
 * place. A failure ends the process with a message.
 */
#ifndef KATRACE_TEST_PUPPET_H
#define KATRACE_TEST_PUPPET_H

#include "tcp.h"

#include <stddef.h>
#include <stdint.h>

struct puppet;

/* Takes over the server's end of a connection that is idle. After net_remember(). */
struct puppet *puppet_new(const struct net *net, const struct tcp *tcp);
void puppet_free(struct puppet *puppet);

/* How long it waits for a segment before it fails; 20 s from the beginning. */
void puppet_be_patient(const struct puppet *puppet, int s);

/* Waits for the next probe: keepalive's, or one into a closed window. They look the same. */
void puppet_wait_probe(struct puppet *puppet);

/* Waits for data; from now on it is acknowledged. */
void puppet_wait_data(struct puppet *puppet);

/* The timestamp of the peer that the client remembers (TS.Recent), as its last probe tells. */
uint32_t puppet_ts_recent(const struct puppet *puppet);

/* The window that its last probe tells, not scaled. */
uint16_t puppet_window(const struct puppet *puppet);

#define PUPPET_OPTIONS_MAX 40

struct puppet_segment {
	uint8_t flags;      /* TH_ACK and its like */
	int32_t offset;     /* of its sequence number from the one the client expects */
	int32_t ack_offset; /* of what it acknowledges from all data waited for */
	uint16_t window;
	uint8_t options[PUPPET_OPTIONS_MAX];
	size_t options_size; /* a multiple of 4 */
	size_t data;         /* bytes, at most PUPPET_DATA_MAX */
};

#define PUPPET_DATA_MAX 100

/* After puppet_wait_probe(). */
void puppet_send(const struct puppet *puppet, const struct puppet_segment *segment);

/* Host B says that the port of the segment it last waited for is unreachable (ICMP). */
void puppet_refuse(const struct puppet *puppet);

/* A segment without options and data, which acknowledges all data waited for. */
void puppet_say(const struct puppet *puppet, uint8_t flags, int32_t offset, uint16_t window);

#endif
