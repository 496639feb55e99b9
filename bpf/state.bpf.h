/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel side remembers between programs: three maps, and who inserts and deletes their entries. */
#ifndef KATRACE_STATE_BPF_H
#define KATRACE_STATE_BPF_H

#include "emit.bpf.h"

/*
 * The keepalive timer that is running on this CPU, and the state of its socket when it began. sock is 0 if no timer
 * runs, or if its firing is not about keepalive. One entry is enough: timers run in softirq context, one at a time on a
 * CPU. Set by timer_entered(), updated by the handlers of what happens inside the timer, cleared by timer_left().
 */
struct firing {
	__u64 sock;
	__u64 time_ns;
	__u32 segs_out;
	__u32 silent;
	__u32 heard;
	__u8 probes_out;
	bool busy;
	bool closed;
	bool attempted; /* with config.sees_result: tcp_write_wakeup() was called and returned result */
	int result;
	__u64 gave_up; /* the socket that tcp_write_err() is closing, whichever timer called it */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct firing);
} firings SEC(".maps");

/*
 * Connections that keepalive has acted on. Other ends are reported only if is_worth_telling(), so the many short
 * connections of a busy server cause no records. A tcp_sock cannot answer this at TCP_CLOSE: it has no birth time and
 * no count of probes. Inserted by story_enter(); deleted at TCP_CLOSE, by tracer_ignore(), and by run/sweep. The loader
 * sets the size to the number of connections the model remembers, with filters to some more. A stale entry (its close
 * was not seen) costs one record, which user space ignores.
 */
enum story_flag {
	STORY_SUPPRESSED = 1 << 0, /* reported, and its end not yet */
	STORY_UNANSWERED = 1 << 1, /* no answer to the last probe was seen: the next firing may find it */
	STORY_ORPHAN = 1 << 2,     /* with STORY_SUPPRESSED: reported as an orphan */
	STORY_NO_ROOM = 1 << 3,    /* never stored: see story_enter() */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u32);
} stories SEC(".maps");

/*
 * Connections that do not match the filters. User space decides and inserts them. An entry is deleted at TCP_CLOSE, and
 * ignored when its time is over: kernels reuse a sock in place, and a socket can be passed to another process. An
 * orphan has no inode any more: it is the connection that its sock was before. When the map is full, the least recently
 * used entry makes room: that costs records that user space ignores, and entries of sockets whose close was not seen do
 * not stay.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct katrace_other);
} others SEC(".maps");

static __always_inline bool belongs_to_others(const struct tcp_sock *tp)
{
	__u64 key = (__u64)tp;
	const struct katrace_other *other;
	__u64 inode;

	if (!config.filters)
		return false;
	other = bpf_map_lookup_elem(&others, &key);
	if (!other || bpf_ktime_get_boot_ns() >= other->until_ns)
		return false;
	inode = sock_inode(tp);
	return inode ? inode == other->inode : sock_is_orphan(tp);
}

static __always_inline struct firing *this_firing(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&firings, &key);
}

/*
 * Inserts tp into stories with exactly these flags; returns the flags it had. STORY_NO_ROOM: the map is full. Then the
 * record is still sent, but says so: a normal end of the connection will not be reported.
 */
static __always_inline __u32 story_enter(const struct tcp_sock *tp, __u32 flags)
{
	__u64 key = (__u64)tp;
	__u32 *story = bpf_map_lookup_elem(&stories, &key);
	__u32 before;

	if (!story)
		return bpf_map_update_elem(&stories, &key, &flags, BPF_ANY) ? STORY_NO_ROOM : 0;
	before = *story;
	*story = flags;
	return before;
}

#endif
