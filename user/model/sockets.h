/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * All sockets of one walk, worst first. The table is small, because there may be hundreds of thousands; each socket is
 * unpacked when it is needed.
 */
#ifndef KATRACE_SOCKETS_H
#define KATRACE_SOCKETS_H

#include "model/connection.h"

#include <katrace/record.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One socket, unpacked. */
struct listed {
	struct connection connection; /* without sock, timeline, counts and end */
	uint8_t state;                /* the kernel's TCP_ESTABLISHED... */
	bool orphan;
	bool unheld;       /* it has a file, but no descriptor refers to it */
	bool in_kernel;    /* the kernel itself uses it */
	bool unseen;       /* held by a process outside katrace's pid namespace */
	uint64_t heard_us; /* since anything arrived, also what was out of window */
	struct data_age data;
	bool was_connected; /* silent_us and heard_us are valid */
	bool waiting;       /* data is unacknowledged or queued: another timer is in charge, keepalive sends nothing */
	bool window_probe;
	uint64_t gives_up_ms; /* from now: when that timer ends the connection if the peer stays silent; 0: not known */
	bool due;             /* the keepalive timer runs; next_us is valid */
	bool old_timer;       /* it was set with other settings than those now in force, for longer */
	uint64_t next_us;
	uint32_t probes_out;
	bool detects; /* keepalive would notice a dead peer, at most detection_us from now */
	uint64_t detection_us;
};

struct sockets;
struct zombie_limits;

/* hz is the kernel's; seed: a number that others do not know (table.h). NULL when out of memory. */
struct sockets *sockets_new(uint32_t hz, uint64_t seed);

/* NULL is fine. */
void sockets_free(struct sockets *sockets);

/*
 * Adds what a walk found, and who holds it; NULL: nobody. One socket may come several times, with other holders.
 * Returns 0, -ENOMEM, or -EPROTO for a record that this version cannot have written.
 */
int sockets_add(struct sockets *sockets, const struct katrace_socket *found, const struct owner *holder);

/*
 * True if a socket has a file, but no descriptor that refers to it was found: it may have been opened, passed on or
 * closed meanwhile. Then a second walk is due: sockets_look_again().
 */
bool sockets_want_second_look(const struct sockets *sockets);

/*
 * Takes what the second walk found, like sockets_add(). New sockets are passed over. Those with a file of which it
 * finds no descriptor either are unheld; those that it does not find are gone.
 */
int sockets_look_again(struct sockets *sockets, const struct katrace_socket *found, const struct owner *holder);

/* Should this socket be listed? Called once for each. */
typedef bool (*wanted_fn)(void *ctx, const struct listed *listed);

/*
 * Call it after the walk: chooses and sorts. Worst first; among those without keepalive the longest silent first, among
 * the others the next due first. Nothing can be added after it. Returns 0 or -ENOMEM.
 */
int sockets_sort(struct sockets *sockets, const struct zombie_limits *limits, wanted_fn wanted, void *ctx);

/* How many sockets_sort() chose. */
size_t sockets_count(const struct sockets *sockets);

/* Unpacks the socket at place, counted from 0, into *listed, which must be zero before its first use. */
void sockets_get(const struct sockets *sockets, size_t place, struct listed *listed);

#endif
