// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kernel/object.h"

#include <bpf/btf.h>
#include <stdio.h>
#include <unistd.h>

const char *read_method_name(enum read_method method)
{
	return method == READ_DIRECT ? "direct loads" : "bpf_probe_read_kernel";
}

int object_open(struct bpf_object_skeleton *skeleton, enum read_method method,
		const void *(*probed_bytes)(size_t *size), const char *btf)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = btf);

	if (method == READ_PROBED)
		skeleton->data = (void *)probed_bytes(&skeleton->data_sz);
	return bpf_object__open_skeleton(skeleton, &opts);
}

bool kernel_has_btf(void)
{
	return access("/sys/kernel/btf/vmlinux", R_OK) == 0;
}

bool is_btf_file(const char *path)
{
	struct btf *btf = btf__parse(path, NULL);

	btf__free(btf);
	return btf;
}

__attribute__((format(printf, 2, 0))) static int print_warnings(enum libbpf_print_level level, const char *format,
								va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

void libbpf_messages(bool verbose)
{
	libbpf_set_print(verbose ? print_warnings : NULL);
}
