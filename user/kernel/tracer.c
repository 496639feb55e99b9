// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kernel/tracer.h"

#include "kernel/misses.h"

#include "katrace.direct.skel.h"
#include "katrace.probed.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct tracer {
	struct katrace_direct *skel;
	const struct hook *chosen[HOOK_JOBS]; /* NULL: no hook does the job */
	struct bpf_link *links[HOOK_JOBS][HOOK_PROGRAMS];
	struct ring_buffer *ring;
	tracer_record_fn record;
	void *ctx;
	struct tracer_misses misses;
	int drained; /* in the current drain */
	int cpus;
};

ONE_SKELETON_SERVES(katrace);

/* Limits a drain, which could otherwise last as long as records arrive, so that signals and deadlines are handled. */
static int pass_record(void *ctx, void *data, size_t size)
{
	struct tracer *tracer = ctx;

	if (size != sizeof(struct katrace_record))
		return -EPROTO;
	if (tracer->record(tracer->ctx, data))
		return -EINTR;
	return ++tracer->drained < TRACER_DRAIN_MAX ? 0 : -EAGAIN;
}

/* Returns NULL with errno set. */
static struct katrace_direct *open_skeleton(const struct tracer_options *options)
{
	struct katrace_direct *skel = calloc(1, sizeof(*skel));
	int err = skel ? katrace_direct__create_skeleton(skel) : -ENOMEM;

	if (!err)
		err = object_open(skel->skeleton, options->method, katrace_probed__elf_bytes, options->btf);
	if (!err)
		return skel;
	katrace_direct__destroy(skel);
	errno = -err;
	return NULL;
}

static bool uses_kprobes(const struct hook *const wanted[HOOK_JOBS])
{
	for (int job = 0; job < HOOK_JOBS; job++)
		if (wanted[job] && wanted[job]->mode == MODE_KPROBE)
			return true;
	return false;
}

/*
 * Before 6.1 (34dd3bad1a6f) kprobe programs may not use maps that allocate memory when an element is added: the kernel
 * prints a WARNING, which ends a host that runs with panic_on_warn. And keepalive_cancelled() runs where no memory can
 * be allocated.
 */
static int preallocate(struct katrace_direct *skel, const struct tracer_options *options,
		       const struct hook *const wanted[HOOK_JOBS])
{
	return uses_kprobes(wanted) || options->all ? bpf_map__set_map_flags(skel->maps.stories, 0) : 0;
}

/* Enough for those that act within the few seconds for which an entry is valid. */
static unsigned int others_max(const struct tracer_options *options)
{
	return options->max_stories < 65536 ? options->max_stories : 65536;
}

static int configure(struct katrace_direct *skel, const struct tracer_options *options,
		     const struct katrace_facts *facts)
{
	const unsigned int others = options->filters ? others_max(options) : 0;
	struct bpf_program *program;
	int err;

	skel->rodata->config.keepalive_timer = facts->keepalive_timer;
	skel->rodata->config.hz = facts->hz;
	skel->rodata->config.filters = options->filters;
	skel->rodata->config.all = options->all;
	skel->rodata->config.wake_bytes = options->ring_bytes / 4;
	err = bpf_map__set_max_entries(skel->maps.ring, options->ring_bytes);
	if (!err) /* one that does not match is in there until it is ignored */
		err = bpf_map__set_max_entries(skel->maps.stories, options->max_stories + others / 2);
	if (!err && others)
		err = bpf_map__set_max_entries(skel->maps.others, others);
	if (err)
		return err;
	bpf_object__for_each_program (program, skel->obj)
		bpf_program__set_autoload(program, false); /* fails only for a loaded program */
	return 0;
}

static struct bpf_program *program_of(const struct katrace_direct *skel, const struct hook *hook, int i)
{
	return hook->programs[i] ? bpf_object__find_program_by_name(skel->obj, hook->programs[i]) : NULL;
}

static void want(const struct katrace_direct *skel, const struct hook *hook)
{
	struct bpf_program *program;

	for (int i = 0; i < HOOK_PROGRAMS; i++) {
		program = program_of(skel, hook, i);
		if (program)
			bpf_program__set_autoload(program, true);
	}
}

