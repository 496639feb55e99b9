/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the two BPF objects, the walk and the tracer, share in being opened. Each was built twice from one source
 * (bpf/read.bpf.h): the two builds have the same maps, programs and data, so one skeleton type serves both, and only
 * the ELF bytes it is opened from differ.
 */
#ifndef KATRACE_OBJECT_H
#define KATRACE_OBJECT_H

#include <stdbool.h>

/* How the kernel side reads kernel memory. */
enum read_method {
	READ_DIRECT, /* bpf_rdonly_cast() and direct loads */
	READ_PROBED, /* bpf_probe_read_kernel() */
};

const char *read_method_name(enum read_method method);

/* True where the kernel offers BTF of its own. */
bool kernel_has_btf(void);

/* Sends libbpf's messages to stderr when verbose; otherwise drops them: katrace tries things that may fail. */
void libbpf_messages(bool verbose);

#endif
