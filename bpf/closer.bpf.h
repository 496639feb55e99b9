/* SPDX-License-Identifier: GPL-2.0 */
/* How this side closed a connection. */
#ifndef KATRACE_CLOSER_BPF_H
#define KATRACE_CLOSER_BPF_H

#include "sock.bpf.h"
#include <katrace/record.h>

/* include/net/sock.h, include/linux/sched.h: the same from 5.10 to 7.2 */
#define SEND_SHUTDOWN 2
#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000

/*
 * To be called while the socket leaves TCP_ESTABLISHED or TCP_CLOSE_WAIT. If this side closes, SEND_SHUTDOWN is set
 * already and the current task is the one that does it: inet_shutdown() and tcp_close() set it before the state. A
 * reset, a timeout, tcp_abort() and the peer's FIN have not set it. A kernel thread works for others (io_uring, sockets
 * found in flight, the kernel's own): why is not known then.
 */
static __always_inline enum katrace_close_reason close_reason(const struct tcp_sock *tp)
{
	const struct task_struct *task = KERNEL_PTR(struct task_struct, bpf_get_current_task());
	const struct socket *socket;
	const struct file *file;

	if (!(READ(tp, inet_conn.icsk_inet.sk.sk_shutdown) & SEND_SHUTDOWN) || READ(task, flags) & PF_KTHREAD)
		return KATRACE_REASON_UNKNOWN;
	socket = READ(tp, inet_conn.icsk_inet.sk.sk_socket);
	if (!socket)
		return KATRACE_REASON_UNKNOWN;
	file = READ(KERNEL_PTR(struct socket, socket), file);
	if (!file)
		return KATRACE_REASON_UNKNOWN;
	if (!file_is_gone(KERNEL_PTR(struct file, file)))
		return KATRACE_REASON_SHUTDOWN;
	return READ(task, flags) & PF_EXITING ? KATRACE_REASON_EXIT : KATRACE_REASON_CLOSE;
}

#endif
