// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/lookup.h"

#include "run/budget.h"
#include "system/clock.h"
#include "system/processes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* /proc/PID/cgroup: a line for each of a dozen hierarchies, with paths of at most 4096 bytes, in practice short. */
#define CGROUP_TEXT_MAX 16384
/* /proc/PID/cmdline: one word may have as much (MAX_ARG_STRLEN), and class paths have some 10 KB. */
#define COMMAND_LINE_MAX 131072
#define TITLE_VALID_NS (60 * NS_PER_S)

struct lookup {
	struct walk *walk;
	struct owners *owners;
	const struct filter *filter;
	uint64_t ticks_per_s;
	struct budget budget;
	bool walking;
	uint64_t lost;
	/* the process found last */
	struct katrace_owner last;
	struct found_process process;
	bool began;                          /* last is from this walk */
	char command_line[COMMAND_LINE_MAX]; /* while it is read; memory that no command line needs is never touched */
};

struct lookup *lookup_new(struct walk *walk, struct owners *owners, const struct filter *filter)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));

	if (!lookup)
		return NULL;
	lookup->walk = walk;
	lookup->owners = owners;
	lookup->filter = filter;
	lookup->ticks_per_s = (uint64_t)sysconf(_SC_CLK_TCK);
	return lookup;
}

void lookup_free(struct lookup *lookup)
{
	free(lookup);
}

static void add_kin(void *ctx, uint32_t pid)
{
	struct lookup *lookup = ctx;

	if (walk_add_kin(lookup->walk, pid))
		lookup->lost++;
}

int lookup_follow_children(struct lookup *lookup)
{
	const struct wanted_pid *pids;
	size_t n;
	int err = 0;

	pids = filter_pids(lookup->filter, &n);
	for (size_t i = 0; i < n && !err; i++) {
		add_kin(lookup, pids[i].pid);
		err = process_descendants(pids[i].pid, add_kin, lookup);
	}
	if (err)
		fprintf(stderr, "katrace: --children: cannot read /proc: %s\n", strerror(-err));
	return err;
}

static const struct cgroup *learn_cgroup(struct lookup *lookup, const struct katrace_owner *found)
{
	struct cgroup cgroup = { .id = found->cgroup_id };
	char text[CGROUP_TEXT_MAX];

	if (process_cgroups(found->pid, text, sizeof(text)))
		return NULL; /* it has exited, or /proc does not show it: the next walk tries again */
	cgroup_describe(&cgroup, text);
	cgroup.meets = filter_cgroup(lookup->filter, &cgroup, text);
	return owners_add_cgroup(lookup->owners, found, &cgroup);
}

/*
 * Once for each process, and again after a while: it may have executed another program with the same name. While it
 * does so its command line is empty.
 */
static const char *learn_title(struct lookup *lookup, const struct katrace_owner *found)
{
	struct known_title *title = owners_title(lookup->owners, found);
	const uint64_t now_ns = clock_ns(CLOCK_BOOTTIME);
	ssize_t length;

	if (!title)
		return NULL;
	if (title->read_ns && now_ns - title->read_ns < TITLE_VALID_NS)
		return title->text;
	length = process_command_line(found->pid, lookup->command_line, sizeof(lookup->command_line));
	if (length <= 0)
		return title->text;
	title_find(title->text, lookup->command_line, (size_t)length, found->comm);
	title->read_ns = now_ns;
	return title->text;
}

static void learn_process(struct lookup *lookup, const struct katrace_owner *found)
{
	const struct process process = {
		.pid = found->pid,
		.start = found->start_ns / (NS_PER_S / lookup->ticks_per_s),
		.is_kin = found->is_kin,
		.comm = found->comm,
	};
	struct found_process *last = &lookup->process;

	lookup->last = *found;
	lookup->began = true;
	last->title = learn_title(lookup, found);
	last->meets = filter_process(lookup->filter, &process);
	last->cgroup = owners_cgroup(lookup->owners, found);
	if (!last->cgroup)
		last->cgroup = learn_cgroup(lookup, found);
	if (last->cgroup)
		last->meets |= last->cgroup->meets;
}

/* The descriptors of a process come one after the other: looks at the process once. */
static void meet_process(struct lookup *lookup, const struct katrace_owner *found)
{
	if (!lookup->began || found->pid != lookup->last.pid || found->start_ns != lookup->last.start_ns)
		learn_process(lookup, found);
}

void lookup_process(struct lookup *lookup, const struct katrace_owner *found, struct owner *owner)
{
	meet_process(lookup, found);
	memset(owner, 0, sizeof(*owner));
	owner->pid = found->pid;
	owner->meets = lookup->process.meets;
	memcpy(owner->comm, found->comm, sizeof(owner->comm));
	owner->comm[sizeof(owner->comm) - 1] = '\0';
	if (lookup->process.title)
		memcpy(owner->title, lookup->process.title, sizeof(owner->title));
	if (lookup->process.cgroup)
		owner->cgroup = *lookup->process.cgroup;
}

static void on_owner(void *ctx, const struct katrace_owner *found)
{
	struct lookup *lookup = ctx;

	meet_process(lookup, found);
	if (owners_found(lookup->owners, found, &lookup->process))
		lookup->lost++;
}

static int begin_walk(struct lookup *lookup)
{
	lookup->began = false;
	owners_walk_begin(lookup->owners, clock_ns(CLOCK_BOOTTIME));
	return walk_begin(lookup->walk);
}

int lookup_step(struct lookup *lookup)
{
	int result;

	budget_step_begins(&lookup->budget);
	result = lookup->walking ? 0 : begin_walk(lookup);
	if (!result)
		result = walk_step(lookup->walk, on_owner, lookup);
	lookup->walking = result > 0;
	budget_step_ends(&lookup->budget, !lookup->walking);
	if (!result) /* from now on the results of this walk count; those of one that broke off never do */
		owners_walk_end(lookup->owners);
	return result;
}

int lookup_now(struct lookup *lookup)
{
	int result;

	lookup->walking = false;
	do
		result = lookup_step(lookup);
	while (result > 0);
	return result;
}

bool lookup_is_walking(const struct lookup *lookup)
{
	return lookup->walking;
}

uint64_t lookup_next_ns(const struct lookup *lookup)
{
	return lookup->budget.next_ns;
}

uint64_t lookup_lost(const struct lookup *lookup)
{
	return lookup->lost;
}
