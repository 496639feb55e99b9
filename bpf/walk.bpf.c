// SPDX-License-Identifier: GPL-2.0
/*
 * Walks over the descriptors of all tasks: which process holds which TCP socket, in all network namespaces at once. And
 * first a look at a socket of katrace itself.
 */
#include "describe.bpf.h"
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

/* Set before loading: the descriptor of katrace's own socket, which has TCP_KEEPIDLE=1. */
const volatile __u32 own_fd = 0;
/* Written by own_socket(), read by all others. */
struct katrace_facts facts = {};

/*
 * The processes of --pid with all their descendants, by process id in katrace's pid namespace. User space inserts those
 * that exist at the start, process_forked() inserts their children; process_ended() deletes.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u32);
} kin SEC(".maps");

/* The process id in katrace's pid namespace; 0 if the process is not visible there. */
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
 * Finds the addresses that katrace needs without kallsyms, which shows zeros without CAP_SYSLOG: a TCP socket holds the
 * function of its keepalive timer, its file the operations of all socket files. TCP_KEEPIDLE=1 is stored as HZ jiffies.
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

/*
 * The TCP sockets that a descriptor refers to: one, or the subflows of an MPTCP socket. The list of subflows may change
 * meanwhile: a node that was removed leads to an unreadable address, which reads as zero, and ends it.
 */
struct held {
	const struct tcp_sock *tp; /* NULL: no more */
	const struct list_head *node;
	__u64 end; /* address of the list's head; 0: not MPTCP */
};

/* The path manager of the kernel opens at most 8 besides the first one, in newer kernels more. */
#define SUBFLOWS_MAX 64

static __noinline void next_held(struct held *held)
{
	const struct mptcp_subflow_context *subflow;
	const struct list_head *node = held->node;

	held->tp = NULL;
	if (!held->end)
		return;
	node = READ(node, next);
	if (!node || (__u64)node == held->end)
		return;
	subflow = KERNEL_PTR(struct mptcp_subflow_context,
			     (const char *)node - bpf_core_field_offset(struct mptcp_subflow_context, node));
	held->tp = tcp_sock_of(READ(subflow, tcp_sock));
	held->node = node;
}

static __always_inline void first_subflow(struct held *held, const struct sock *sk)
{
	if (!bpf_core_type_exists(struct mptcp_sock) || !bpf_core_type_exists(struct mptcp_subflow_context))
		return;
	held->end = (__u64)sk + bpf_core_field_offset(struct mptcp_sock, conn_list);
	held->node = KERNEL_PTR(struct list_head, held->end);
	next_held(held);
}

/* sock_from_file() of net/socket.c; a helper exists only since 5.11 */
static __always_inline const struct sock *sock_of_file(const struct file *file)
{
	const struct socket *socket;

	if ((__u64)READ(file, f_op) != facts.socket_fops)
		return NULL;
	socket = KERNEL_PTR(struct socket, READ(file, private_data));
	return READ(socket, sk);
}

static __always_inline void first_held(struct held *held, const struct file *file)
{
	const struct sock *sk = sock_of_file(file);
	const struct tcp_sock *tp;
	__u16 family;

	if (!sk)
		return;
	tp = tcp_sock_of(sk);
	family = sock_family(tp);
	if (family != KATRACE_AF_INET && family != KATRACE_AF_INET6)
		return;
	if (sock_protocol(tp) == KATRACE_IPPROTO_TCP)
		held->tp = tp;
	else if (sock_protocol(tp) == KATRACE_IPPROTO_MPTCP)
		first_subflow(held, sk);
}

static __always_inline void describe_process(struct katrace_owner *owner, const struct task_struct *leader)
{
	const struct css_set *css_set = READ(leader, cgroups);
	const struct cgroup *cgroup = READ(css_set, dfl_cgrp);
	const struct kernfs_node *node = READ(cgroup, kn);

	owner->pid = process_id(leader);
	owner->start_ns = READ(leader, start_boottime);
	owner->css_set = (__u64)css_set;
	owner->cgroup_id = READ(node, id);
	owner->is_kin = bpf_map_lookup_elem(&kin, &owner->pid) != NULL;
#ifdef KATRACE_READ_DIRECT
	for (int i = 0; i < (int)sizeof(owner->comm) - 1; i++)
		owner->comm[i] = READ(leader, comm[i]);
#else
	bpf_core_read_str(owner->comm, sizeof(owner->comm), &leader->comm);
#endif
}

/*
 * A read() returns when its buffer is full: among a million files without a TCP socket that may take a second. An empty
 * owner now and then bounds it for readers in slices.
 */
#define FILES_PER_OWNER 64

static __noinline void write_owner(struct seq_file *seq, struct katrace_owner *owner, const struct tcp_sock *tp)
{
	owner->sock = (__u64)tp;
	owner->inode = sock_inode(tp);
	owner->local_port = sock_local_port(tp);
	owner->peer_port = sock_peer_port(tp);
	bpf_seq_write(seq, owner, sizeof(*owner));
}

SEC("iter/task_file")
int held_sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct katrace_owner owner = {};
	struct held held = {};

	if (!task || !file)
		return 0;
	first_held(&held, file);
	if (!held.tp) {
		if (ctx->meta->seq_num % FILES_PER_OWNER == 0)
			bpf_seq_write(ctx->meta->seq, &owner, sizeof(owner));
		return 0;
	}
	describe_process(&owner, READ(task, group_leader));
	for (int i = 0; held.tp && i < SUBFLOWS_MAX; i++) {
		write_owner(ctx->meta->seq, &owner, held.tp);
		next_held(&held);
	}
	return 0;
}

