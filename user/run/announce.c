// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/announce.h"

#include "format/words.h"
#include "model/hook_mode.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>

static void say_hook(const struct hook *hook)
{
	if (hook->state == HOOK_UNTRIED)
		return;
	fprintf(stderr, "katrace: %s: %s", hook->name, hook_state_words(hook->state));
	if (hook->error)
		fprintf(stderr, ": %s", hook_errno_words(hook->error));
	fputs("\n", stderr);
}

void say_hooks(const struct hook hooks[N_HOOKS])
{
	for (size_t i = 0; i < N_HOOKS; i++)
		say_hook(&hooks[i]);
}

int explain_tracer_failure(int err, const struct tracer_options *asked)
{
	if (err == -ENOTSUP)
		fprintf(stderr,
			"katrace: this kernel does not allow the required hooks in %s mode; -v prints details\n",
			asked->mode == MODE_AUTO ? "any" : hook_mode_name(asked->mode));
	else if (err == -ENOMEM)
		fprintf(stderr,
			"katrace: not enough memory in the kernel for %u connection%s and a buffer of %u KiB: lower "
			"--max-connections or --buffer, or give this host or katrace's cgroup more memory\n",
			asked->max_stories, words_plural(asked->max_stories), asked->ring_bytes / 1024);
	else
		fprintf(stderr, "katrace: cannot attach to the kernel's keepalive timer: %s; -v prints details\n",
			strerror(-err));
	return err;
}

void say_choices(const struct tracer *tracer, const struct walk *walk, enum hook_mode asked)
{
	fprintf(stderr, "katrace: %s mode, %s; reading kernel memory by %s\n", hook_mode_name(tracer_mode(tracer)),
		asked == MODE_AUTO ? "the best available" : "as requested", read_method_name(walk_read_method(walk)));
	for (enum hook_job job = 0; job < HOOK_JOBS; job++)
		if (!tracer_hook(tracer, job) && hook_job_loss(job))
			fprintf(stderr, "katrace: not seen: %s\n", hook_job_loss(job));
}

void say_tracing(const struct tracer *tracer, bool filtered, bool timelines)
{
	fprintf(stderr, "katrace: tracing keepalive on %s (%s mode); Ctrl-C ends%s\n",
		filtered ? "matching TCP connections" : "every TCP connection", hook_mode_name(tracer_mode(tracer)),
		timelines ? " and prints the timelines" : "");
}

int tell_started(struct outputs *outputs, const struct tracer *tracer, const struct hook hooks[N_HOOKS],
		 const struct walk *walk, const char *netns_name, uint64_t wall_ns)
{
	char losses[HOOK_JOBS][HOOK_EXPLANATION_MAX];
	struct started started = {
		.wall_ns = wall_ns,
		.hook_mode = hook_mode_name(tracer_mode(tracer)),
		.netns = walk_facts(walk)->netns,
		.netns_name = netns_name,
	};
	const struct hook *hook;
	struct utsname kernel;

	_Static_assert(HOOK_JOBS <= STARTED_HOOKS_MAX, "room for the hook of every job");
	if (uname(&kernel) || getrandom(&started.run, sizeof(started.run), 0) < 0)
		return -errno;
	started.kernel_release = kernel.release;
	for (enum hook_job job = 0; job < HOOK_JOBS; job++) {
		hook = tracer_hook(tracer, job);
		if (hook) {
			started.hooks[started.n_hooks++] = hook->name;
		} else if (hook_job_loss(job)) {
			hooks_explain(hooks, job, losses[job], sizeof(losses[job]));
			started.degraded[started.n_degraded++] = losses[job];
		}
	}
	return outputs_started(outputs, &started);
}
