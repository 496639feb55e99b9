/* SPDX-License-Identifier: GPL-2.0 */
/* Fills in the part of a record that describes a connection, for handlers and for walks. */
#ifndef KATRACE_DESCRIBE_BPF_H
#define KATRACE_DESCRIBE_BPF_H

#include "timers.bpf.h"
#include <katrace/record.h>

static __noinline void describe_connection(struct katrace_record *rec, const struct tcp_sock *tp)
{
	rec->netns = sock_netns(tp);
	rec->sock = (__u64)tp;
	rec->inode = sock_inode(tp);
	rec->cookie = sock_cookie(tp);
	sock_addresses(tp, rec->local_addr, rec->peer_addr);
	rec->local_port = sock_local_port(tp);
	rec->peer_port = sock_peer_port(tp);
	rec->family = sock_family(tp);
	rec->state = sock_state(tp);
	rec->flags = (sock_flag(tp, SOCK_KEEPOPEN) ? KATRACE_KEEPALIVE_ON : 0) |
		     (sock_is_orphan(tp) ? KATRACE_ORPHAN : 0) | (sock_window_probing(tp) ? KATRACE_WINDOW_PROBE : 0) |
		     (sock_soft_error(tp) ? KATRACE_SOFT_ERROR : 0) | (sock_is_subflow(tp) ? KATRACE_MPTCP_SUBFLOW : 0);
	rec->idle = sock_idle(tp);
	rec->interval = sock_interval(tp);
	rec->user_timeout_ms = sock_user_timeout_ms(tp);
	rec->silent = sock_silent(tp);
	rec->heard = sock_heard(tp, rec->silent);
	rec->interface = sock_interface(tp);
	rec->data_in = sock_data_received(tp);
	rec->data_out = sock_data_sent(tp);
	rec->probe_limit = sock_probe_limit(tp);
	rec->from_sysctl = (sock_own_idle(tp) ? 0 : KATRACE_IDLE) | (sock_own_interval(tp) ? 0 : KATRACE_INTERVAL) |
			   (sock_own_probe_limit(tp) ? 0 : KATRACE_PROBE_LIMIT);
	rec->probes_out = sock_probes_out(tp);
	rec->retransmits = sock_retransmits(tp);
	rec->unacked_bytes = sock_unacked_bytes(tp);
	rec->queued_bytes = sock_queued_bytes(tp);
	rec->rto = sock_rto(tp);
	rec->next_try = sock_next_try(tp);
	rec->backoff = sock_backoff(tp);
	rec->retry_limit = sock_retry_limit(tp);
	rec->rto_max = sock_rto_max(tp);
	rec->retransmitting = sock_retransmitting_ms(tp);
	rec->orphan_retries = sock_orphan_retries(tp);
	for (int i = 0; i < (int)sizeof(rec->unused); i++)
		rec->unused[i] = 0;
}

#endif
