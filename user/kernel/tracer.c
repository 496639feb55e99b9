// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kernel/tracer.h"

#include "katrace.direct.skel.h"
#include "katrace.probed.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define DRAIN_AT_MOST 1024

struct tracer {
	struct katrace_direct *skel;
	struct ring_buffer *ring;
	tracer_record_fn record;
	void *ctx;
	int drained; /* in the drain now running */
	int cpus;
};

_Static_assert(sizeof(struct katrace_direct__bss) == sizeof(struct katrace_probed__bss),
	       "one skeleton for both builds");
_Static_assert(sizeof(struct katrace_direct__rodata) == sizeof(struct katrace_probed__rodata),
	       "one skeleton for both builds");

/* Stops a drain that could otherwise go on for as long as records arrive, so that signals and deadlines are heard. */
static int pass_record(void *ctx, void *data, size_t size)
{
	struct tracer *tracer = ctx;

	if (size != sizeof(struct katrace_record))
		return -EPROTO;
	if (tracer->record(tracer->ctx, data))
		return -EINTR;
	return ++tracer->drained < DRAIN_AT_MOST ? 0 : -EAGAIN;
}

static struct katrace_direct *open_skeleton(const struct tracer_options *options)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = options->btf);
	struct katrace_direct *skel = calloc(1, sizeof(*skel));

	if (!skel || katrace_direct__create_skeleton(skel))
		goto fail;
	if (options->method == READ_PROBED)
		skel->skeleton->data = (void *)katrace_probed__elf_bytes(&skel->skeleton->data_sz);
	if (bpf_object__open_skeleton(skel->skeleton, &opts))
		goto fail;
	return skel;
fail:
	katrace_direct__destroy(skel);
	return NULL;
}

static int load_and_attach(struct katrace_direct *skel, const struct tracer_options *options,
			   const struct katrace_facts *facts)
{
	int err;

	skel->rodata->config.keepalive_timer = facts->keepalive_timer;
	skel->rodata->config.hz = facts->hz;
	skel->rodata->config.wake_bytes = options->ring_bytes / 4;
	err = bpf_map__set_max_entries(skel->maps.ring, options->ring_bytes);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.stories, options->max_stories);
	if (!err)
		err = katrace_direct__load(skel);
	if (!err)
		err = katrace_direct__attach(skel);
	return err;
}

int tracer_new(struct tracer **out, const struct tracer_options *options, const struct katrace_facts *facts,
	       tracer_record_fn record, void *ctx)
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
	tracer->skel = open_skeleton(options);
	if (!tracer->skel) {
		err = -errno;
		goto cleanup;
	}
	err = load_and_attach(tracer->skel, options, facts);
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
	ring_buffer__free(tracer->ring);
	katrace_direct__destroy(tracer->skel);
	free(tracer);
}

void tracer_start(struct tracer *tracer)
{
	__atomic_store_n(&tracer->skel->bss->shared.ready, 1, __ATOMIC_SEQ_CST);
}

void tracer_stop(struct tracer *tracer)
{
	__atomic_store_n(&tracer->skel->bss->shared.ready, 0, __ATOMIC_SEQ_CST);
	katrace_direct__detach(tracer->skel);
}

const char *tracer_mode_name(const struct tracer *tracer)
{
	(void)tracer;
	return "tracepoint";
}

const char *tracer_hook(const struct tracer *tracer, size_t i)
{
	const struct bpf_object_skeleton *skeleton = tracer->skel->skeleton;

	return i < (size_t)skeleton->prog_cnt ? bpf_program__section_name(*skeleton->progs[i].prog) : NULL;
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

/* recursion_misses, since 5.12: a program is not run when it interrupts itself on the same CPU. */
static int sum_misses(const struct tracer *tracer, struct tracer_counts *counts)
{
	const struct bpf_object_skeleton *skeleton = tracer->skel->skeleton;
	struct bpf_prog_info info;
	__u32 size;
	int err;

	for (int i = 0; i < skeleton->prog_cnt; i++) {
		memset(&info, 0, sizeof(info));
		size = sizeof(info);
		err = bpf_obj_get_info_by_fd(bpf_program__fd(*skeleton->progs[i].prog), &info, &size);
		if (err)
			return err;
		counts->lost_hook += info.recursion_misses;
	}
	return 0;
}

int tracer_counts(struct tracer *tracer, struct tracer_counts *counts)
{
	struct katrace_shared *shared = &tracer->skel->bss->shared;
	int err;

	memset(counts, 0, sizeof(*counts));
	__atomic_store_n(&shared->losing, 0, __ATOMIC_SEQ_CST);
	err = sum_kinds(tracer, counts);
	if (!err)
		err = sum_misses(tracer, counts);
	counts->untracked = __atomic_load_n(&shared->untracked, __ATOMIC_SEQ_CST);
	return err;
}
