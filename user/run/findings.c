// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/findings.h"

#include "kernel/tracer.h"
#include "kernel/walk.h"
#include "system/caps.h"
#include "system/host.h"

#include <errno.h>
#include <time.h>

#define RATE_PAUSE_NS 250000000

static uint64_t measure_segments_per_s(void)
{
	const struct timespec pause = { .tv_nsec = RATE_PAUSE_NS };
	const uint64_t before = host_segments();

	nanosleep(&pause, NULL);
	return (host_segments() - before) * 1000000000 / RATE_PAUSE_NS;
}

static int ignore_record(void *ctx, const struct katrace_record *record)
{
	(void)ctx;
	(void)record;
	return 0;
}

static void try_tracer(struct findings *f, const char *btf)
{
	const struct tracer_options options = {
		.mode = MODE_AUTO,
		.btf = btf,
		.method = f->method,
		.ring_bytes = 64 * 1024,
		.answers = true,
		.max_stories = 1,
		.all = true,
	};
	struct tracer_counts counts;
	struct tracer *tracer;

	f->trace_error = tracer_new(&tracer, &options, &f->facts, f->hooks, ignore_record, NULL);
	if (f->trace_error)
		return;
	f->mode = tracer_mode(tracer);
	for (enum hook_job job = 0; job < HOOK_JOBS; job++)
		if (tracer_hook(tracer, job))
			f->used[job] = tracer_hook(tracer, job)->name;
	f->misses_known = !tracer_counts(tracer, &counts) && counts.misses.known;
	tracer_free(tracer);
}

static void try_kernel_side(struct findings *f, const char *btf)
{
	const struct walk_options options = { .btf = btf };
	struct walk *walk;

	f->tried = true;
	f->trace_error = -ENODATA;
	f->walk_error = walk_new(&walk, &options);
	if (f->walk_error)
		return;
	f->facts = *walk_facts(walk);
	f->method = walk_read_method(walk);
	walk_free(walk);
	try_tracer(f, btf);
}

void findings_make(struct findings *f, const char *btf)
{
	libbpf_messages(false);
	uname(&f->host);
	f->btf = kernel_has_btf();
	f->bad_btf = btf && !is_btf_file(btf) ? btf : NULL;
	host_lockdown(f->lockdown, sizeof(f->lockdown));
	host_paranoid(f->paranoid, sizeof(f->paranoid));
	hooks_init(f->hooks, btf);
	if (!caps_missing(f->missing, sizeof(f->missing)))
		try_kernel_side(f, btf);
	f->segments_per_s = measure_segments_per_s();
}

bool findings_can_run(const struct findings *f)
{
	return f->tried && !f->walk_error && !f->trace_error;
}
