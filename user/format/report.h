/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What `katrace list --summary` and `--sysctl` print. */
#ifndef KATRACE_REPORT_H
#define KATRACE_REPORT_H

#include "model/summary.h"
#include "format/out.h"

/* Large enough for the output of each of these functions. */
#define REPORT_LINE_MAX 2048

/* The table: its header, and a line for each process. */
void report_header(struct out *out);
void report_line(const struct summary_line *line, struct out *out);

#define REPORT_FINDINGS 7

/*
 * A possible problem of a process's connections in words, one line; nothing if it has no such connections.
 * place: 0...REPORT_FINDINGS - 1.
 */
void report_finding(const struct summary_line *line, size_t place, const struct zombie_limits *zombies,
		    struct out *out);

/* The sysctls of a network namespace, in the kernel's units, and its number of descriptors of TCP sockets. */
void report_sysctl_header(struct out *out);
void report_sysctl(const struct katrace_netns *netns, uint32_t hz, bool own, uint64_t descriptors, struct out *out);

#endif
