/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * All sockets now: what one walk finds, with owners and cgroups, chosen and sorted; or the sysctls of every network
 * namespace in use. One after the other can be taken.
 */
#ifndef KATRACE_SNAPSHOT_H
#define KATRACE_SNAPSHOT_H

#include "model/criteria.h"
#include "model/filter.h"
#include "model/sockets.h"

#include <katrace/record.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What filter and criteria point to must outlive the snapshot. */
struct snapshot_options {
	bool sysctls;    /* snapshot_take_sysctls() will be called, else snapshot_take() */
	bool children;   /* snapshot_follow_children() will be called */
	const char *btf; /* a file with the kernel's BTF, or NULL */
	const struct filter *filter;
	const struct criteria *criteria;
	struct zombie_limits zombies;
};

/* A network namespace, and how many descriptors of TCP sockets it has. */
struct snapshot_netns {
	struct katrace_netns netns;
	uint64_t descriptors;
};

struct snapshot;

/* Opens the walk, which takes all privileges. Returns 0, or -errno with a line on stderr. */
int snapshot_new(struct snapshot **snapshot, const struct snapshot_options *options);

/* NULL is fine. */
void snapshot_free(struct snapshot *snapshot);

/* Follows the processes the filter asks for with all their descendants. Returns as lookup_follow_children(). */
int snapshot_follow_children(struct snapshot *snapshot);

/*
 * Takes one, in place of the one before. Returns 0 or -errno; sockets there was no memory for are missing and counted
 * by snapshot_missing().
 */
int snapshot_take(struct snapshot *snapshot);

/* The same for sysctls; -ENOMEM when one is missing. */
int snapshot_take_sysctls(struct snapshot *snapshot);

/* Forgets what was taken, so that its memory is free until the next. */
void snapshot_clear(struct snapshot *snapshot);

/* What was taken last; empty before the first. Valid until the next, or snapshot_clear(). */
const struct sockets *snapshot_sockets(const struct snapshot *snapshot);
const struct snapshot_netns *snapshot_sysctls(const struct snapshot *snapshot, size_t *n);

/* When it was begun, CLOCK_REALTIME. */
uint64_t snapshot_wall_ns(const struct snapshot *snapshot);

/* Sockets that were found and are missing for want of memory, in all snapshots taken. */
uint64_t snapshot_missing(const struct snapshot *snapshot);

/* The kernel's ticks a second, and the network namespace katrace is in. */
uint32_t snapshot_hz(const struct snapshot *snapshot);
uint32_t snapshot_own_netns(const struct snapshot *snapshot);

#endif
