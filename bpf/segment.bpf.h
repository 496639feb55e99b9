/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which segments reset the kernel's count of unanswered probes: those on which tcp_ack() clears icsk_probes_out.
 * Nothing else is an answer. The checks are the kernel's own, from the source of 5.10, 6.1, 6.12 and 7.2
 * (net/ipv4/tcp_input.c); where these differ, a comment names the commit. What is not checked here: the checksum of a
 * segment with data.
 */
#ifndef KATRACE_SEGMENT_BPF_H
#define KATRACE_SEGMENT_BPF_H

#include "timers.bpf.h"

/* include/net/tcp.h */
#define TCP_HEADER_BYTES 20
#define TCP_ALIGNED_TIMESTAMP_BYTES 12   /* TCPOLEN_TSTAMP_ALIGNED */
#define TCP_ALIGNED_TIMESTAMP 0x0101080a /* NOP, NOP, timestamp of 10 bytes */
#define TCP_OPTIONS_BYTES_MAX 40
#define TCP_OPTION_END 0
#define TCP_OPTION_NOP 1
#define TCP_OPTION_TIMESTAMP 8
#define TCP_TIMESTAMP_BYTES 10
#define NO_TIMESTAMP (-1)

/* Sequence numbers: before() of include/net/tcp.h */
static __always_inline bool is_before(__u32 a, __u32 b)
{
	return (__s32)(a - b) < 0;
}

/* bpf_rdonly_cast() needs a struct: this is one that begins with bytes or words. */
static __always_inline __u8 byte_at(__u64 address)
{
	return READ(KERNEL_PTR(struct in6_addr, address), in6_u.u6_addr8[0]);
}

static __always_inline __be32 word_at(__u64 address)
{
	return READ(KERNEL_PTR(struct in6_addr, address), in6_u.u6_addr32[0]);
}

/* TCP_SKB_CB(): filled in before the socket gets the segment. tcp_ack() may find the header gone, but not this. */
static __always_inline const struct tcp_skb_cb *segment_numbers(const struct sk_buff *skb)
{
	return KERNEL_PTR(struct tcp_skb_cb, (const char *)skb + bpf_core_field_offset(struct sk_buff, cb));
}

/* tcp_ack() clears icsk_probes_out if snd_una <= ack <= snd_nxt; it drops or ignores what is older or newer. */
static __always_inline bool is_ack_valid(const struct tcp_sock *tp, const struct tcp_skb_cb *numbers)
{
	const __u32 ack = READ(numbers, ack_seq);

	return !is_before(ack, READ(tp, snd_una)) && !is_before(READ(tp, snd_nxt), ack);
}

/* --- timestamps --- */

/*
 * tcp_parse_options() of an established connection: from the option at offset to the next one, or to the end if it is
 * the last one or not valid. This function and the next one are not static, so that the verifier looks at each by
 * itself: together with their callers they are too much for it.
 */
__noinline __u32 next_option(__u64 options, __u32 offset, __u32 end)
{
	const __u8 kind = byte_at(options + offset);
	__u8 size;

	if (kind == TCP_OPTION_NOP)
		return offset + 1;
	if (kind == TCP_OPTION_END || end - offset < 2)
		return end;
	size = byte_at(options + offset + 1);
	return size < 2 || size > end - offset ? end : offset + size;
}

/* The last timestamp counts. */
__noinline __s64 search_timestamp(__u64 options, __u32 end)
{
	__s64 found = NO_TIMESTAMP;
	__u32 offset = 0, next;

	for (int i = 0; i < TCP_OPTIONS_BYTES_MAX && offset < end; i++) {
		next = next_option(options, offset, end);
		if (next - offset == TCP_TIMESTAMP_BYTES && byte_at(options + offset) == TCP_OPTION_TIMESTAMP &&
		    byte_at(options + offset + 1) == TCP_TIMESTAMP_BYTES)
			found = bpf_ntohl(word_at(options + offset + 2));
		offset = next;
	}
	return found;
}

/* tcp_parse_aligned_timestamp(): NO_TIMESTAMP if it is not at its usual place */
static __always_inline __s64 aligned_timestamp(__u64 header)
{
	if (word_at(header + TCP_HEADER_BYTES) != bpf_htonl(TCP_ALIGNED_TIMESTAMP))
		return NO_TIMESTAMP;
	return bpf_ntohl(word_at(header + TCP_HEADER_BYTES + 4));
}

