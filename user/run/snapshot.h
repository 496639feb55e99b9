/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * All sockets at one moment: what one walk finds, with owners and cgroups, chosen and sorted; or the sysctls of every
 * network namespace in use. Can be taken repeatedly.
 */
#ifndef KATRACE_SNAPSHOT_H
#define KATRACE_SNAPSHOT_H

#include "model/criteria.h"
#include "model/filter.h"
#include "model/sockets.h"
#include "model/sysctls.h"

#include <katrace/record.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* filter and criteria must outlive the snapshot. */
struct snapshot_options {
	bool sysctls;        /* snapshot_take_sysctls() will be called, otherwise snapshot_take() */
	bool children;       /* snapshot_follow_children() will be called */
	bool all_namespaces; /* sockets without a descriptor in other network namespaces, too; for one snapshot */
	const char *btf;     /* a file with the kernel's BTF, or NULL */
	const struct filter *filter;
	const struct criteria *criteria;
	struct zombie_limits zombies;
};

struct snapshot;

/*
 * Opens the walk, which needs all privileges, and warns if it sees only a part of the host's processes. Returns 0, or
 * -errno after a line on stderr.
 */
int snapshot_new(struct snapshot **snapshot, const struct snapshot_options *options);

/* NULL is fine. */
void snapshot_free(struct snapshot *snapshot);

/* Follows the processes of the filter with all their descendants. Returns like lookup_follow_children(). */
int snapshot_follow_children(struct snapshot *snapshot);

/*
 * Takes a snapshot and replaces the previous one. Returns 0 or -errno. Sockets that did not fit in memory are missing;
 * snapshot_missing() counts them.
 */
int snapshot_take(struct snapshot *snapshot);

/* The same for the sysctls of network namespaces that pass the filter; -ENOMEM if any are missing. */
int snapshot_take_sysctls(struct snapshot *snapshot);

/* Frees the memory of the snapshot until the next one. */
void snapshot_clear(struct snapshot *snapshot);

/* The last snapshot; empty before the first. Valid until the next one, or snapshot_clear(). */
const struct sockets *snapshot_sockets(const struct snapshot *snapshot);

/* sockets_get() of one of them, with the names of interfaces. */
void snapshot_get(const struct snapshot *snapshot, size_t place, struct listed *listed);
const struct sysctls *snapshot_sysctls(const struct snapshot *snapshot, size_t *n);

/* When it started, CLOCK_REALTIME. */
uint64_t snapshot_wall_ns(const struct snapshot *snapshot);

/* False: some network namespaces could not be entered, which snapshot_new() has said. */
bool snapshot_is_whole(const struct snapshot *snapshot);

/* The number of sockets missing from all snapshots taken, because memory ran out. */
uint64_t snapshot_missing(const struct snapshot *snapshot);

/* The kernel's HZ, and katrace's own network namespace. */
uint32_t snapshot_hz(const struct snapshot *snapshot);
uint32_t snapshot_own_netns(const struct snapshot *snapshot);

#endif
