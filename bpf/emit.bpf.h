/* SPDX-License-Identifier: GPL-2.0 */
/* From a handler to the ring: records, their counters, and waking up the consumer. */
#ifndef KATRACE_EMIT_BPF_H
#define KATRACE_EMIT_BPF_H

#include "describe.bpf.h"

const volatile struct katrace_config config = {};
struct katrace_shared shared = {};

/* All records, in the order they were reserved. The loader sets the size. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

/* One entry for each kind of record. Written here only; user space sums over the CPUs. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KATRACE_RECORD_KINDS);
	__type(key, __u32);
	__type(value, struct katrace_count);
} counts SEC(".maps");

/*
 * Returns a record about tp with every byte written; or NULL if the ring is full, which is counted. Pass the record to
 * record_submit(). Inline, because the verifier of 5.10 forgets a NULL check of a record that a function returned.
 */
static __always_inline struct katrace_record *record_begin(enum katrace_record_kind kind, const struct tcp_sock *tp,
							   __u64 time_ns)
{
	__u32 key = kind;
	struct katrace_count *count = bpf_map_lookup_elem(&counts, &key);
	struct katrace_record *rec;

	if (!count)
		return NULL;
	count->produced++;
	rec = bpf_ringbuf_reserve(&ring, sizeof(*rec), 0);
	if (!rec) {
		count->lost++;
		shared.losing = 1;
		return NULL;
	}
	rec->kind = kind;
	rec->time_ns = time_ns;
	describe_connection(rec, tp);
	rec->result = 0;
	rec->error = 0;
	rec->close_cause = KATRACE_CLOSE_OTHER;
	rec->close_reason = KATRACE_REASON_UNKNOWN;
	return rec;
}

/*
 * The first record wakes a blocked consumer. A busy consumer polls every 50 ms and is woken early only when wake_bytes
 * are waiting. All other records cost no wake-up.
 */
static __always_inline __u64 wake_flag(void)
{
	if (shared.waiting) {
		shared.waiting = 0;
		return BPF_RB_FORCE_WAKEUP;
	}
	if (!shared.nudged && bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) >= config.wake_bytes) {
		shared.nudged = 1;
		return BPF_RB_FORCE_WAKEUP;
	}
	return BPF_RB_NO_WAKEUP;
}

static __always_inline void record_submit(struct katrace_record *rec)
{
	bpf_ringbuf_submit(rec, wake_flag());
}

#endif
