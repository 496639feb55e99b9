/* SPDX-License-Identifier: GPL-2.0 */
/*
 * More accessors, one for each field: what the timers of a socket go by. Those of keepalive come first, then those of
 * retransmission and window probing.
 */
#ifndef KATRACE_TIMERS_BPF_H
#define KATRACE_TIMERS_BPF_H

#include "sock.bpf.h"

/* Jiffies since the last ACK. The clock is read last, otherwise a newer timestamp could be in the future. */
static __always_inline __u32 sock_ack_silent(const struct tcp_sock *tp)
{
	const __u32 heard = READ(tp, rcv_tstamp);

	barrier();
	return now_jiffies() - heard;
}

/* keepalive_time_elapsed(): jiffies since the younger of the last ACK and the last data */
static __always_inline __u32 sock_silent(const struct tcp_sock *tp)
{
	const __u32 data_heard = READ(tp, inet_conn.icsk_ack.lrcvtime);
	const __u32 ack = sock_ack_silent(tp);
	const __u32 data = now_jiffies() - data_heard;

	return ack < data ? ack : data;
}

/*
 * Jiffies since anything arrived for the connection: sock_silent(), or less if an out-of-window segment came later,
 * such as a keepalive probe of the peer. tcp_oow_rate_limited() notes its time, at most every
 * net.ipv4.tcp_invalid_ratelimit (500 ms); 0: none yet (5.10 to 7.2). The clock is read last here too.
 */
static __always_inline __u32 sock_heard(const struct tcp_sock *tp, __u32 silent)
{
	const __u32 out_of_window = READ(tp, last_oow_ack_time);
	__u32 since;

	if (!out_of_window)
		return silent;
	barrier();
	since = now_jiffies() - out_of_window;
	return since < silent ? since : silent;
}

/*
 * Jiffies since the last data from the peer, and to it, retransmissions included. A FIN or a probe is no data. When a
 * connection is established, both times are set, too.
 */
static __always_inline __u32 sock_data_received(const struct tcp_sock *tp)
{
	const __u32 received = READ(tp, inet_conn.icsk_ack.lrcvtime);

	barrier();
	return now_jiffies() - received;
}

static __always_inline __u32 sock_data_sent(const struct tcp_sock *tp)
{
	const __u32 sent = READ(tp, lsndtime);

	barrier();
	return now_jiffies() - sent;
}

static __always_inline __u8 sock_probes_out(const struct tcp_sock *tp)
{
	return READ(tp, inet_conn.icsk_probes_out);
}

static __always_inline __u32 sock_segs_out(const struct tcp_sock *tp)
{
	return READ(tp, segs_out);
}

static __always_inline __u32 sock_unacked_bytes(const struct tcp_sock *tp)
{
	return READ(tp, snd_nxt) - READ(tp, snd_una);
}

/* tcp_write_queue_empty() is write_seq == snd_nxt since "tcp: refine tcp_write_queue_empty() implementation" (2019) */
static __always_inline __u32 sock_queued_bytes(const struct tcp_sock *tp)
{
	return READ(tp, write_seq) - READ(tp, snd_nxt);
}

/* tcp_keepalive_timer() sends no probe while data is in flight or queued: another timer is in charge. */
static __always_inline bool sock_busy(const struct tcp_sock *tp)
{
	return READ(tp, packets_out) || sock_queued_bytes(tp);
}

static __always_inline __u8 sock_retransmits(const struct tcp_sock *tp)
{
	return READ(tp, inet_conn.icsk_retransmits);
}

/*
 * Since the first of the present retransmissions, in the clock of tcp_time_stamp_ts(): milliseconds or, since 6.7 with
 * the route feature tcp_usec_ts, microseconds of CLOCK_MONOTONIC
 */
static __always_inline __u32 sock_retransmitting_ms(const struct tcp_sock *tp)
{
	const __u64 now_ns = bpf_ktime_get_ns();
	const __u32 first = READ(tp, retrans_stamp);

	if (!first || !sock_retransmits(tp))
		return 0;
	if (bpf_core_field_exists(tp->tcp_usec_ts) && READ_BITS(tp, tcp_usec_ts))
		return ((__u32)(now_ns / 1000) - first) / 1000;
	return (__u32)(now_ns / 1000000) - first;
}

/* Jiffies. Each retransmission doubles it; window probes do not. */
static __always_inline __u32 sock_rto(const struct tcp_sock *tp)
{
	return READ(tp, inet_conn.icsk_rto);
}

/* 6.15 and later: tcp_rto_max(), from net.ipv4.tcp_rto_max_ms or TCP_RTO_MAX_MS. 0: it is TCP_RTO_MAX */
static __always_inline __u32 sock_rto_max(const struct tcp_sock *tp)
{
	if (bpf_core_field_exists(struct inet_connection_sock, icsk_rto_max))
		return READ(tp, inet_conn.icsk_rto_max);
	return 0;
}

static __always_inline __u8 sock_backoff(const struct tcp_sock *tp)
{
	return READ(tp, inet_conn.icsk_backoff);
}

/* The limit of retransmissions (as retransmits_timed_out() counts them) and of unanswered window probes */
static __always_inline __u8 sock_retry_limit(const struct tcp_sock *tp)
{
	return READ_ANY_SIZE(sock_net(tp), ipv4.sysctl_tcp_retries2);
}

/* tcp_orphan_retries(): what it takes the place of for a socket that its process has closed; 0: 8, or none */
static __always_inline __u8 sock_orphan_retries(const struct tcp_sock *tp)
{
	return READ_ANY_SIZE(sock_net(tp), ipv4.sysctl_tcp_orphan_retries);
}

/* Jiffies until the timer of retransmission and window probing fires, if it is pending. Another field in 7.2. */
static __always_inline __s32 sock_next_try(const struct tcp_sock *tp)
{
	__u32 expires;

	if (bpf_core_field_exists(struct inet_connection_sock, icsk_retransmit_timer))
		expires = (__u32)READ(tp, inet_conn.icsk_retransmit_timer.expires);
	else
		expires = (__u32)READ(tp, inet_conn.icsk_inet.sk.tcp_retransmit_timer.expires);
	return (__s32)(expires - now_jiffies());
}

static __always_inline bool sock_window_probing(const struct tcp_sock *tp)
{
	return READ(tp, inet_conn.icsk_pending) == ICSK_TIME_PROBE0;
}

#endif
