// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kernel/misses.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>

/* struct bpf_link_info of a kprobe or kretprobe; headers before 6.7 lack its end. */
struct kprobe_link_info {
	__u32 type, id, prog_id, unused;
	__u32 event_type, unused2;
	__u64 name;
	__u32 name_len, offset;
	__u64 addr;
	__u64 missed; /* since 6.7 (3acf8ace6823) */
	__u64 room[8];
};

/* A program is not run if it interrupts itself on the same CPU; a kprobe's if any other one is running there (6.7). */
static int add_recursion(const struct bpf_program *program, uint64_t *missed)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
		return -errno;
	*missed += info.recursion_misses;
	return 0;
}

/* A kprobe is missed inside another kprobe; a kretprobe also if too many calls of its function are running. */
static bool add_kprobe(const struct bpf_link *link, uint64_t *missed)
{
	struct kprobe_link_info info = { 0 };
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &size))
		return false; /* before 5.15 it is no link of the kernel's */
	if (size < offsetof(struct kprobe_link_info, room))
		return false;
	*missed += info.missed;
	return true;
}

int add_misses(const struct bpf_program *program, const struct bpf_link *link, uint64_t *missed, bool *known)
{
	const bool kprobe = bpf_program__type(program) == BPF_PROG_TYPE_KPROBE;

	if (kprobe && link && !add_kprobe(link, missed))
		*known = false;
	return add_recursion(program, missed);
}
