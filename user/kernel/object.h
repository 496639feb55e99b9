/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What opening the two BPF objects, walk and tracer, has in common. Each is built twice from one source
 * (bpf/read.bpf.h). The two builds have the same maps, programs and data, so one skeleton type serves both; only the
 * ELF bytes differ.
 */
#ifndef KATRACE_OBJECT_H
#define KATRACE_OBJECT_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stddef.h>

/* How the kernel side reads kernel memory. */
enum read_method {
	READ_DIRECT, /* bpf_rdonly_cast() and direct loads */
	READ_PROBED, /* bpf_probe_read_kernel() */
};

/* "direct loads" */
const char *read_method_name(enum read_method method);

/* Does not compile if the two builds of an object differ in their data. */
#define ONE_SKELETON_SERVES(name)                                                                                      \
	_Static_assert(sizeof(struct name##_direct__bss) == sizeof(struct name##_probed__bss) &&                       \
			       sizeof(struct name##_direct__rodata) == sizeof(struct name##_probed__rodata),           \
		       "one skeleton for both builds")

/*
 * Opens the skeleton of NAME_direct__create_skeleton(), for READ_PROBED with the bytes of NAME_probed__elf_bytes().
 * btf: a file with the kernel's BTF, or NULL. Returns 0 or -errno.
 */
int object_open(struct bpf_object_skeleton *skeleton, enum read_method method,
		const void *(*probed_bytes)(size_t *size), const char *btf);

/* True if the kernel provides its own BTF. */
bool kernel_has_btf(void);

/* True if this file contains BTF: raw, or in a section of an ELF file. */
bool is_btf_file(const char *path);

/* Sends libbpf's messages to stderr if verbose, otherwise drops them: katrace tries things that may fail. */
void libbpf_messages(bool verbose);

#endif
