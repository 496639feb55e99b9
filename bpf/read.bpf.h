/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two ways to read kernel memory: each source is built into two objects, and the loader chooses one.
 *
 * KATRACE_READ_DIRECT: typed loads that the verifier checks, through bpf_rdonly_cast() (since 6.2, commit a35b9af4ec2c
 * "bpf: Add a kfunc for generic type cast"). The cheapest way, and the only one under lockdown=confidentiality, which
 * refuses bpf_probe_read_kernel(). Otherwise: BPF_CORE_READ, for every kernel since 5.10. One object cannot contain
 * both: 5.13 to 5.15 refuse an unresolved kfunc even in code that never runs.
 *
 * Both need a source pointer of the right type: call KERNEL_PTR() once per function. A load through a bad pointer
 * yields zero, never a fault.
 */
#ifndef KATRACE_READ_BPF_H
#define KATRACE_READ_BPF_H

#include "vmlinux.h"
#include <stdbool.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#ifdef KATRACE_READ_DIRECT

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

#define KERNEL_PTR(type, ptr) ((const type *)bpf_rdonly_cast((const void *)(ptr), bpf_core_type_id_kernel(type)))
#define READ(ptr, field) ((ptr)->field)
#define READ_ANY_SIZE(ptr, field) ((ptr)->field)
#define READ_BITS(ptr, field) BPF_CORE_READ_BITFIELD(ptr, field)
/*
 * A pointer as a number: functions that the verifier looks at by themselves take no pointers, and since 6.17 it keeps
 * calling a char * one. The difference of two pointers is a number.
 */
#define ADDRESS(ptr) ((__u64)KERNEL_PTR(struct in6_addr, ptr) - (__u64)KERNEL_PTR(struct in6_addr, 0))

#else

#define KERNEL_PTR(type, ptr) ((const type *)(ptr))
#define READ(ptr, field) BPF_CORE_READ(ptr, field)
/* For an integer whose width differs between kernels: direct loads are resized by libbpf, these are not. */
#define READ_ANY_SIZE(ptr, field) BPF_CORE_READ_BITFIELD_PROBED(ptr, field)
#define READ_BITS(ptr, field) BPF_CORE_READ_BITFIELD_PROBED(ptr, field)
#define ADDRESS(ptr) ((__u64)(ptr))

#endif
#endif
