/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What may be wrong with a listed socket. */
#ifndef KATRACE_CONCERN_H
#define KATRACE_CONCERN_H

#include "model/sockets.h"

/* When a connection counts as a zombie: perhaps half open, and keepalive will not find out soon. */
struct zombie_limits {
	uint64_t silent_us; /* silent for longer than this */
	uint64_t due_us;    /* and keepalive off, or not due within this time */
};

/* What may be wrong with a socket, worst first. */
enum concern {
	CONCERN_UNANSWERED,     /* probes were sent, none was answered */
	CONCERN_RETRANSMITTING, /* data was not acknowledged in time, or the window stays closed */
	CONCERN_ORPHAN,         /* closed by this side, which the peer has not confirmed in time */
	CONCERN_ZOMBIE,
	CONCERN_PEER_CLOSED,  /* closed by the peer, but not by the application */
	CONCERN_NO_KEEPALIVE, /* established, keepalive off */
	CONCERN_NONE,
	CONCERN_PASSING,  /* connecting or closing, without keepalive */
	CONCERN_LISTENER, /* not a connection */
};

/*
 * How long the peer has been silent: since anything arrived, its own keepalive probes included. But one that does not
 * answer what this side sent is taken for dead, whatever else arrives: then since its last ACK or data, as keepalive
 * computes it.
 */
uint64_t silence_us(const struct listed *listed);

/* Established, silent, and keepalive off or not due soon: see struct zombie_limits. */
bool is_zombie(const struct listed *listed, const struct zombie_limits *limits);

/* Data or a FIN was not acknowledged in time, or the peer's window stays closed. */
bool is_stalled(const struct listed *listed);

/* The worst of what may be wrong with it. */
enum concern concern_of(const struct listed *listed, const struct zombie_limits *limits);

#endif
