// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/sighting.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

/* TCP_RTO_MAX */
#define RTO_MAX_MS 120000

void endpoint_decode(struct endpoint *end, uint16_t family, const uint8_t addr[16], uint16_t port)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	memset(end, 0, sizeof(*end));
	end->port = port;
	if (family == AF_INET6 && memcmp(addr, mapped, sizeof(mapped)) == 0) {
		memcpy(end->addr, addr + 12, 4);
		return;
	}
	end->ipv6 = family == AF_INET6;
	memcpy(end->addr, addr, end->ipv6 ? 16 : 4);
}

/* fe80::/10 */
bool endpoint_is_link_local(const struct endpoint *end)
{
	return end->ipv6 && end->addr[0] == 0xfe && (end->addr[1] & 0xc0) == 0x80;
}

void identity_set_scope(struct identity *id, const struct scope *scope)
{
	if (endpoint_is_link_local(&id->local))
		id->local.scope = *scope;
	if (endpoint_is_link_local(&id->peer))
		id->peer.scope = *scope;
}

/* Is keepalive on after the record? Its flag is the state before. */
static bool is_enabled(const struct katrace_record *record)
{
	switch (record->kind) {
	case KATRACE_SWITCHED_ON:
		return true;
	case KATRACE_SWITCHED_OFF:
		return false;
	default:
		return record->flags & KATRACE_KEEPALIVE_ON;
	}
}

void settings_decode(struct settings *settings, const struct katrace_record *record, uint32_t hz)
{
	settings->enabled = is_enabled(record);
	settings->idle_s = record->idle / hz;
	settings->interval_s = record->interval / hz;
	settings->probe_limit = record->probe_limit;
	settings->user_timeout_ms = record->user_timeout_ms;
	settings->from_sysctl = record->from_sysctl;
}

void data_decode(struct data_age *data, const struct katrace_record *record, uint32_t hz)
{
	data->known = state_was_connected(record->state);
	data->received_us = (uint64_t)record->data_in * 1000000 / hz;
	data->sent_us = (uint64_t)record->data_out * 1000000 / hz;
}

static uint32_t ms_of(uint32_t jiffies, uint32_t hz)
{
	return (uint32_t)((uint64_t)jiffies * 1000 / hz);
}

/* SYN and FIN take a sequence number each, as a byte of data does. The FIN comes last: it may be queued still. */
static void decode_backlog(struct sighting *s, const struct katrace_record *record)
{
	const bool open = record->unacked_bytes || record->queued_bytes;

	s->fin = open && state_awaits_fin_ack(record->state);
	s->queued_bytes = record->queued_bytes;
	s->unacked_bytes = record->unacked_bytes;
	if (s->fin && s->queued_bytes)
		s->queued_bytes--;
	else if (s->unacked_bytes && (s->fin || !state_was_established(record->state)))
		s->unacked_bytes--;
}

int sighting_decode(struct sighting *s, const struct katrace_record *record, uint32_t hz)
{
	if (record->kind >= KATRACE_RECORD_KINDS || record->close_cause > KATRACE_CLOSE_KEEPALIVE || !hz)
		return -EPROTO;
	if (record->close_reason >= KATRACE_REASONS)
		return -EPROTO;
	if (record->family != AF_INET && record->family != AF_INET6)
		return -EPROTO;
	memset(s, 0, sizeof(*s));
	s->kind = record->kind;
	s->time_ns = record->time_ns;
	s->id.sock = record->sock;
	s->id.inode = record->inode;
	s->id.netns = record->netns;
	endpoint_decode(&s->id.local, record->family, record->local_addr, record->local_port);
	endpoint_decode(&s->id.peer, record->family, record->peer_addr, record->peer_port);
	identity_set_scope(&s->id, &(struct scope){ .id = record->interface });
	s->cookie = record->cookie;
	settings_decode(&s->settings, record, hz);
	s->state = record->state;
	s->orphan = record->flags & KATRACE_ORPHAN;
	s->mptcp_subflow = record->flags & KATRACE_MPTCP_SUBFLOW;
	s->was_on = record->flags & KATRACE_KEEPALIVE_ON;
	s->window_probe = record->flags & KATRACE_WINDOW_PROBE;
	s->untracked = record->flags & KATRACE_UNTRACKED;
	s->silent_us = (uint64_t)record->silent * 1000000 / hz;
	s->heard_us = (uint64_t)record->heard * 1000000 / hz;
	s->tick_us = 1000000 / hz;
	data_decode(&s->data, record, hz);
	s->probes_out = record->probes_out;
	s->retransmits = record->retransmits;
	decode_backlog(s, record);
	s->rto_ms = ms_of(record->rto, hz);
	s->rto_max_ms = record->rto_max ? ms_of(record->rto_max, hz) : RTO_MAX_MS;
	s->next_try_ms = record->next_try > 0 ? ms_of((uint32_t)record->next_try, hz) : 0;
	s->backoff = record->backoff;
	s->retry_limit = record->retry_limit;
	s->retransmitting_ms = record->retransmitting;
	s->orphan_retries = record->orphan_retries;
	s->soft_error = record->flags & KATRACE_SOFT_ERROR;
	s->write_err = record->flags & KATRACE_WRITE_ERR;
	s->has_result = record->flags & KATRACE_HAS_RESULT;
	s->result = record->result;
	s->error = record->error;
	s->close_cause = record->close_cause;
	s->close_reason = record->close_reason;
	return 0;
}

uint64_t data_idle_us(const struct data_age *data)
{
	return data->received_us < data->sent_us ? data->received_us : data->sent_us;
}

static bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	return a->ipv6 == b->ipv6 && a->port == b->port && a->scope.id == b->scope.id &&
	       memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}

bool same_connection(const struct identity *a, const struct identity *b)
{
	return a->sock == b->sock && a->netns == b->netns && (a->inode == b->inode || !a->inode || !b->inode) &&
	       same_endpoint(&a->local, &b->local) && same_endpoint(&a->peer, &b->peer);
}

const char *state_name(uint8_t state)
{
	static const char *const names[] = {
		[TCP_ESTABLISHED] = "established",
		[TCP_SYN_SENT] = "syn_sent",
		[TCP_SYN_RECV] = "syn_received",
		[TCP_FIN_WAIT1] = "fin_wait_1",
		[TCP_FIN_WAIT2] = "fin_wait_2",
		[TCP_TIME_WAIT] = "time_wait",
		[TCP_CLOSE] = "closed",
		[TCP_CLOSE_WAIT] = "close_wait",
		[TCP_LAST_ACK] = "last_ack",
		[TCP_LISTEN] = "listen",
		[TCP_CLOSING] = "closing",
		[TCP_CLOSING + 1] = "syn_received", /* TCP_NEW_SYN_RECV, internal to the kernel */
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : NULL;
}

bool state_awaits_fin_ack(uint8_t state)
{
	return state == TCP_FIN_WAIT1 || state == TCP_CLOSING || state == TCP_LAST_ACK;
}

bool state_was_established(uint8_t state)
{
	return state != TCP_SYN_SENT && state != TCP_SYN_RECV;
}

bool state_was_connected(uint8_t state)
{
	return state != TCP_LISTEN && state != TCP_SYN_SENT;
}
