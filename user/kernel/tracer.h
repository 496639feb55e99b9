/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The kernel side from user space: load, attach, drain the ring, count, detach. */
#ifndef KATRACE_TRACER_H
#define KATRACE_TRACER_H

#include "kernel/hooks.h"
#include "kernel/object.h"

#include <katrace/record.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tracer_options {
	enum hook_mode mode;
	const char *btf;          /* a file with the kernel's BTF, or NULL */
	enum read_method method;  /* walk_read_method() */
	unsigned int ring_bytes;  /* a power of two, at least a page */
	bool answers;             /* use a hook that sees answers when they arrive */
	bool filters;             /* tracer_ignore() of kernel/stories will be called */
	bool all;                 /* also report connections whose keepalive never acts */
	unsigned int max_stories; /* how many connections that keepalive acted on the kernel side remembers */
};

/* How often the kernel did not run the programs of each job. */
struct tracer_misses {
	uint64_t of[HOOK_JOBS];
	bool known; /* all of them; kernels before 6.7 do not tell it of kprobes */
};

/* Cumulative, summed over CPUs. */
struct tracer_counts {
	struct katrace_count kind[KATRACE_RECORD_KINDS];
	struct tracer_misses misses;
};

struct tracer;

/* Called for each record; a result other than 0 ends the drain after this record. */
typedef int (*tracer_record_fn)(void *ctx, const struct katrace_record *record);

/*
 * Chooses hooks by trying, loads and attaches them. No record is produced before tracer_start(). hooks come from
 * hooks_init() and contain the result for each hook afterwards, also on failure. On success the caller owns *tracer.
 * Returns 0 or -errno; -ENOTSUP if no hook works for a required job.
 */
int tracer_new(struct tracer **tracer, const struct tracer_options *options, const struct katrace_facts *facts,
	       struct hook hooks[N_HOOKS], tracer_record_fn record, void *ctx);

/* Detaches and frees; NULL is fine. */
void tracer_free(struct tracer *tracer);

/* Records are produced from now on. */
void tracer_start(struct tracer *tracer);

/* No record is produced after this; those in the ring can still be drained. */
void tracer_stop(struct tracer *tracer);

/* The mode of the hook that sees the timer. */
enum hook_mode tracer_mode(const struct tracer *tracer);

/* The hook that does a job, or NULL. */
const struct hook *tracer_hook(const struct tracer *tracer, enum hook_job job);

/* Becomes readable, edge triggered, when the kernel side wakes its consumer. */
int tracer_fd(const struct tracer *tracer);

/*
 * Passes on the records in the ring, at most this many, so that signals and deadlines get their turn. Returns how many,
 * or -errno.
 */
#define TRACER_DRAIN_MAX 1024
int tracer_drain(struct tracer *tracer);

/* The next record will wake the consumer. Drain once more before blocking. */
void tracer_wait(struct tracer *tracer);

/* The descriptor of a map, for kernel/stories. */
enum tracer_map { TRACER_STORIES, TRACER_OTHERS };
int tracer_map(const struct tracer *tracer, enum tracer_map map);

/* True if records have been lost in the ring since the last call of tracer_counts(). */
bool tracer_losing(const struct tracer *tracer);

/* Returns 0 or -errno. */
int tracer_counts(struct tracer *tracer, struct tracer_counts *counts);

#endif
