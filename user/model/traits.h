/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What walks have learned of processes besides what they hold: the cgroups they are in, and their titles. */
#ifndef KATRACE_TRAITS_H
#define KATRACE_TRAITS_H

#include "model/cgroup.h"
#include "model/title.h"

#include <katrace/record.h>
#include <stddef.h>
#include <stdint.h>

/* The title of a process. */
struct known_title {
	char text[TITLE_LENGTH + 1]; /* as title_find() writes it */
	uint64_t read_ns;            /* when it was read, for who reads it; 0: not yet */
};

struct traits;

/* NULL when out of memory. */
struct traits *traits_new(void);

/* NULL is fine. */
void traits_free(struct traits *traits);

/*
 * The cgroup of a process found in the walk that began at now_ns; NULL if it is unknown: then add it.
 * traits_add_cgroup() returns NULL when out of memory. Both stay until traits_forget().
 */
const struct cgroup *traits_cgroup(struct traits *traits, const struct katrace_owner *found, uint64_t now_ns);
const struct cgroup *traits_add_cgroup(struct traits *traits, const struct katrace_owner *found,
				       const struct cgroup *cgroup, uint64_t now_ns);

/* Where its title is, or belongs. It stays until traits_forget(). NULL when out of memory. */
struct known_title *traits_title(struct traits *traits, const struct katrace_owner *found, uint64_t now_ns);

/* Forgets what no walk since seen_ns has asked for. */
void traits_forget(struct traits *traits, uint64_t seen_ns);

#endif
