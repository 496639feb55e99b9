/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The peer as a puppet: host B's kernel no longer receives the connection, and the test sends any segments in its
 * place. A failure ends the process with a message.
 */
#ifndef KATRACE_TEST_PUPPET_H
#define KATRACE_TEST_PUPPET_H

#include "tcp.h"

struct puppet;

/* Takes over the server's end of a connection on which no data was sent yet. After net_remember(). */
struct puppet *puppet_new(const struct net *net, const struct tcp *tcp);
void puppet_free(struct puppet *puppet);

/* Waits for the next probe: keepalive's, or one into a closed window. They look the same. */
void puppet_wait_probe(struct puppet *puppet);

/* Waits for data; from now on it is acknowledged. */
void puppet_wait_data(struct puppet *puppet);

/*
 * Sends a segment without data: flags are TH_ACK and its like; offset says how far its sequence number is from the one
 * the client expects. It acknowledges all data waited for. After puppet_wait_probe().
 */
void puppet_say(const struct puppet *puppet, uint8_t flags, int32_t offset, uint16_t window);

#endif
