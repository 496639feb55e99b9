// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/sockets.h"

#include "model/array.h"
#include "model/concern.h"
#include "model/detection.h"
#include "model/giving_up.h"
#include "model/pool.h"
#include "model/table.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#define NOBODY UINT32_MAX

/* Bits of packed.flags */
enum {
	IS_ORPHAN = 1 << 0,
	IS_WAITING = 1 << 1,
	HAS_WINDOW_PROBE = 1 << 2,
	TIMER_RUNS = 1 << 3,
	LOCAL_IPV6 = 1 << 4,
	PEER_IPV6 = 1 << 5,
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

struct sockets {
	uint32_t hz;
	uint64_t seed;
	struct packed *packed;
	size_t n, room;
	struct table table;
	struct pool *owners, *settings, *addresses;
	uint64_t *order; /* upper half: sort key, lower half: index */
	size_t n_order;
	uint32_t shared_by, shared_with, shared_owner; /* the last merge of two owners, and its result */
};

/* --- hash table --- */

static const struct common *common_of(const struct sockets *sockets, const struct packed *packed)
{
	return pool_get(sockets->settings, packed->settings);
}

static bool same_network(const struct sockets *sockets, const struct packed *a, const struct packed *b)
{
	const struct common *x = common_of(sockets, a), *y = common_of(sockets, b);

	return x->netns == y->netns && x->scope == y->scope;
}

/* Listeners may share their address (SO_REUSEPORT). Connections cannot, but may lose their file during the walk. */
static uint64_t hash_packed(const struct sockets *sockets, const struct packed *packed)
{
	const uint64_t key[3] = {
		(uint64_t)packed->local << 32 | packed->peer,
		(uint64_t)packed->local_port << 16 | packed->peer_port,
		packed->state == TCP_LISTEN ? packed->inode : 0,
	};

	return table_hash(sockets->seed, key, sizeof(key));
}

static uint64_t hash_number(const void *ctx, uint32_t number)
{
	const struct sockets *sockets = ctx;

	return hash_packed(sockets, &sockets->packed[number]);
}

static bool is_same(const void *ctx, uint32_t number, const void *key)
{
	const uint8_t families = LOCAL_IPV6 | PEER_IPV6;
	const struct sockets *sockets = ctx;
	const struct packed *a = &sockets->packed[number], *b = key;

	return a->local == b->local && a->peer == b->peer && a->local_port == b->local_port &&
	       a->peer_port == b->peer_port && (a->flags & families) == (b->flags & families) &&
	       (a->inode == b->inode || !a->inode || !b->inode) && same_network(sockets, a, b);
}

/* --- beginning and ending --- */

struct sockets *sockets_new(uint32_t hz, uint64_t seed)
{
	struct sockets *sockets = calloc(1, sizeof(*sockets));

