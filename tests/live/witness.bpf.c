// SPDX-License-Identifier: GPL-2.0
/* Counts the timer interrupts in which tracing programs run. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define TIMER_SOFTIRQ 1 /* include/linux/interrupt.h */

char LICENSE[] SEC("license") = "GPL";

__u64 seen = 0;

SEC("tp_btf/softirq_entry")
int BPF_PROG(softirq_entry, unsigned int vector)
{
	if (vector == TIMER_SOFTIRQ)
		__sync_fetch_and_add(&seen, 1);
	return 0;
}