/* --- descendants: attached only with --children --- */

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_forked, struct task_struct *parent, struct task_struct *child)
{
	__u32 of = process_id(READ(parent, group_leader)), pid;

	if (READ(child, group_leader) != child || !of || !bpf_map_lookup_elem(&kin, &of))
		return 0;
	pid = process_id(child);
	if (pid && bpf_map_update_elem(&kin, &pid, &of, BPF_ANY))
		__sync_fetch_and_add(&facts.kin_lost, 1);
	return 0;
}

/* Runs for each thread; the process ends with its last thread. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_ended, struct task_struct *task)
{
	const struct signal_struct *threads = READ(task, signal);
	__u32 pid = process_id(READ(task, group_leader));

	if (!READ(threads, live.counter))
		bpf_map_delete_elem(&kin, &pid);
	return 0;
}

/* --- for `katrace list` --- */

/*
 * The socket may be connecting or closing on another CPU while it is read. True if its state and ports still are what
 * the record says.
 */
static __always_inline bool is_still(const struct katrace_record *rec, const struct tcp_sock *tp)
{
	barrier(); /* read again */
	return rec->state == sock_state(tp) && rec->local_port == sock_local_port(tp) &&
	       rec->peer_port == sock_peer_port(tp);
}

/* Sockets that never began to connect or to listen, and closed ones, are not shown. */
static __always_inline bool is_whole(const struct katrace_record *rec)
{
	return rec->state != BPF_TCP_CLOSE && rec->local_port && (rec->peer_port || rec->state == BPF_TCP_LISTEN);
}

/* What is written next: iterators are read one after the other. */
struct katrace_socket listed = {};

/*
 * Fills in what listed says of listed.connection.sock, except how it was found. False: it is not shown. A global
 * function is verified once; a static one would be in each round of a loop. It takes no pointer.
 */
__noinline int describe_listed(void)
{
	const struct tcp_sock *tp = tcp_sock_of((const void *)listed.connection.sock);

	listed.connection.kind = KATRACE_RECORD_KINDS;
	describe_connection(&listed.connection, tp);
	if (!is_still(&listed.connection, tp))
		describe_connection(&listed.connection, tp);
	listed.timer_due = (__s32)(sock_timer_expires(tp) - now_jiffies());
	listed.timer_runs = sock_timer_runs(tp);
	return is_still(&listed.connection, tp) && is_whole(&listed.connection);
}

SEC("iter/task_file")
int list_held(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct held held = {};

	if (!task || !file)
		return 0;
	first_held(&held, file);
	if (!held.tp) {
		listed.connection.sock = 0;
		if (ctx->meta->seq_num % FILES_PER_OWNER == 0)
			bpf_seq_write(ctx->meta->seq, &listed, sizeof(listed));
		return 0;
	}
	listed.found = KATRACE_FOUND_HELD;
	describe_process(&listed.owner, READ(task, group_leader));
	for (int i = 0; held.tp && i < SUBFLOWS_MAX; i++) {
		listed.connection.sock = (__u64)held.tp;
		if (describe_listed())
			bpf_seq_write(ctx->meta->seq, &listed, sizeof(listed));
		next_held(&held);
	}
	return 0;
}

/*
 * Sockets with a file have a descriptor, if katrace sees all processes: in a pid namespace of its own it does not.
 * Those of the kernel have a file without one in some kernels: since 6.0 an NFS client's has. One that a process is
 * closing had one a moment ago: close(2) takes it away first, and may then have to wait for a CPU.
 */
static __always_inline __u8 how_found(const struct tcp_sock *tp)
{
	const struct file *file = sock_file(tp);

	if (!file || sock_is_kernels(tp))
		return KATRACE_FOUND_WITHOUT_FILE;
	if (facts.pid_level || file_is_gone(KERNEL_PTR(struct file, file)))
		return KATRACE_FOUND_HELD;
	return KATRACE_FOUND_WITH_FILE;
}

/* The sockets of a network namespace, whoever holds them. */
SEC("iter/tcp")
int list_all(struct bpf_iter__tcp *ctx)
{
	const struct sock_common *common = ctx->sk_common;
	const struct tcp_sock *tp;

	if (!common || !is_full_sock(common))
		return 0;
	tp = tcp_sock_of(common);
	listed.found = how_found(tp);
	__builtin_memset(&listed.owner, 0, sizeof(listed.owner));
	listed.connection.sock = (__u64)tp;
	if (describe_listed())
		bpf_seq_write(ctx->meta->seq, &listed, sizeof(listed));
	return 0;
}

SEC("iter/task_file")
int list_netns(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	struct katrace_netns found = {};
	struct held held = {};

	if (!ctx->task || !file)
		return 0;
	first_held(&held, file);
	if (!held.tp)
		return 0;
	found.netns = sock_netns(held.tp);
	found.idle = net_idle(sock_net(held.tp));
	found.interval = net_interval(sock_net(held.tp));
	found.probe_limit = net_probe_limit(sock_net(held.tp));
	bpf_seq_write(ctx->meta->seq, &found, sizeof(found));
	return 0;
}

/* --- a look at one socket --- */

struct katrace_record looked = {};

/*
 * Called with BPF_PROG_TEST_RUN. The sock may be freed or another one by now: user space compares. A freed sock still
 * says TCP_CLOSE, or it is other memory; reading that is harmless.
 */
SEC("raw_tp")
int BPF_PROG(look_at, const struct sock *sock)
{
	describe_connection(&looked, tcp_sock_of(sock));
	return 0;
}
