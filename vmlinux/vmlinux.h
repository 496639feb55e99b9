/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Every kernel type and field that katrace reads, and nothing else: the list of its dependencies on the kernel.
 *
 * Offsets and sizes in this file do not matter: preserve_access_index makes clang record each access as a CO-RE
 * relocation and libbpf resolves it against the running kernel's BTF. A field that some kernels lack is read behind
 * bpf_core_field_exists() in bpf/sock.bpf.h. Plain integers and the bpf() interface come from the UAPI headers.
 */
#ifndef KATRACE_VMLINUX_H
#define KATRACE_VMLINUX_H

#include <linux/types.h>
#include <linux/bpf.h>
#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct hlist_node {
	struct hlist_node **pprev;
};

struct list_head {
	struct list_head *next;
};

struct timer_list {
	struct hlist_node entry;
	unsigned long expires;
	void (*function)(struct timer_list *timer);
	__u32 flags;
};

/* --- network namespaces --- */

struct ns_common {
	unsigned int inum;
};

struct netns_ipv4 {
	int sysctl_tcp_keepalive_time;
	int sysctl_tcp_keepalive_intvl;
	__u8 sysctl_tcp_keepalive_probes; /* an int in older kernels, like the next two */
	__u8 sysctl_tcp_retries2;
	__u8 sysctl_tcp_orphan_retries;
};

struct net {
	struct ns_common ns;
	struct netns_ipv4 ipv4;
};

typedef struct {
	struct net *net;
} possible_net_t;

/* --- sockets, from generic to TCP --- */

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

typedef struct {
	__s64 counter;
} atomic64_t;

struct socket;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	int skc_bound_dev_if;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
	unsigned long skc_flags;
};

struct sk_buff_head {
	__u32 qlen;
};

struct sock {
	struct sock_common __sk_common;
	struct sk_buff_head sk_receive_queue;
	int sk_forward_alloc;
	struct socket *sk_socket;
	struct timer_list sk_timer;             /* the keepalive timer; newer kernels: icsk_keepalive_timer */
	struct timer_list tcp_retransmit_timer; /* newer kernels; before: icsk_retransmit_timer */
	__u16 sk_protocol;
	__u8 sk_kern_sock : 1;
	int sk_err;
	__u8 sk_shutdown;
	int sk_err_soft;
};

enum sock_flags {
	SOCK_DEAD,
	SOCK_DONE,
	SOCK_URGINLINE,
	SOCK_KEEPOPEN,
};

struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	struct timer_list icsk_keepalive_timer; /* newer kernels and stable updates of older series */
	struct timer_list icsk_retransmit_timer;
	__u32 icsk_rto;
	__u32 icsk_rto_max; /* 6.15 and later */
	__u8 icsk_retransmits;
	__u8 icsk_pending;
	__u8 icsk_backoff;
	__u8 icsk_probes_out;
	struct {
		__u32 lrcvtime;
	} icsk_ack;
	__u32 icsk_user_timeout;
	void *icsk_ulp_data;
};

struct tcp_options_received {
	int ts_recent_stamp;
	__u32 ts_recent;
	__u16 tstamp_ok : 1;
	__u16 snd_wscale : 4;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u16 tcp_header_len;
	__be32 pred_flags;
	__u32 segs_out;
	__u32 lsndtime;
	__u32 write_seq;
	__u32 rcv_nxt;
	__u32 rcv_wup;
	__u32 rcv_wnd;
	__u32 rcv_mwnd_seq; /* 7.2 */
	__u32 snd_nxt;
	__u32 snd_una;
	__u32 snd_wl1;
	__u32 snd_wnd;
	struct tcp_options_received rx_opt;
	__u8 scaling_ratio; /* 6.6 and later */
	__u32 packets_out;
	__u32 rcv_tstamp;
	__u32 last_oow_ack_time;
	__u32 retrans_stamp;
	__u8 tcp_usec_ts : 1; /* 6.7 and later */
	unsigned int keepalive_time;
	unsigned int keepalive_intvl;
	__u8 keepalive_probes;
	bool is_mptcp; /* only in kernels with MPTCP, like the next two types */
};

/* --- MPTCP --- */

struct mptcp_sock {
	struct inet_connection_sock sk;
	struct list_head conn_list;
};

struct mptcp_subflow_context {
	struct list_head node;
	struct sock *tcp_sock;
	struct sock *conn;
};

/* --- segments --- */

struct tcphdr {
	__u16 ae : 1; /* with AccECN */
	__u16 doff : 4;
	__u16 fin : 1;
	__u16 syn : 1;
	__u16 rst : 1;
	__u16 ack : 1;
	__be16 window;
};

struct tcp_skb_cb {
	__u32 seq;
	__u32 end_seq;
	__u32 ack_seq;
};

struct sk_buff {
	char cb[48]; /* of TCP: struct tcp_skb_cb */
	unsigned int len;
	unsigned char *data;
	unsigned int truesize;
};

enum skb_drop_reason {
	SKB_DROP_REASON_TCP_INVALID_END_SEQUENCE, /* 6.17 and later */
};

/* --- who holds a socket --- */

struct file_operations;

typedef struct {
	atomic64_t refcnt;
} file_ref_t;

struct file {
	atomic64_t f_count; /* older kernels; newer ones: f_ref */
	file_ref_t f_ref;
	const struct file_operations *f_op;
	void *private_data;
};

struct socket {
	struct sock *sk;
	struct file *file;
};

struct inode {
	unsigned long i_ino;
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live;
};

struct task_struct {
	unsigned int flags;
	int tgid;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	__u64 start_boottime;
	char comm[16];
	struct signal_struct *signal;
	struct css_set *cgroups;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 seq_num; /* of the object */
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
};

#pragma clang attribute pop

#endif