/* tcp_fast_parse_options(). A segment without a timestamp is accepted even if the connection uses them. */
static __always_inline __s64 timestamp_of(const struct tcp_sock *tp, __u64 header, __u32 header_bytes)
{
	__s64 timestamp = NO_TIMESTAMP;

	if (!READ_BITS(tp, rx_opt.tstamp_ok) || header_bytes <= TCP_HEADER_BYTES)
		return NO_TIMESTAMP;
	if (header_bytes == TCP_HEADER_BYTES + TCP_ALIGNED_TIMESTAMP_BYTES)
		timestamp = aligned_timestamp(header);
	if (timestamp != NO_TIMESTAMP)
		return timestamp;
	return search_timestamp(header + TCP_HEADER_BYTES, header_bytes - TCP_HEADER_BYTES);
}

/*
 * tcp_may_update_window(), of an ACK for snd_una. A closed window counts since 6.6 (800a666141de), where
 * sysctl_tcp_adv_win_scale went, too (dfa2f0483360, scaling_ratio).
 */
static __always_inline bool may_update_window(const struct tcp_sock *tp, __u32 seq, __u32 window)
{
	const __u32 last = READ(tp, snd_wl1);

	if (seq != last)
		return is_before(last, seq);
	return window > READ(tp, snd_wnd) || (bpf_core_field_exists(struct tcp_sock, scaling_ratio) && !window);
}

/* tcp_tsval_replay() since 6.7 (614e8316aa4c); before it was 1024 ticks a second. In ticks of the peer's clock. */
static __always_inline __u32 replay_window(const struct tcp_sock *tp)
{
	const __u32 rto = sock_rto(tp);

	if (!bpf_core_field_exists(struct tcp_sock, tcp_usec_ts))
		return rto * 1024 / config.hz;
	return READ_BITS(tp, tcp_usec_ts) ? rto * (1000000 / config.hz) : rto * 1200 / config.hz;
}

/* tcp_disordered_ack(): an ACK that was overtaken by a later one is accepted in spite of its older timestamp. */
static __always_inline bool is_disordered_ack(const struct tcp_sock *tp, const struct tcp_skb_cb *numbers,
					      const struct tcphdr *th, __u32 age)
{
	const __u32 seq = READ(numbers, seq);
	const __u32 window = (__u32)bpf_ntohs(READ(th, window)) << READ_BITS(tp, rx_opt.snd_wscale);

	return seq == READ(numbers, end_seq) && seq == READ(tp, rcv_nxt) &&
	       READ(numbers, ack_seq) == READ(tp, snd_una) && !may_update_window(tp, seq, window) &&
	       age <= replay_window(tp);
}

/* tcp_paws_check(): after so long a time the last timestamp no longer counts. 24 days before 614e8316aa4c (6.7). */
static __always_inline bool has_timestamp_expired(const struct tcp_sock *tp)
{
	const __u32 limit_s = bpf_core_field_exists(struct tcp_sock, tcp_usec_ts) ? 2147 : 24 * 24 * 60 * 60;
	const __u32 now_s = bpf_ktime_get_ns() / 1000000000;

	return !is_before(now_s, READ(tp, rx_opt.ts_recent_stamp) + limit_s);
}

/* tcp_paws_discard() of 5.10 to 6.12, the first part of tcp_validate_incoming() since 6.14 */
static __always_inline bool passes_paws(const struct tcp_sock *tp, const struct tcp_skb_cb *numbers,
					const struct tcphdr *th, __s64 timestamp)
{
	const __u32 recent = READ(tp, rx_opt.ts_recent);
	const __s32 age = (__s32)(recent - (__u32)timestamp);

	return timestamp == NO_TIMESTAMP || age <= 1 || !recent || has_timestamp_expired(tp) ||
	       is_disordered_ack(tp, numbers, th, age);
}

/* --- the window --- */

/* tcp_receive_window(): the first sequence number behind it */
static __always_inline __u32 window_end(const struct tcp_sock *tp)
{
	const __u32 rcv_nxt = READ(tp, rcv_nxt);
	const __u32 end = READ(tp, rcv_wup) + READ(tp, rcv_wnd);

	return is_before(end, rcv_nxt) ? rcv_nxt : end;
}

