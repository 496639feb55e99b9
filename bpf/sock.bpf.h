/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One accessor for each field of a socket that katrace reads. Differences between kernels are handled here and nowhere
 * else. All accessors take the tcp_sock that tcp_sock_of() or sock_of_timer() returned.
 */
#ifndef KATRACE_SOCK_BPF_H
#define KATRACE_SOCK_BPF_H

#include "read.bpf.h"
#include <bpf/bpf_endian.h>

/* The kernel's constants. They are UAPI (include/uapi/linux/tcp.h, bpf.h) or unchanged since git history begins. */
#define KATRACE_AF_INET 2
#define KATRACE_AF_INET6 10
#define KATRACE_IPPROTO_TCP 6
#define KATRACE_IPPROTO_MPTCP 262
#define ICSK_TIME_PROBE0 3

/* tcp_jiffies32 of include/net/tcp.h: the clock of the socket's timestamps */
static __always_inline __u32 now_jiffies(void)
{
	return (__u32)bpf_jiffies64();
}

static __always_inline const struct tcp_sock *tcp_sock_of(const void *sk)
{
	return KERNEL_PTR(struct tcp_sock, sk);
}

/*
 * Where the keepalive timer is in the socket. It moved from struct sock to struct inet_connection_sock, and stable
 * updates include the change: 5.10.262 and 6.18.44 have the old layout, 6.1.192 has the new one. Only the BTF of the
 * running kernel is reliable.
 */
static __always_inline __u32 keepalive_timer_offset(void)
{
	if (bpf_core_field_exists(struct inet_connection_sock, icsk_keepalive_timer))
		return bpf_core_field_offset(struct inet_connection_sock, icsk_keepalive_timer);
	return bpf_core_field_offset(struct sock, sk_timer);
}

static __always_inline const struct tcp_sock *sock_of_timer(const struct timer_list *timer)
{
	return tcp_sock_of((const char *)timer - keepalive_timer_offset());
}

static __always_inline __u32 sock_timer_expires(const struct tcp_sock *tp)
{
	if (bpf_core_field_exists(struct inet_connection_sock, icsk_keepalive_timer))
		return (__u32)READ(tp, inet_conn.icsk_keepalive_timer.expires);
	return (__u32)READ(tp, inet_conn.icsk_inet.sk.sk_timer.expires);
}

/*
 * Has a pending timer expired? The timer wheel rounds up by up to an eighth of the time. The timer's flags hold its
 * bucket; each level has LVL_SIZE buckets and is LVL_CLK_DIV times coarser than the one below (kernel/time/timer.c,
 * calc_index() since 5.8).
 */
static __always_inline bool timer_has_run_out(const struct timer_list *timer)
{
	const __u32 level = READ(timer, flags) >> (22 + 6); /* TIMER_ARRAYSHIFT, LVL_BITS */
	const __u32 shift = level * 3;                      /* LVL_CLK_SHIFT */
	const __u64 due = (((__u64)READ(timer, expires) >> shift) + 1) << shift;

	return (__s64)(due - bpf_jiffies64()) <= 0;
}

/* timer_pending() */
static __always_inline bool sock_timer_runs(const struct tcp_sock *tp)
{
	if (bpf_core_field_exists(struct inet_connection_sock, icsk_keepalive_timer))
		return READ(tp, inet_conn.icsk_keepalive_timer.entry.pprev) != NULL;
	return READ(tp, inet_conn.icsk_inet.sk.sk_timer.entry.pprev) != NULL;
}

static __always_inline __u64 sock_timer_function(const struct tcp_sock *tp)
{
	if (bpf_core_field_exists(struct inet_connection_sock, icsk_keepalive_timer))
		return (__u64)READ(tp, inet_conn.icsk_keepalive_timer.function);
	return (__u64)READ(tp, inet_conn.icsk_inet.sk.sk_timer.function);
}

static __always_inline __u8 sock_state(const struct tcp_sock *tp)
{
	return READ(tp, inet_conn.icsk_inet.sk.__sk_common.skc_state);
}

/*
 * iter/tcp also shows sockets that consist of a struct sock_common only and have no tcp_sock: connection requests and
 * sockets in TIME_WAIT.
 */
