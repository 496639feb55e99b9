/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The container and the systemd unit of a process, from its place in the cgroup hierarchies. */
#ifndef KATRACE_CGROUP_H
#define KATRACE_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#define CONTAINER_ID_LENGTH 64
#define UNIT_LENGTH 63

struct cgroup {
	uint64_t id;                             /* in the cgroup2 hierarchy; 0: not known */
	char container[CONTAINER_ID_LENGTH + 1]; /* hexadecimal; "": none */
	char unit[UNIT_LENGTH + 1];              /* "nginx.service"; any bytes: escape before showing; "": none */
	uint32_t meets;                          /* result of filter_cgroup() */
};

/*
 * Fills in container and unit from the text of /proc/PID/cgroup, which has a line for each hierarchy of version 2,
 * version 1 or both: the innermost ones that a path names.
 */
void cgroup_describe(struct cgroup *cgroup, const char *proc_text);

/* True if one of the paths in the text is the wanted one (for example "/system.slice") or below it. */
bool cgroup_is_below(const char *proc_text, const char *wanted);

#endif