/* The end of the largest window that was ever offered counts in 7.2 (tcp_max_receive_window()). */
static __always_inline __u32 largest_window_end(const struct tcp_sock *tp)
{
	const __u32 rcv_nxt = READ(tp, rcv_nxt);
	__u32 end;

	if (!bpf_core_field_exists(struct tcp_sock, rcv_mwnd_seq))
		return window_end(tp);
	end = READ(tp, rcv_mwnd_seq);
	return is_before(end, rcv_nxt) ? rcv_nxt : end;
}

/* Since 6.17 (9ca48d616ed7) the end of the segment matters, too. */
static __always_inline bool kernel_checks_end(void)
{
	return bpf_core_enum_value_exists(enum skb_drop_reason, SKB_DROP_REASON_TCP_INVALID_END_SEQUENCE);
}

/* tcp_sequence() */
static __always_inline bool is_in_window(const struct tcp_sock *tp, const struct tcp_skb_cb *numbers,
					 const struct tcphdr *th)
{
	const __u32 seq = READ(numbers, seq), end = READ(numbers, end_seq), limit = largest_window_end(tp);

	if (is_before(end, READ(tp, rcv_wup)) || is_before(limit, seq))
		return false;
	return !kernel_checks_end() || !is_before(limit, end - READ_BITS(th, fin)) ||
	       !READ(tp, inet_conn.icsk_inet.sk.sk_receive_queue.qlen);
}

/* --- tcp_rcv_established() --- */

/* Header prediction: the fast path. TCP_RESERVED_BITS lost a bit to AccECN. */
static __always_inline bool is_predicted(const struct tcp_sock *tp, const struct tcp_skb_cb *numbers, __u64 header)
{
	const __u32 ignored = (bpf_core_field_exists(struct tcphdr, ae) ? 0x0e000000 : 0x0f000000) | 0x00080000;
	__s64 timestamp;

	if ((word_at(header + 12) & bpf_htonl(~ignored)) != READ(tp, pred_flags))
		return false;
	if (READ(numbers, seq) != READ(tp, rcv_nxt) || is_before(READ(tp, snd_nxt), READ(numbers, ack_seq)))
		return false;
	if (READ(tp, tcp_header_len) != TCP_HEADER_BYTES + TCP_ALIGNED_TIMESTAMP_BYTES)
		return true;
	timestamp = aligned_timestamp(header);
	return timestamp != NO_TIMESTAMP && !is_before((__u32)timestamp, READ(tp, rx_opt.ts_recent));
}

/*
 * On the fast path data that acknowledges nothing new does not reach tcp_ack(), unless memory must be allocated for it
 * first.
 */
static __always_inline bool is_data_only(const struct tcp_sock *tp, const struct tcp_skb_cb *numbers,
					 const struct sk_buff *skb)
{
	return READ(numbers, ack_seq) == READ(tp, snd_una) && READ(skb, len) > READ(tp, tcp_header_len) &&
	       (int)READ(skb, truesize) <= READ(tp, inet_conn.icsk_inet.sk.sk_forward_alloc);
}

/* tcp_validate_incoming(), and the flags that are checked before */
static __always_inline bool is_valid(const struct tcp_sock *tp, const struct tcp_skb_cb *numbers, __u64 header)
{
	const struct tcphdr *th = KERNEL_PTR(struct tcphdr, header);

	if (!READ_BITS(th, ack) || READ_BITS(th, rst) || READ_BITS(th, syn))
		return false;
	return passes_paws(tp, numbers, th, timestamp_of(tp, header, READ_BITS(th, doff) * 4)) &&
	       is_in_window(tp, numbers, th);
}

/* For tcp:tcp_probe, where tcp_rcv_established() begins: will it pass this segment to tcp_ack()? */
static __always_inline bool reaches_tcp_ack(const struct tcp_sock *tp, const struct sk_buff *skb)
{
	const struct tcp_skb_cb *numbers = segment_numbers(skb);
	const __u64 header = ADDRESS(READ(skb, data));

	if (!is_predicted(tp, numbers, header) ||
	    (kernel_checks_end() && is_before(window_end(tp), READ(numbers, end_seq))))
		return is_valid(tp, numbers, header);
	return !is_data_only(tp, numbers, skb);
}

#endif
