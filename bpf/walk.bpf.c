// SPDX-License-Identifier: GPL-2.0
/*
 * Walks over every task's descriptors: who holds which TCP socket, in all network namespaces at once; and, first of
 * all, one look at a socket of katrace's own.
 */
#include "sock.bpf.h"
#include <bpf/bpf_tracing.h>
#include <katrace/record.h>

char LICENSE[] SEC("license") = "GPL";

/* Set before load: katrace's own socket, made with TCP_KEEPIDLE=1. */
const volatile __u32 own_fd = 0;
/* Written by own_socket(), then read by held_sockets(). */
struct katrace_facts facts = {};

/* The process id as katrace's pid namespace numbers it; 0 if it has none there. */
static __always_inline __u32 process_id(const struct task_struct *leader)
{
	const struct pid *pid = READ(leader, thread_pid);
	const struct upid *number;

	if (!pid || READ(pid, level) < facts.pid_level)
		return 0;
	number = KERNEL_PTR(struct upid, (const char *)pid + bpf_core_field_offset(struct pid, numbers) +
						 (__u64)facts.pid_level * bpf_core_type_size(struct upid));
	return READ(number, nr);
}

/*
 * The addresses katrace needs, without kallsyms, which shows zeros to those without CAP_SYSLOG: a TCP socket carries
 * its keepalive timer's function, its file the operations of all socket files. TCP_KEEPIDLE=1 is stored as HZ jiffies.
 */
SEC("iter/task_file")
int own_socket(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	const struct socket *socket;
	const struct tcp_sock *tp;
	const struct pid *pid;

	if (!task || !file || facts.found)
		return 0;
	/* An iterator runs in the context of the task that reads it: katrace itself. */
	if (READ(task, tgid) != bpf_get_current_pid_tgid() >> 32 || ctx->fd != own_fd)
		return 0;
	socket = KERNEL_PTR(struct socket, READ(file, private_data));
	tp = tcp_sock_of(READ(socket, sk));
	facts.keepalive_timer = sock_timer_function(tp);
	facts.socket_fops = (__u64)READ(file, f_op);
	facts.hz = sock_own_idle(tp);
	facts.netns = sock_netns(tp);
	pid = READ(task, thread_pid);
	facts.pid_level = READ(pid, level);
	facts.found = 1;
	return 0;
}

/* sock_from_file() of net/socket.c, which is a helper only since 5.11 */
static __always_inline const struct tcp_sock *tcp_sock_of_file(const struct file *file)
{
	const struct tcp_sock *tp;
	const struct socket *socket;
	const struct sock *sk;
	__u16 family;

	if ((__u64)READ(file, f_op) != facts.socket_fops)
		return NULL;
	socket = KERNEL_PTR(struct socket, READ(file, private_data));
	sk = READ(socket, sk);
	if (!sk)
		return NULL;
	tp = tcp_sock_of(sk);
	family = sock_family(tp);
	if (family != KATRACE_AF_INET && family != KATRACE_AF_INET6)
		return NULL;
	return sock_protocol(tp) == KATRACE_IPPROTO_TCP ? tp : NULL;
}

SEC("iter/task_file")
int held_sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	const struct task_struct *leader;
	const struct tcp_sock *tp;
	struct katrace_owner owner = {};
	int i;

	if (!task || !file)
		return 0;
	tp = tcp_sock_of_file(file);
	if (!tp)
		return 0;
	leader = READ(task, group_leader);
	owner.sock = (__u64)tp;
	owner.inode = sock_inode(tp);
	owner.pid = process_id(leader);
	owner.netns = sock_netns(tp);
#ifdef KATRACE_READ_DIRECT
	for (i = 0; i < (int)sizeof(owner.comm) - 1; i++)
		owner.comm[i] = READ(leader, comm[i]);
#else
	(void)i;
	bpf_core_read_str(owner.comm, sizeof(owner.comm), &leader->comm);
#endif
	bpf_seq_write(ctx->meta->seq, &owner, sizeof(owner));
	return 0;
}
