// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/watched.h"

#include "system/clock.h"
#include "system/processes.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

/* There is no notification when the last descendant exits. */
#define KIN_PAUSE_NS NS_PER_S

struct watched {
	struct processes *processes;
	const struct walk *walk; /* follows their descendants; NULL: descendants do not matter */
	uint64_t next_look_ns;
	loop_fn gone;
	void *ctx;
};

int watched_new(struct watched **out, const struct filter *filter, bool children, const struct walk *walk)
{
	size_t n;
	const struct wanted_pid *pids = filter_pids(filter, &n);
	struct watched *watched;
	int err = 0;

	*out = NULL;
	if (!n)
		return 0;
	watched = calloc(1, sizeof(*watched));
	if (!watched)
		return -ENOMEM;
	watched->walk = children ? walk : NULL;
	watched->processes = processes_new();
	if (!watched->processes)
		err = -errno;
	for (size_t i = 0; i < n && !err; i++)
		err = processes_watch(watched->processes, pids[i].pid);
	if (err) {
		watched_free(watched);
		return err;
	}
	*out = watched;
	return 0;
}

void watched_free(struct watched *watched)
{
	if (!watched)
		return;
	processes_free(watched->processes);
	free(watched);
}

static bool kin_left(const struct watched *watched)
{
	return watched->walk && walk_has_kin(watched->walk);
}

static void say_ended(const struct watched *watched, uint32_t pid)
{
	const size_t left = processes_left(watched->processes);

	fprintf(stderr, "katrace: process %u has exited", pid);
	if (left)
		fprintf(stderr, "; still tracing %zu of the processes of --pid\n", left);
	else if (kin_left(watched))
		fputs("; still tracing its descendants\n", stderr);
	else
		fputs(", the last of the processes of --pid\n", stderr);
}

static void look_for_kin(void *ctx)
{
	struct watched *watched = ctx;

	watched->next_look_ns = clock_ns(CLOCK_BOOTTIME) + KIN_PAUSE_NS;
	if (!kin_left(watched))
		watched->gone(watched->ctx);
}

static void some_have_ended(void *ctx)
{
	struct watched *watched = ctx;
	uint32_t pid = processes_ended(watched->processes);

	for (; pid; pid = processes_ended(watched->processes))
		say_ended(watched, pid);
	if (!processes_left(watched->processes))
		look_for_kin(watched);
}

static uint64_t next_look(void *ctx)
{
	const struct watched *watched = ctx;

	return processes_left(watched->processes) ? LOOP_NEVER : watched->next_look_ns;
}

int watched_watch(struct watched *watched, struct loop *loop, loop_fn gone, void *ctx)
{
	int err;

	if (!watched)
		return 0;
	watched->gone = gone;
	watched->ctx = ctx;
	err = loop_watch(loop, processes_fd(watched->processes), EPOLLIN, some_have_ended, watched);
	return err ?: loop_deadline(loop, next_look, look_for_kin, watched);
}
