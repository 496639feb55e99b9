// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/packed.h"

#include "model/detection.h"
#include "model/giving_up.h"

#include <netinet/tcp.h>
#include <string.h>

const struct common *packed_common(const struct pools *pools, const struct packed *packed)
{
	return pool_get(pools->settings, packed->settings);
}

static int pack_address(struct pools *pools, const struct endpoint *end, uint32_t *packed)
{
	if (end->ipv6)
		return pool_put(pools->addresses, end->addr, packed);
	memcpy(packed, end->addr, sizeof(*packed));
	return 0;
}

static int pack_owner(struct pools *pools, uint8_t found, const struct owner *holder, uint32_t *packed)
{
	static const uint32_t without_holder[] = {
		[KATRACE_FOUND_HELD] = UNSEEN,
		[KATRACE_FOUND_WITH_FILE] = UNHELD_YET,
		[KATRACE_FOUND_WITHOUT_FILE] = NOBODY,
	};

	*packed = without_holder[found];
	return holder ? pool_put(pools->owners, holder, packed) : 0;
}

static int pack_common(struct pools *pools, const struct katrace_record *record, bool scoped, uint32_t *packed)
{
	struct common common;

	memset(&common, 0, sizeof(common));
	settings_decode(&common.settings, record, pools->hz);
	common.netns = record->netns;
	common.scope = scoped ? record->interface : 0;
	return pool_put(pools->settings, &common, packed);
}

static int pack_ends(struct pools *pools, const struct katrace_record *record, struct packed *packed, bool *scoped)
{
	struct endpoint local, peer;

	endpoint_decode(&local, record->family, record->local_addr, record->local_port);
	endpoint_decode(&peer, record->family, record->peer_addr, record->peer_port);
	packed->flags |= (local.ipv6 ? LOCAL_IPV6 : 0) | (peer.ipv6 ? PEER_IPV6 : 0);
	packed->local_port = local.port;
	packed->peer_port = peer.port;
	*scoped = endpoint_is_link_local(&local) || endpoint_is_link_local(&peer);
	return pack_address(pools, &local, &packed->local) ?: pack_address(pools, &peer, &packed->peer);
}

/* Only of what is retransmitted, or waits for the window: other data will be acknowledged. */
static uint32_t pack_gives_up_ms(const struct pools *pools, const struct katrace_record *record)
{
	struct katrace_record stalled = *record;
	struct sighting s;
	uint64_t ms;

	stalled.kind = KATRACE_SUPPRESSED; /* what its keepalive timer would report */
	if (!(record->unacked_bytes || record->queued_bytes) ||
	    !(record->retransmits || record->flags & KATRACE_WINDOW_PROBE) || record->state == TCP_SYN_SENT ||
	    record->state == TCP_SYN_RECV || sighting_decode(&s, &stalled, pools->hz))
		return 0;
	ms = gives_up_ms(&s);
	return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

int packed_make(struct pools *pools, const struct katrace_socket *found, const struct owner *holder,
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
		.gives_up_ms = pack_gives_up_ms(pools, record),
		.flags = (uint8_t)((record->flags & KATRACE_ORPHAN ? IS_ORPHAN : 0) |
				   (record->flags & KATRACE_WINDOW_PROBE ? HAS_WINDOW_PROBE : 0) |
				   (record->flags & KATRACE_MPTCP_SUBFLOW ? IS_SUBFLOW : 0) |
				   (record->unacked_bytes || record->queued_bytes ? IS_WAITING : 0) |
				   (found->timer_runs ? TIMER_RUNS : 0)),
	};
	err = pack_ends(pools, record, packed, &scoped);
	if (!err)
		err = pack_common(pools, record, scoped, &packed->settings);
	return err ?: pack_owner(pools, found->found, holder, &packed->owner);
}

static void unpack_end(const struct pools *pools, struct endpoint *end, bool ipv6, uint32_t address, uint16_t port)
{
	memset(end, 0, sizeof(*end));
	end->ipv6 = ipv6;
	end->port = port;
	if (ipv6)
		memcpy(end->addr, pool_get(pools->addresses, address), sizeof(end->addr));
	else
		memcpy(end->addr, &address, sizeof(address));
}

static void unpack_connection(const struct pools *pools, const struct packed *packed, struct connection *c)
{
	const struct common *common = packed_common(pools, packed);

	c->id.inode = packed->inode;
	c->id.netns = common->netns;
	unpack_end(pools, &c->id.local, packed->flags & LOCAL_IPV6, packed->local, packed->local_port);
	unpack_end(pools, &c->id.peer, packed->flags & PEER_IPV6, packed->peer, packed->peer_port);
	identity_set_scope(&c->id, &(struct scope){ .id = common->scope });
	c->cookie = packed->cookie;
	c->mptcp_subflow = packed->flags & IS_SUBFLOW;
	c->settings = common->settings;
	c->silent_us = (uint64_t)packed->silent * 1000000 / pools->hz;
	c->retransmits = packed->retransmits;
	if (packed_has_owner(packed->owner))
		c->owner = *(const struct owner *)pool_get(pools->owners, packed->owner);
	else
		memset(&c->owner, 0, sizeof(c->owner));
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

void packed_open(const struct pools *pools, const struct packed *packed, struct listed *listed)
{
	struct connection *c = &listed->connection;

	unpack_connection(pools, packed, c);
	listed->heard_us = (uint64_t)packed->heard * 1000000 / pools->hz;
	listed->state = packed->state;
	listed->orphan = packed->flags & IS_ORPHAN;
	listed->unheld = packed->owner == UNHELD;
	listed->unseen = packed->owner == UNSEEN;
	listed->in_kernel = packed->owner == NOBODY && packed->inode && !listed->orphan;
	listed->waiting = packed->flags & IS_WAITING;
	listed->window_probe = packed->flags & HAS_WINDOW_PROBE;
	listed->gives_up_ms = packed->gives_up_ms;
	listed->was_connected = state_was_connected(listed->state);
	listed->data.known = listed->was_connected;
	listed->data.received_us = (uint64_t)packed->data_in * 1000000 / pools->hz;
	listed->data.sent_us = (uint64_t)packed->data_out * 1000000 / pools->hz;
	listed->probes_out = packed->probes_out;
	listed->due = c->settings.enabled && (packed->flags & TIMER_RUNS) && is_probed(listed);
	listed->next_us = packed->timer_due > 0 ? (uint64_t)packed->timer_due * 1000000 / pools->hz : 0;
	listed->old_timer = listed->due && detection_timer_is_old(&c->settings, c->silent_us, listed->next_us,
								  listed->waiting ? 0 : packed->probes_out);
	listed->detects = listed->due && !listed->waiting &&
			  detection_from_now(&c->settings, c->silent_us, listed->next_us, packed->probes_out,
					     &listed->detection_us);
}
