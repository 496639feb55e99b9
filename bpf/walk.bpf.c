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

/* sock_from_file() of net/socket.c; a helper exists only since 5.11 */
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

SEC("iter/task_file")
int held_sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	const struct tcp_sock *tp;
	struct katrace_owner owner = {};

	if (!task || !file)
		return 0;
	tp = tcp_sock_of_file(file);
	if (!tp && ctx->meta->seq_num % FILES_PER_OWNER)
		return 0;
	if (tp) {
		owner.sock = (__u64)tp;
		owner.inode = sock_inode(tp);
		owner.local_port = sock_local_port(tp);
		owner.peer_port = sock_peer_port(tp);
		describe_process(&owner, READ(task, group_leader));
	}
	bpf_seq_write(ctx->meta->seq, &owner, sizeof(owner));
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

static __always_inline bool describe_socket(struct katrace_socket *found, const struct tcp_sock *tp)
{
	found->connection.kind = KATRACE_RECORD_KINDS;
	describe_connection(&found->connection, tp);
	if (!is_still(&found->connection, tp))
		describe_connection(&found->connection, tp);
	found->timer_due = (__s32)(sock_timer_expires(tp) - now_jiffies());
	found->timer_runs = sock_timer_runs(tp);
	return is_still(&found->connection, tp) && is_whole(&found->connection);
}

SEC("iter/task_file")
int list_held(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	const struct tcp_sock *tp;
	struct katrace_socket found = {};

	if (!task || !file)
		return 0;
	tp = tcp_sock_of_file(file);
	if (tp ? !describe_socket(&found, tp) : ctx->meta->seq_num % FILES_PER_OWNER)
		return 0;
	if (tp)
		describe_process(&found.owner, READ(task, group_leader));
	bpf_seq_write(ctx->meta->seq, &found, sizeof(found));
	return 0;
}

/* The sockets of this network namespace that no descriptor can refer to. */
SEC("iter/tcp")
int list_unheld(struct bpf_iter__tcp *ctx)
{
	const struct sock_common *common = ctx->sk_common;
	const struct tcp_sock *tp;
	struct katrace_socket found = {};

	if (!common || !is_full_sock(common))
		return 0;
	tp = tcp_sock_of(common);
	if (sock_has_file(tp) || !describe_socket(&found, tp))
		return 0;
	bpf_seq_write(ctx->meta->seq, &found, sizeof(found));
	return 0;
}

SEC("iter/task_file")
int list_netns(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	const struct tcp_sock *tp;
	struct katrace_netns found = {};

	if (!ctx->task || !file)
		return 0;
	tp = tcp_sock_of_file(file);
	if (!tp)
		return 0;
	found.netns = sock_netns(tp);
	found.idle = net_idle(sock_net(tp));
	found.interval = net_interval(sock_net(tp));
	found.probe_limit = net_probe_limit(sock_net(tp));
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
