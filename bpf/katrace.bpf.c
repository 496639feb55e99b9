// SPDX-License-Identifier: GPL-2.0
/*
 * The programs, grouped by hook mode. Each finds its socket and calls a handler of keepalive.bpf.h, which decides
 * everything else.
 */
#include <linux/ptrace.h> /* the registers of kprobes */
#include "keepalive.bpf.h"
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

/* For hooks that see a timer end without knowing which one it was. */
static __always_inline void this_timer_left(void)
{
	const struct firing *firing = this_firing();

	if (firing && firing->sock)
		timer_left(tcp_sock_of((const void *)firing->sock));
}

/* --- fentry mode --- */

SEC("fentry/tcp_keepalive_timer")
int BPF_PROG(fentry_timer, struct timer_list *timer)
{
	timer_entered(sock_of_timer(timer));
	return 0;
}

SEC("fexit/tcp_keepalive_timer")
int BPF_PROG(fexit_timer, struct timer_list *timer)
{
	this_timer_left();
	return 0;
}

SEC("fexit/tcp_write_wakeup")
int BPF_PROG(fexit_write_wakeup, struct sock *sk, int mib, int result)
{
	probe_attempted(result);
	return 0;
}

SEC("fentry/tcp_write_err")
int BPF_PROG(fentry_write_err, struct sock *sk)
{
	giving_up(tcp_sock_of(sk));
	return 0;
}

SEC("fentry/tcp_ack")
int BPF_PROG(fentry_ack, struct sock *sk, struct sk_buff *skb)
{
	ack_arrived(tcp_sock_of(sk), KERNEL_PTR(struct sk_buff, skb));
	return 0;
}

/* --- kprobe mode --- */

SEC("kprobe/tcp_keepalive_timer")
int BPF_KPROBE(kprobe_timer, struct timer_list *timer)
{
	timer_entered(sock_of_timer(timer));
	return 0;
}

SEC("kretprobe/tcp_keepalive_timer")
int BPF_KRETPROBE(kretprobe_timer)
{
	this_timer_left();
	return 0;
}

SEC("kretprobe/tcp_write_wakeup")
int BPF_KRETPROBE(kretprobe_write_wakeup, int result)
{
	probe_attempted(result);
	return 0;
}

SEC("kprobe/tcp_write_err")
int BPF_KPROBE(kprobe_write_err, struct sock *sk)
{
	giving_up(tcp_sock_of(sk));
	return 0;
}

SEC("kprobe/tcp_ack")
int BPF_KPROBE(kprobe_ack, struct sock *sk, struct sk_buff *skb)
{
	ack_arrived(tcp_sock_of(sk), KERNEL_PTR(struct sk_buff, skb));
	return 0;
}

/* --- tracepoint mode --- */

/* Every timer of the host passes here: the first check must stay cheap. */
static __always_inline bool is_keepalive_timer(const struct timer_list *timer)
{
	return (__u64)READ(timer, function) == config.keepalive_timer;
}

SEC("tp_btf/timer_expire_entry")
int BPF_PROG(tracepoint_timer_entry, struct timer_list *timer)
{
	if (is_keepalive_timer(timer))
		timer_entered(sock_of_timer(timer));
	return 0;
}

/* The timer may already be freed with its socket: timer_left() decides whether it may still be read. */
SEC("tp_btf/timer_expire_exit")
int BPF_PROG(tracepoint_timer_exit, struct timer_list *timer)
{
	timer_left(sock_of_timer(timer));
	return 0;
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(tracepoint_probe, struct sock *sk, struct sk_buff *skb)
{
	segment_arrived(tcp_sock_of(sk), KERNEL_PTR(struct sk_buff, skb));
	return 0;
}

/* --- every mode --- */

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(state_changed, struct sock *sk, int before, int after)
{
	const struct tcp_sock *tp = tcp_sock_of(sk);

	if (sock_protocol(tp) != KATRACE_IPPROTO_TCP)
		return 0;
	if (after == BPF_TCP_CLOSE && before != BPF_TCP_LISTEN)
		closed(tp, before);
	else if (after == BPF_TCP_ESTABLISHED && before == BPF_TCP_SYN_RECV)
		established(tp);
	else if (before == BPF_TCP_ESTABLISHED || before == BPF_TCP_CLOSE_WAIT)
		closing(tp, before, after);
	return 0;
}

/* --- every mode, with --all --- */

SEC("tp_btf/timer_start")
int BPF_PROG(timer_started, struct timer_list *timer)
{
	if (is_keepalive_timer(timer))
		keepalive_started(sock_of_timer(timer));
	return 0;
}

SEC("tp_btf/timer_cancel")
int BPF_PROG(timer_cancelled, struct timer_list *timer)
{
	if (is_keepalive_timer(timer))
		keepalive_cancelled(sock_of_timer(timer), timer);
	return 0;
}
