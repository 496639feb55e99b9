/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A socket of the table in model/sockets, packed: there may be hundreds of thousands. */
#ifndef KATRACE_PACKED_H
#define KATRACE_PACKED_H

#include "model/pool.h"
#include "model/sockets.h"

/* In the place of an owner's number */
enum {
	UNHELD = UINT32_MAX - 3,     /* it has a file, no descriptor refers to it */
	UNHELD_YET = UINT32_MAX - 2, /* it has a file, no descriptor was found so far */
	UNSEEN = UINT32_MAX - 1,     /* held by a process that katrace does not see */
	NOBODY = UINT32_MAX,         /* it has no file, or is the kernel's own */
};

/* Bits of packed.flags */
enum {
	IS_ORPHAN = 1 << 0,
	IS_WAITING = 1 << 1,
	HAS_WINDOW_PROBE = 1 << 2,
	TIMER_RUNS = 1 << 3,
	LOCAL_IPV6 = 1 << 4,
	PEER_IPV6 = 1 << 5,
	IS_SUBFLOW = 1 << 6,
	FOUND_AGAIN = 1 << 7, /* the second walk has found out who holds it */
};

/* A socket takes this much, and at most 12 bytes more for the hash table and the sort order. */
struct packed {
	uint64_t inode;
	uint64_t cookie;
	uint32_t local, peer; /* IPv4: the address; IPv6: its number in addresses */
	uint16_t local_port, peer_port;
	int32_t timer_due; /* jiffies, like silent */
	uint32_t silent;
	uint32_t heard;
	uint32_t data_in, data_out;
	uint32_t owner;    /* number in owners, or NOBODY */
	uint32_t settings; /* number in settings */
	uint32_t gives_up_ms;
	uint8_t state, probes_out, retransmits, flags;
};

_Static_assert(sizeof(struct packed) == 64, "memory for each socket");

/* What many sockets have in common. Pools compare bytes: padding must be zero. */
struct common {
	struct settings settings;
	uint32_t netns;
	uint32_t scope; /* of link-local addresses; 0: none */
};

/* What many sockets share: stored once and numbered. */
struct pools {
	uint32_t hz; /* the kernel's */
	struct pool *owners, *settings, *addresses;
};

/* True if packed.owner, or another value like it, is a number in owners. */
static inline bool packed_has_owner(uint32_t owner)
{
	return owner < UNHELD;
}

/* Returns 0 or -ENOMEM. */
int packed_make(struct pools *pools, const struct katrace_socket *found, const struct owner *holder,
		struct packed *packed);

void packed_open(const struct pools *pools, const struct packed *packed, struct listed *listed);

const struct common *packed_common(const struct pools *pools, const struct packed *packed);

#endif
