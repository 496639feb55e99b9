// SPDX-License-Identifier: GPL-2.0
/*
 * The programs, grouped by hook mode. Each finds its socket and calls a handler of keepalive.bpf.h; nothing else is
 * decided here.
 */
#include "keepalive.bpf.h"
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

/* --- tracepoint mode --- */

/* Every timer of the machine passes here: the first test must stay cheap. */
static __always_inline bool is_keepalive_timer(const struct timer_list *timer)
{
	return (__u64)READ(timer, function) == config.keepalive_timer;
}

SEC("tp_btf/timer_expire_entry")
int BPF_PROG(timer_entry, struct timer_list *timer)
{
	if (is_keepalive_timer(timer))
		timer_entered(sock_of_timer(timer));
	return 0;
}

/* The timer may be gone with its socket by now: only timer_left() knows whether it may still be read. */
SEC("tp_btf/timer_expire_exit")
int BPF_PROG(timer_exit, struct timer_list *timer)
{
	timer_left(sock_of_timer(timer));
	return 0;
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(segment_received, struct sock *sk, struct sk_buff *skb)
{
	segment_arrived(tcp_sock_of(sk), skb);
	return 0;
}

/* --- every mode --- */

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(state_changed, struct sock *sk, int before, int after)
{
	const struct tcp_sock *tp = tcp_sock_of(sk);

	if (after == BPF_TCP_CLOSE && sock_protocol(tp) == KATRACE_IPPROTO_TCP)
		closed(tp, before);
	return 0;
}
