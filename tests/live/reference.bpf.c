// SPDX-License-Identifier: GPL-2.0
/*
 * A second opinion for the tests: counts keepalive attempts in one network namespace by the plainest rule there is.
 * Only for connections that carry no data, where nothing but a probe is ever sent while the keepalive timer runs.
 */
#include "timers.bpf.h"
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

const volatile __u64 keepalive_timer = 0;
const volatile __u32 netns = 0;
__u64 attempts = 0;

struct before {
	__u64 sock;
	__u32 segs_out;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct before);
} on_entry SEC(".maps");

SEC("tp_btf/timer_expire_entry")
int BPF_PROG(reference_entry, struct timer_list *timer)
{
	const struct tcp_sock *tp = sock_of_timer(timer);
	__u32 key = 0;
	struct before *before = bpf_map_lookup_elem(&on_entry, &key);

	if (!before || (__u64)READ(timer, function) != keepalive_timer)
		return 0;
	before->sock = sock_netns(tp) == netns ? (__u64)tp : 0;
	before->segs_out = sock_segs_out(tp);
	return 0;
}

SEC("tp_btf/timer_expire_exit")
int BPF_PROG(reference_exit, struct timer_list *timer)
{
	const struct tcp_sock *tp = sock_of_timer(timer);
	__u32 key = 0;
	struct before *before = bpf_map_lookup_elem(&on_entry, &key);

	if (!before || before->sock != (__u64)tp)
		return 0;
	before->sock = 0;
	if (sock_state(tp) != BPF_TCP_CLOSE)
		__sync_fetch_and_add(&attempts, sock_segs_out(tp) - before->segs_out);
	return 0;
}