	if (!sockets)
		return NULL;
	sockets->hz = hz;
	sockets->seed = seed;
	sockets->table.keys = (struct table_keys){ hash_number, is_same, sockets };
	sockets->owners = pool_new(sizeof(struct owner), seed);
	sockets->settings = pool_new(sizeof(struct common), seed);
	sockets->addresses = pool_new(16, seed);
	sockets->shared_by = NOBODY;
	if (sockets->owners && sockets->settings && sockets->addresses)
		return sockets;
	sockets_free(sockets);
	return NULL;
}

void sockets_free(struct sockets *sockets)
{
	if (!sockets)
		return;
	table_clear(&sockets->table);
	pool_free(sockets->owners);
	pool_free(sockets->settings);
	pool_free(sockets->addresses);
	free(sockets->packed);
	free(sockets->order);
	free(sockets);
}

/* --- packing --- */

static int pack_address(struct sockets *sockets, const struct endpoint *end, uint32_t *packed)
{
	if (end->ipv6)
		return pool_put(sockets->addresses, end->addr, packed);
	memcpy(packed, end->addr, sizeof(*packed));
	return 0;
}

static int pack_owner(struct sockets *sockets, const struct owner *holder, uint32_t *packed)
{
	*packed = NOBODY;
	return holder ? pool_put(sockets->owners, holder, packed) : 0;
}

static int pack_common(struct sockets *sockets, const struct katrace_record *record, bool scoped, uint32_t *packed)
{
	struct common common;

	memset(&common, 0, sizeof(common));
	settings_decode(&common.settings, record, sockets->hz);
	common.netns = record->netns;
	common.scope = scoped ? record->interface : 0;
	return pool_put(sockets->settings, &common, packed);
}

static int pack_ends(struct sockets *sockets, const struct katrace_record *record, struct packed *packed, bool *scoped)
{
	struct endpoint local, peer;

	endpoint_decode(&local, record->family, record->local_addr, record->local_port);
	endpoint_decode(&peer, record->family, record->peer_addr, record->peer_port);
	packed->flags |= (local.ipv6 ? LOCAL_IPV6 : 0) | (peer.ipv6 ? PEER_IPV6 : 0);
	packed->local_port = local.port;
	packed->peer_port = peer.port;
	*scoped = endpoint_is_link_local(&local) || endpoint_is_link_local(&peer);
	return pack_address(sockets, &local, &packed->local) ?: pack_address(sockets, &peer, &packed->peer);
}

/* Only of what is retransmitted, or waits for the window: other data will be acknowledged. */
static uint32_t pack_gives_up_ms(const struct sockets *sockets, const struct katrace_record *record)
{
	struct katrace_record stalled = *record;
	struct sighting s;
	uint64_t ms;

	stalled.kind = KATRACE_SUPPRESSED; /* what its keepalive timer would report */
	if (!(record->unacked_bytes || record->queued_bytes) ||
	    !(record->retransmits || record->flags & KATRACE_WINDOW_PROBE) || record->state == TCP_SYN_SENT ||
	    record->state == TCP_SYN_RECV || sighting_decode(&s, &stalled, sockets->hz))
		return 0;
	ms = gives_up_ms(&s);
	return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

static int pack(struct sockets *sockets, const struct katrace_socket *found, const struct owner *holder,
		struct packed *packed)
{
	const struct katrace_record *record = &found->connection;
	bool scoped;
	int err;

	*packed = (struct packed){
		.inode = record->inode,
		.cookie = record->cookie,
		.timer_due = found->timer_due,
		.silent = record->silent,
		.heard = record->heard,
		.data_in = record->data_in,
		.data_out = record->data_out,
		.state = record->state,
		.probes_out = record->probes_out,
		.retransmits = record->retransmits,
		.gives_up_ms = pack_gives_up_ms(sockets, record),
		.flags = (uint8_t)((record->flags & KATRACE_ORPHAN ? IS_ORPHAN : 0) |
				   (record->flags & KATRACE_WINDOW_PROBE ? HAS_WINDOW_PROBE : 0) |
				   (record->unacked_bytes || record->queued_bytes ? IS_WAITING : 0) |
				   (found->timer_runs ? TIMER_RUNS : 0)),
	};
	err = pack_ends(sockets, record, packed, &scoped);
	if (!err)
		err = pack_common(sockets, record, scoped, &packed->settings);
	return err ?: pack_owner(sockets, holder, &packed->owner);
}

/* --- adding --- */

static int append(struct sockets *sockets, const struct packed *packed)
{
	struct packed *items = array_grow(sockets->packed, sockets->n, &sockets->room, sizeof(*items));
	int err;

	if (!items)
		return -ENOMEM;
	sockets->packed = items;
	if (sockets->n >= TABLE_NONE)
		return -ENOMEM;
	items[sockets->n] = *packed;
	err = table_add(&sockets->table, (uint32_t)sockets->n);
	if (!err)
		sockets->n++;
	return err;
}

/* The same two owners often meet repeatedly: a server's parent process and its child. */
static int share(struct sockets *sockets, struct packed *known, uint32_t with)
{
	struct owner owner;
	int err;

	if (with == NOBODY || with == known->owner)
		return 0;
	if (known->owner == NOBODY) {
		known->owner = with;
		return 0;
	}
	if (known->owner != sockets->shared_by || with != sockets->shared_with) {
		owner = *(const struct owner *)pool_get(sockets->owners, known->owner);
		owner_add(&owner, pool_get(sockets->owners, with));
		err = pool_put(sockets->owners, &owner, &sockets->shared_owner);
		if (err)
			return err;
		sockets->shared_by = known->owner;
		sockets->shared_with = with;
	}
	known->owner = sockets->shared_owner;
	return 0;
}

int sockets_add(struct sockets *sockets, const struct katrace_socket *found, const struct owner *holder)
{
	const uint16_t family = found->connection.family;
	struct packed packed;
	uint32_t known;
	int err;

	if (found->connection.kind != KATRACE_RECORD_KINDS || (family != AF_INET && family != AF_INET6))
		return -EPROTO;
	err = pack(sockets, found, holder, &packed);
	if (err)
		return err;
	known = table_find(&sockets->table, hash_packed(sockets, &packed), &packed);
	if (known != TABLE_NONE)
		return share(sockets, &sockets->packed[known], packed.owner);
	return append(sockets, &packed);
}

/* --- unpacking --- */

static void unpack_end(const struct sockets *sockets, struct endpoint *end, bool ipv6, uint32_t address, uint16_t port)
{
	memset(end, 0, sizeof(*end));
	end->ipv6 = ipv6;
	end->port = port;
	if (ipv6)
		memcpy(end->addr, pool_get(sockets->addresses, address), sizeof(end->addr));
	else
		memcpy(end->addr, &address, sizeof(address));
}

static void unpack_connection(const struct sockets *sockets, const struct packed *packed, struct connection *c)
{
	const struct common *common = common_of(sockets, packed);

	c->id.inode = packed->inode;
	c->id.netns = common->netns;
	unpack_end(sockets, &c->id.local, packed->flags & LOCAL_IPV6, packed->local, packed->local_port);
	unpack_end(sockets, &c->id.peer, packed->flags & PEER_IPV6, packed->peer, packed->peer_port);
	identity_set_scope(&c->id, &(struct scope){ .id = common->scope });
	c->cookie = packed->cookie;
	c->settings = common->settings;
	c->silent_us = (uint64_t)packed->silent * 1000000 / sockets->hz;
	c->retransmits = packed->retransmits;
	if (packed->owner == NOBODY)
		memset(&c->owner, 0, sizeof(c->owner));
	else
		c->owner = *(const struct owner *)pool_get(sockets->owners, packed->owner);
}

/* The states in which tcp_keepalive_timer() probes. */
static bool is_probed(const struct listed *listed)
{
	switch (listed->state) {
	case TCP_LISTEN:
	case TCP_SYN_SENT:
	case TCP_SYN_RECV:
	case TCP_CLOSE:
		return false;
	case TCP_FIN_WAIT2:
		return !listed->orphan;
	default:
		return true;
	}
}

static void unpack(const struct sockets *sockets, const struct packed *packed, struct listed *listed)
{
	struct connection *c = &listed->connection;

	unpack_connection(sockets, packed, c);
	listed->heard_us = (uint64_t)packed->heard * 1000000 / sockets->hz;
	listed->state = packed->state;
	listed->orphan = packed->flags & IS_ORPHAN;
	listed->waiting = packed->flags & IS_WAITING;
	listed->window_probe = packed->flags & HAS_WINDOW_PROBE;
	listed->gives_up_ms = packed->gives_up_ms;
	listed->was_connected = state_was_connected(listed->state);
	listed->data.known = listed->was_connected;
	listed->data.received_us = (uint64_t)packed->data_in * 1000000 / sockets->hz;
	listed->data.sent_us = (uint64_t)packed->data_out * 1000000 / sockets->hz;
	listed->probes_out = packed->probes_out;
	listed->due = c->settings.enabled && (packed->flags & TIMER_RUNS) && is_probed(listed);
	listed->next_us = packed->timer_due > 0 ? (uint64_t)packed->timer_due * 1000000 / sockets->hz : 0;
	listed->old_timer = listed->due && detection_timer_is_old(&c->settings, c->silent_us, listed->next_us,
								  listed->waiting ? 0 : packed->probes_out);
	listed->detects = listed->due && !listed->waiting &&
			  detection_from_now(&c->settings, c->silent_us, listed->next_us, packed->probes_out,
					     &listed->detection_us);
}

/* --- order --- */

/* 4 bits for the concern, 28 bits for the order within it. */
static uint32_t sort_key(const struct listed *listed, const struct zombie_limits *limits)
{
	const enum concern concern = concern_of(listed, limits);
	const uint64_t most = (1U << 28) - 1;
	const uint64_t silent_s = silence_us(listed) / 1000000;
	uint64_t within = most - (silent_s < most ? silent_s : most);

	if (concern == CONCERN_UNANSWERED || concern == CONCERN_NONE)
		within = listed->due ? listed->next_us / 1000 : most;
	else if (concern == CONCERN_LISTENER)
		within = listed->connection.id.local.port;
	return (uint32_t)concern << 28 | (uint32_t)(within < most ? within : most);
}

static int compare_order(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int sockets_sort(struct sockets *sockets, const struct zombie_limits *limits, wanted_fn wanted, void *ctx)
{
	struct listed listed = { 0 };

	table_clear(&sockets->table);
	sockets->order = reallocarray(NULL, sockets->n ?: 1, sizeof(*sockets->order));
	if (!sockets->order)
		return -ENOMEM;
	for (size_t i = 0; i < sockets->n; i++) {
		unpack(sockets, &sockets->packed[i], &listed);
		if (wanted(ctx, &listed))
			sockets->order[sockets->n_order++] = (uint64_t)sort_key(&listed, limits) << 32 | i;
	}
	qsort(sockets->order, sockets->n_order, sizeof(*sockets->order), compare_order);
	return 0;
}

size_t sockets_count(const struct sockets *sockets)
{
	return sockets->n_order;
}

void sockets_get(const struct sockets *sockets, size_t place, struct listed *listed)
{
	unpack(sockets, &sockets->packed[(uint32_t)sockets->order[place]], listed);
}