static __always_inline bool is_full_sock(const struct sock_common *common)
{
	const __u8 state = READ(common, skc_state);

	return state != BPF_TCP_TIME_WAIT && state != BPF_TCP_NEW_SYN_RECV;
}

static __always_inline __u16 sock_family(const struct tcp_sock *tp)
{
	return READ(tp, inet_conn.icsk_inet.sk.__sk_common.skc_family);
}

static __always_inline __u16 sock_protocol(const struct tcp_sock *tp)
{
	return READ(tp, inet_conn.icsk_inet.sk.sk_protocol);
}

static __always_inline bool sock_flag(const struct tcp_sock *tp, enum sock_flags flag)
{
	return READ(tp, inet_conn.icsk_inet.sk.__sk_common.skc_flags) & (1UL << flag);
}

/* A subflow of an MPTCP socket: a TCP socket that no descriptor refers to. Kernels without MPTCP lack the field. */
static __always_inline bool sock_is_subflow(const struct tcp_sock *tp)
{
	return bpf_core_field_exists(struct tcp_sock, is_mptcp) && READ(tp, is_mptcp);
}

/* SOCK_DEAD: no process holds it. When an MPTCP socket is closed, its subflows do not have this flag. */
static __always_inline bool sock_is_orphan(const struct tcp_sock *tp)
{
	const struct mptcp_subflow_context *subflow;

	if (sock_flag(tp, SOCK_DEAD))
		return true;
	if (!sock_is_subflow(tp))
		return false;
	subflow = KERNEL_PTR(struct mptcp_subflow_context, READ(tp, inet_conn.icsk_ulp_data));
	return sock_flag(tcp_sock_of(READ(subflow, conn)), SOCK_DEAD);
}

static __always_inline int sock_error(const struct tcp_sock *tp)
{
	return READ(tp, inet_conn.icsk_inet.sk.sk_err);
}

/* An ICMP error that the kernel reports in place of ETIMEDOUT when a timer gives up */
static __always_inline bool sock_soft_error(const struct tcp_sock *tp)
{
	return READ(tp, inet_conn.icsk_inet.sk.sk_err_soft);
}

static __always_inline __u64 sock_cookie(const struct tcp_sock *tp)
{
	return READ(tp, inet_conn.icsk_inet.sk.__sk_common.skc_cookie.counter);
}

static __always_inline const struct net *sock_net(const struct tcp_sock *tp)
{
	return READ(tp, inet_conn.icsk_inet.sk.__sk_common.skc_net.net);
}

static __always_inline __u32 sock_netns(const struct tcp_sock *tp)
{
	return READ(sock_net(tp), ns.inum);
}

/*
 * SOCK_INODE() of include/net/sock.h; 0 for an orphan and for a connection not accepted yet. The kernel's own sockets
 * have an inode, but no file.
 */
static __always_inline __u64 sock_inode(const struct tcp_sock *tp)
{
	const struct socket *socket = READ(tp, inet_conn.icsk_inet.sk.sk_socket);

	if (!socket)
		return 0;
	return READ(KERNEL_PTR(struct socket_alloc, socket), vfs_inode.i_ino);
}

/* NULL for an orphan, for a connection not accepted yet, and for the kernel's own sockets. */
static __always_inline const struct file *sock_file(const struct tcp_sock *tp)
{
	const struct socket *socket = READ(tp, inet_conn.icsk_inet.sk.sk_socket);

	return socket ? READ(KERNEL_PTR(struct socket, socket), file) : NULL;
}

/*
 * Is the last reference to the file gone? Then the socket is being released. Before 6.13 (90ee6ed776c0 "fs: port files
 * to file_ref") the count is 0 then; now FILE_REF_DEAD, which is negative like all values without a reference.
 */
static __always_inline bool file_is_gone(const struct file *file)
{
	if (bpf_core_field_exists(struct file, f_ref))
		return READ(file, f_ref.refcnt.counter) < 0;
	return !READ(file, f_count.counter);
}

/* Made by the kernel for itself, or accepted from such a listener: NFS, for example. A subflow of MPTCP is too. */
static __always_inline bool sock_is_kernels(const struct tcp_sock *tp)
{
	return READ_BITS(tp, inet_conn.icsk_inet.sk.sk_kern_sock) && !sock_is_subflow(tp);
}

