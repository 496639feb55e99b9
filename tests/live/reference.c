// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "reference.h"

#include "must.h"

#include "kernel/walk.h"
#include "reference.direct.skel.h"
#include "reference.probed.skel.h"

#include <stdio.h>
#include <sys/stat.h>

struct reference {
	struct reference_direct *skel;
};

static uint32_t own_netns(void)
{
	struct stat info;

	must(stat("/proc/thread-self/ns/net", &info) == 0, "stat of the network namespace");
	return (uint32_t)info.st_ino;
}

struct reference *reference_start(void)
{
	struct reference *reference = calloc(1, sizeof(*reference));
	struct reference_direct *skel = calloc(1, sizeof(*skel));
	const struct walk_options options = { 0 };
	struct walk *walk;

	must(reference && skel && walk_new(&walk, &options) == 0, "walk");
	must(reference_direct__create_skeleton(skel) == 0, "skeleton");
	if (walk_read_method(walk) == READ_PROBED)
		skel->skeleton->data = (void *)reference_probed__elf_bytes(&skel->skeleton->data_sz);
	must(bpf_object__open_skeleton(skel->skeleton, NULL) == 0, "open");
	skel->rodata->keepalive_timer = walk_facts(walk)->keepalive_timer;
	skel->rodata->netns = own_netns();
	walk_free(walk);
	must(reference_direct__load(skel) == 0 && reference_direct__attach(skel) == 0, "load and attach");
	reference->skel = skel;
	return reference;
}

uint64_t reference_attempts(const struct reference *reference)
{
	return __atomic_load_n(&reference->skel->bss->attempts, __ATOMIC_SEQ_CST);
}

void reference_free(struct reference *reference)
{
	if (!reference)
		return;
	reference_direct__destroy(reference->skel);
	free(reference);
}