/* Loads the hooks; NULL: no hook for that job. Returns NULL with errno set. */
static struct katrace_direct *load(const struct tracer_options *options, const struct katrace_facts *facts,
				   const struct hook *const wanted[HOOK_JOBS])
{
	struct katrace_direct *skel = open_skeleton(options);
	int err;

	if (!skel)
		return NULL;
	err = configure(skel, options, facts) ?: preallocate(skel, options, wanted);
	if (err)
		goto fail;
	for (int job = 0; job < HOOK_JOBS; job++)
		if (wanted[job])
			want(skel, wanted[job]);
	skel->rodata->config.sees_result = wanted[JOB_RESULT] != NULL;
	err = katrace_direct__load(skel);
	if (err)
		goto fail;
	return skel;
fail:
	katrace_direct__destroy(skel);
	errno = -err;
	return NULL;
}

/* Some hook of the set was refused: finds out which by loading each alone. Returns 0 if one was found, or -errno. */
static int mark_refused(const struct tracer_options *options, const struct katrace_facts *facts,
			struct hook *const wanted[HOOK_JOBS], int error)
{
	bool found = false;

	for (int job = 0; job < HOOK_JOBS; job++) {
		const struct hook *alone[HOOK_JOBS] = { 0 };
		struct katrace_direct *skel;

		if (!wanted[job])
			continue;
		alone[job] = wanted[job];
		skel = load(options, facts, alone);
		if (!skel) {
			wanted[job]->state = HOOK_REFUSED;
			wanted[job]->error = errno;
			found = true;
		}
		katrace_direct__destroy(skel);
	}
	return found ? 0 : error;
}

static void detach(struct tracer *tracer)
{
	for (int job = 0; job < HOOK_JOBS; job++) {
		for (int i = 0; i < HOOK_PROGRAMS; i++) {
			bpf_link__destroy(tracer->links[job][i]);
			tracer->links[job][i] = NULL;
		}
	}
}

static int attach_hook(struct tracer *tracer, const struct hook *hook)
{
	struct bpf_program *program;

	/* The end of a function first: a firing in between is then missed, instead of never ending. */
	for (int i = HOOK_PROGRAMS; i-- > 0;) {
		program = program_of(tracer->skel, hook, i);
		if (!program)
			continue;
		tracer->links[hook->job][i] = bpf_program__attach(program);
		if (!tracer->links[hook->job][i])
			return -errno;
	}
	return 0;
}

/* Returns true if all are attached; otherwise marks those that failed and detaches the rest. */
static bool attach(struct tracer *tracer, struct hook *const wanted[HOOK_JOBS])
{
	bool all = true;
	int err;

	for (int job = 0; job < HOOK_JOBS; job++) {
		tracer->chosen[job] = wanted[job];
		if (!wanted[job])
			continue;
		err = attach_hook(tracer, wanted[job]);
		wanted[job]->state = err ? HOOK_FAILED : HOOK_WORKS;
		wanted[job]->error = -err;
		all = all && !err;
	}
	if (!all)
		detach(tracer);
	return all;
}

/* For each job the best hook not known to fail. Returns 0, or -ENOTSUP if none is left for a required job. */
static int choose(struct hook hooks[N_HOOKS], const struct tracer_options *options, struct hook *wanted[HOOK_JOBS])
{
	for (enum hook_job job = 0; job < HOOK_JOBS; job++) {
		wanted[job] = NULL;
		if ((job == JOB_SWITCH && !options->all) || (job == JOB_ANSWER && !options->answers))
			continue;
		wanted[job] = hooks_choose(hooks, job, options->mode);
		if (!wanted[job] && hook_job_is_required(job))
			return -ENOTSUP;
	}
	return 0;
}

/* Every round without success rules out at least one hook, so this ends. */
static int try_hooks(struct tracer *tracer, const struct tracer_options *options, const struct katrace_facts *facts,
		     struct hook hooks[N_HOOKS])
{
	struct hook *wanted[HOOK_JOBS];
	int err;

	for (;;) {
		err = choose(hooks, options, wanted);
		if (err)
			return err;
		tracer->skel = load(options, facts, (const struct hook *const *)wanted);
		if (!tracer->skel) {
			err = errno == ENOMEM ? -ENOMEM : mark_refused(options, facts, wanted, -errno);
			if (err) /* memory is for the maps: no hook is to blame */
				return err;
			continue;
		}
		if (attach(tracer, wanted))
			return 0;
		katrace_direct__destroy(tracer->skel);
		tracer->skel = NULL;
	}
}

