/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What this host supports, and what prevents katrace from running: found by trying. */
#ifndef KATRACE_FINDINGS_H
#define KATRACE_FINDINGS_H

#include "kernel/hooks.h"
#include "kernel/object.h"

#include <katrace/record.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/utsname.h>

struct findings {
	struct utsname host;
	bool btf;
	const char *bad_btf; /* the file of --btf if it is not BTF; NULL: it is, or was not given */
	char lockdown[32];
	char paranoid[16]; /* kernel.perf_event_paranoid */
	char missing[64];  /* capabilities; "": none */
	bool tried;        /* the kernel side was tried: the following members are valid */
	int walk_error;    /* -errno; 0: sockets can be found */
	int trace_error;   /* -errno; 0: tracing works */
	enum read_method method;
	struct katrace_facts facts;
	struct hook hooks[N_HOOKS];
	const char *used[HOOK_JOBS]; /* names of hooks; NULL: none */
	bool misses_known;           /* the kernel tells how often it did not run them */
	enum hook_mode mode;
	uint64_t segments_per_s;
};

/* Tries to load and attach every hook, detaches them, and counts segments for a quarter of a second. btf: as --btf. */
void findings_make(struct findings *findings, const char *btf);

/* True if katrace can run. */
bool findings_can_run(const struct findings *findings);

#endif
