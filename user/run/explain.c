// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/explain.h"

#include "format/words.h"
#include "kernel/object.h"
#include "system/caps.h"
#include "system/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int check_privileges(void)
{
	char missing[64];

	if (!caps_missing(missing, sizeof(missing)))
		return 0;
	fprintf(stderr, "katrace: missing privilege: %s; run it as root (sudo katrace)\n", missing);
	return -EPERM;
}

/* A trace has some 35 open, and needs some more while it tries hooks. */
#define OPEN_FILES 64

int check_open_files(void)
{
	uint64_t most;

	if (!limits_open_files(OPEN_FILES, &most))
		return 0;
	fprintf(stderr,
		"katrace: only %" PRIu64
		" file%s may be open at once; katrace needs %d: raise the limit (ulimit -n %d)\n",
		most, words_plural(most), OPEN_FILES, OPEN_FILES);
	return -EMFILE;
}

int explain_walk_failure(int err, const char *btf)
{
	if (btf && !is_btf_file(btf))
		fprintf(stderr, "katrace: --btf: '%s' is not a BTF file\n", btf);
	else if (!btf && !kernel_has_btf())
		fprintf(stderr, "katrace: this kernel has no BTF (/sys/kernel/btf/vmlinux is missing); "
				"pass a BTF file with --btf FILE\n");
	else if (err == -ENODATA)
		fprintf(stderr, "katrace: the kernel hides addresses that katrace needs; "
				"run it in the root user namespace\n");
	else
		fprintf(stderr, "katrace: cannot read the kernel's sockets: %s%s; -vv prints details\n", strerror(-err),
			err == -EPERM && locked_memory_is_limited()
				? " (before Linux 5.11, run ulimit -l unlimited first)"
				: "");
	return err;
}

void explain_refused_namespaces(const struct netns_refused *refused)
{
	if (refused->n)
		fprintf(stderr,
			"katrace: --all-namespaces: network namespaces not entered: %zu (%s%s); of their sockets only "
			"those with a descriptor are shown\n",
			refused->n, strerror(-refused->err),
			refused->err == -EPERM || refused->err == -EACCES
				? ": this needs CAP_SYS_ADMIN, and CAP_SYS_PTRACE for other users' processes"
				: "");
}

void explain_pid_namespace(const struct walk *walk)
{
	if (walk_facts(walk)->pid_level)
		fputs("katrace: running in its own pid namespace: processes outside it are invisible; in a container, "
		      "share the host's (--pid=host, hostPID)\n",
		      stderr);
}