int tracer_new(struct tracer **out, const struct tracer_options *options, const struct katrace_facts *facts,
	       struct hook hooks[N_HOOKS], tracer_record_fn record, void *ctx)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	int err;

	if (!tracer)
		return -ENOMEM;
	tracer->record = record;
	tracer->ctx = ctx;
	tracer->cpus = libbpf_num_possible_cpus();
	if (tracer->cpus < 0) {
		err = tracer->cpus;
		goto cleanup;
	}
	err = try_hooks(tracer, options, facts, hooks);
	if (err)
		goto cleanup;
	tracer->ring = ring_buffer__new(bpf_map__fd(tracer->skel->maps.ring), pass_record, tracer, NULL);
	if (!tracer->ring) {
		err = -errno;
		goto cleanup;
	}
	*out = tracer;
	return 0;
cleanup:
	tracer_free(tracer);
	return err;
}

void tracer_free(struct tracer *tracer)
{
	if (!tracer)
		return;
	detach(tracer);
	ring_buffer__free(tracer->ring);
	katrace_direct__destroy(tracer->skel);
	free(tracer);
}

void tracer_start(struct tracer *tracer)
{
	__atomic_store_n(&tracer->skel->bss->shared.ready, 1, __ATOMIC_SEQ_CST);
}

/* Once the hooks are detached, what was known last counts: the links that tell it are gone. */
static int sum_misses(struct tracer *tracer)
{
	struct tracer_misses misses = { .known = true };
	int err = 0;

	for (int job = 0; job < HOOK_JOBS; job++)
		for (int i = 0; i < HOOK_PROGRAMS && tracer->links[job][i] && !err; i++)
			err = add_misses(program_of(tracer->skel, tracer->chosen[job], i), tracer->links[job][i],
					 &misses.of[job], &misses.known);
	if (!err && tracer->links[JOB_TIMER][0])
		tracer->misses = misses;
	return err;
}

void tracer_stop(struct tracer *tracer)
{
	__atomic_store_n(&tracer->skel->bss->shared.ready, 0, __ATOMIC_SEQ_CST);
	sum_misses(tracer);
	detach(tracer);
}

enum hook_mode tracer_mode(const struct tracer *tracer)
{
	return tracer->chosen[JOB_TIMER]->mode;
}

const struct hook *tracer_hook(const struct tracer *tracer, enum hook_job job)
{
	return tracer->chosen[job];
}

int tracer_fd(const struct tracer *tracer)
{
	return bpf_map__fd(tracer->skel->maps.ring);
}

int tracer_drain(struct tracer *tracer)
{
	int err;

	tracer->drained = 0;
	__atomic_store_n(&tracer->skel->bss->shared.nudged, 0, __ATOMIC_SEQ_CST);
	err = ring_buffer__consume(tracer->ring);
	return err < 0 && err != -EAGAIN && err != -EINTR ? err : tracer->drained;
}

void tracer_wait(struct tracer *tracer)
{
	__atomic_store_n(&tracer->skel->bss->shared.waiting, 1, __ATOMIC_SEQ_CST);
}

int tracer_map(const struct tracer *tracer, enum tracer_map map)
{
	return bpf_map__fd(map == TRACER_STORIES ? tracer->skel->maps.stories : tracer->skel->maps.others);
}

bool tracer_losing(const struct tracer *tracer)
{
	return __atomic_load_n(&tracer->skel->bss->shared.losing, __ATOMIC_SEQ_CST);
}

static int sum_kinds(const struct tracer *tracer, struct tracer_counts *counts)
{
	const int fd = bpf_map__fd(tracer->skel->maps.counts);
	struct katrace_count *per_cpu = calloc((size_t)tracer->cpus, sizeof(*per_cpu));
	int err = 0;

	if (!per_cpu)
		return -ENOMEM;
	for (__u32 kind = 0; kind < KATRACE_RECORD_KINDS && !err; kind++) {
		err = bpf_map_lookup_elem(fd, &kind, per_cpu);
		for (int cpu = 0; cpu < tracer->cpus && !err; cpu++) {
			counts->kind[kind].produced += per_cpu[cpu].produced;
			counts->kind[kind].lost += per_cpu[cpu].lost;
		}
	}
	free(per_cpu);
	return err;
}

int tracer_counts(struct tracer *tracer, struct tracer_counts *counts)
{
	struct katrace_shared *shared = &tracer->skel->bss->shared;
	int err;

	memset(counts, 0, sizeof(*counts));
	__atomic_store_n(&shared->losing, 0, __ATOMIC_SEQ_CST);
	err = sum_kinds(tracer, counts);
	if (!err)
		err = sum_misses(tracer);
	counts->misses = tracer->misses;
	return err;
}
