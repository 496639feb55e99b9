/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel side remembers from one program to the next: three maps, and who enters and deletes what. */
#ifndef KATRACE_STATE_BPF_H
#define KATRACE_STATE_BPF_H

#include "emit.bpf.h"

/*
 * The keepalive timer now running on this CPU and its socket's state when it began; sock is 0 when none is, or when
 * it is not about keepalive. One entry is enough: timers run in softirq context, one at a time on a CPU. Begun by
 * timer_entered(), added to by the handlers of what happens inside the timer, ended by timer_left().
 */
struct firing {
	__u64 sock;
	__u64 time_ns;
	__u32 segs_out;
	__u32 silent;
	__u8 probes_out;
	bool busy;
	bool closed;
	bool attempted; /* with config.sees_result: tcp_write_wakeup() was called and returned result */
	bool gave_up;   /* with config.sees_write_err: tcp_write_err() was called */
	int result;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct firing);
} firings SEC(".maps");

/*
 * Connections keepalive has acted on. It keeps the many short connections of a busy server silent: tcp_sock has no
 * birth time and no count of probes, so at TCP_CLOSE nothing in it tells whether keepalive ever did something.
 * Entered by story_enter(); deleted at TCP_CLOSE. The loader sets the size to the number of connections the model
 * remembers. A stale entry (its close was not seen) costs one record that user space ignores.
 */
enum story_flag {
	STORY_SUPPRESSED = 1 << 0, /* said, and not yet taken back */
	STORY_UNANSWERED = 1 << 1, /* a probe whose answer has not been seen: the next firing may find it */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u32);
} stories SEC(".maps");

/*
 * Connections known to belong to others than those asked for. Entered by user space, which decides; deleted at
 * TCP_CLOSE, and out of force when its time is over: kernels reuse a sock in place, and a socket can be passed on.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct katrace_other);
} others SEC(".maps");

static __always_inline bool belongs_to_others(const struct tcp_sock *tp)
{
	__u64 key = (__u64)tp;
	const struct katrace_other *other;

	if (!config.filters)
		return false;
	other = bpf_map_lookup_elem(&others, &key);
	return other && other->inode == sock_inode(tp) && bpf_ktime_get_boot_ns() < other->until_ns;
}

static __always_inline struct firing *this_firing(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&firings, &key);
}

/*
 * Makes tp part of the story with exactly these flags; returns the flags it had. When the map is full the record still
 * goes out, but the connection's normal end will not be seen: counted.
 */
static __always_inline __u32 story_enter(const struct tcp_sock *tp, __u32 flags)
{
	__u64 key = (__u64)tp;
	__u32 *story = bpf_map_lookup_elem(&stories, &key);
	__u32 before;

	if (!story) {
		if (bpf_map_update_elem(&stories, &key, &flags, BPF_ANY))
			__sync_fetch_and_add(&shared.untracked, 1);
		return 0;
	}
	before = *story;
	*story = flags;
	return before;
}

#endif
