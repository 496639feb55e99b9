// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/sockets.h"

#include "model/array.h"
#include "model/concern.h"
#include "model/packed.h"
#include "model/table.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

struct sockets {
	uint64_t seed;
	struct packed *packed;
	size_t n, room;
	struct table table;
	struct pools pools;
	uint64_t *order; /* upper half: sort key, lower half: index */
	size_t n_order;
	uint32_t shared_by, shared_with, shared_owner; /* the last merge of two owners, and its result */
};

/* --- hash table --- */

static bool same_network(const struct sockets *sockets, const struct packed *a, const struct packed *b)
{
	const struct common *x = packed_common(&sockets->pools, a), *y = packed_common(&sockets->pools, b);

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
	sockets->pools.hz = hz;
	sockets->seed = seed;
	sockets->table.keys = (struct table_keys){ hash_number, is_same, sockets };
	sockets->pools.owners = pool_new(sizeof(struct owner), seed);
	sockets->pools.settings = pool_new(sizeof(struct common), seed);
	sockets->pools.addresses = pool_new(16, seed);
	sockets->shared_by = NOBODY;
	if (sockets->pools.owners && sockets->pools.settings && sockets->pools.addresses)
		return sockets;
	sockets_free(sockets);
	return NULL;
}

void sockets_free(struct sockets *sockets)
{
	if (!sockets)
		return;
	table_clear(&sockets->table);
	pool_free(sockets->pools.owners);
	pool_free(sockets->pools.settings);
	pool_free(sockets->pools.addresses);
	free(sockets->packed);
	free(sockets->order);
	free(sockets);
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

	if (with == known->owner || (!packed_has_owner(with) && with != UNSEEN))
		return 0;
	if (!packed_has_owner(known->owner)) {
		known->owner = with;
		return 0;
	}
	if (with == UNSEEN)
		return 0;
	if (known->owner != sockets->shared_by || with != sockets->shared_with) {
		owner = *(const struct owner *)pool_get(sockets->pools.owners, known->owner);
		owner_add(&owner, pool_get(sockets->pools.owners, with));
		err = pool_put(sockets->pools.owners, &owner, &sockets->shared_owner);
		if (err)
			return err;
		sockets->shared_by = known->owner;
		sockets->shared_with = with;
	}
	known->owner = sockets->shared_owner;
	return 0;
}

/* Packs what was found; *known is the number of the socket if it is known, otherwise TABLE_NONE. */
static int take(struct sockets *sockets, const struct katrace_socket *found, const struct owner *holder,
		struct packed *packed, uint32_t *known)
{
	const uint16_t family = found->connection.family;
	int err;

	if (found->connection.kind != KATRACE_RECORD_KINDS || (family != AF_INET && family != AF_INET6) ||
	    found->found > KATRACE_FOUND_WITHOUT_FILE)
		return -EPROTO;
	err = packed_make(&sockets->pools, found, holder, packed);
	if (!err)
		*known = table_find(&sockets->table, hash_packed(sockets, packed), packed);
	return err;
}

int sockets_add(struct sockets *sockets, const struct katrace_socket *found, const struct owner *holder)
{
	struct packed packed;
	uint32_t known;
	int err = take(sockets, found, holder, &packed, &known);

	if (err)
		return err;
	if (known != TABLE_NONE)
		return share(sockets, &sockets->packed[known], packed.owner);
	return append(sockets, &packed);
}

bool sockets_want_second_look(const struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->n; i++)
		if (sockets->packed[i].owner == UNHELD_YET)
			return true;
	return false;
}

int sockets_look_again(struct sockets *sockets, const struct katrace_socket *found, const struct owner *holder)
{
	struct packed packed;
	uint32_t known;
	int err = take(sockets, found, holder, &packed, &known);

	if (err || known == TABLE_NONE)
		return err;
	if (sockets->packed[known].flags & FOUND_AGAIN)
		return share(sockets, &sockets->packed[known], packed.owner);
	if (sockets->packed[known].owner != UNHELD_YET) /* its holders are known */
		return 0;
	if (packed.owner == UNHELD_YET)
		packed.owner = UNHELD;
	packed.flags |= FOUND_AGAIN;
	sockets->packed[known] = packed;
	return 0;
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
		if (sockets->packed[i].owner == UNHELD_YET) /* gone since */
			continue;
		packed_open(&sockets->pools, &sockets->packed[i], &listed);
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
	packed_open(&sockets->pools, &sockets->packed[(uint32_t)sockets->order[place]], listed);
}