/* Reads inet_sport, because skc_num is already 0 at the change to TCP_CLOSE. */
static __always_inline __u16 sock_local_port(const struct tcp_sock *tp)
{
	return bpf_ntohs(READ(tp, inet_conn.icsk_inet.inet_sport));
}

static __always_inline __u16 sock_peer_port(const struct tcp_sock *tp)
{
	return bpf_ntohs(READ(tp, inet_conn.icsk_inet.sk.__sk_common.skc_dport));
}

static __always_inline void sock_addresses(const struct tcp_sock *tp, __u8 local[16], __u8 peer[16])
{
	__u32 *l = (__u32 *)local, *p = (__u32 *)peer;

	if (sock_family(tp) != KATRACE_AF_INET6) {
		l[0] = READ(tp, inet_conn.icsk_inet.sk.__sk_common.skc_rcv_saddr);
		p[0] = READ(tp, inet_conn.icsk_inet.sk.__sk_common.skc_daddr);
		l[1] = l[2] = l[3] = 0;
		p[1] = p[2] = p[3] = 0;
		return;
	}
	l[0] = READ(tp, inet_conn.icsk_inet.sk.__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[0]);
	l[1] = READ(tp, inet_conn.icsk_inet.sk.__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[1]);
	l[2] = READ(tp, inet_conn.icsk_inet.sk.__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[2]);
	l[3] = READ(tp, inet_conn.icsk_inet.sk.__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[3]);
	p[0] = READ(tp, inet_conn.icsk_inet.sk.__sk_common.skc_v6_daddr.in6_u.u6_addr32[0]);
	p[1] = READ(tp, inet_conn.icsk_inet.sk.__sk_common.skc_v6_daddr.in6_u.u6_addr32[1]);
	p[2] = READ(tp, inet_conn.icsk_inet.sk.__sk_common.skc_v6_daddr.in6_u.u6_addr32[2]);
	p[3] = READ(tp, inet_conn.icsk_inet.sk.__sk_common.skc_v6_daddr.in6_u.u6_addr32[3]);
}

/* tcp_v6_connect() and tcp_v6_syn_recv_sock() bind a socket to the interface of a link-local peer (5.10 to 7.2). */
static __always_inline __u32 sock_interface(const struct tcp_sock *tp)
{
	return READ(tp, inet_conn.icsk_inet.sk.__sk_common.skc_bound_dev_if);
}

/* --- keepalive settings of the socket itself; 0: not set --- */

static __always_inline __u32 sock_own_idle(const struct tcp_sock *tp)
{
	return READ(tp, keepalive_time);
}

static __always_inline __u32 sock_own_interval(const struct tcp_sock *tp)
{
	return READ(tp, keepalive_intvl);
}

static __always_inline __u8 sock_own_probe_limit(const struct tcp_sock *tp)
{
	return READ(tp, keepalive_probes);
}

/* --- keepalive settings: the sysctls, used where the socket set nothing --- */

static __always_inline __u32 net_idle(const struct net *net)
{
	return READ(net, ipv4.sysctl_tcp_keepalive_time);
}

static __always_inline __u32 net_interval(const struct net *net)
{
	return READ(net, ipv4.sysctl_tcp_keepalive_intvl);
}

/* An int in older kernels and a u8 in newer ones, 5.10.262 included: BTF has the width. */
static __always_inline __u8 net_probe_limit(const struct net *net)
{
	return READ_ANY_SIZE(net, ipv4.sysctl_tcp_keepalive_probes);
}

/* --- effective keepalive settings --- */

/* keepalive_time_when() of include/net/tcp.h, in jiffies */
static __always_inline __u32 sock_idle(const struct tcp_sock *tp)
{
	return sock_own_idle(tp) ?: net_idle(sock_net(tp));
}

/* keepalive_intvl_when(), in jiffies */
static __always_inline __u32 sock_interval(const struct tcp_sock *tp)
{
	return sock_own_interval(tp) ?: net_interval(sock_net(tp));
}

/* keepalive_probes() */
static __always_inline __u8 sock_probe_limit(const struct tcp_sock *tp)
{
	return sock_own_probe_limit(tp) ?: net_probe_limit(sock_net(tp));
}

static __always_inline __u32 sock_user_timeout_ms(const struct tcp_sock *tp)
{
	return READ(tp, inet_conn.icsk_user_timeout);
}

#endif
