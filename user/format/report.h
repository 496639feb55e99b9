/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What `katrace list --summary` and `--sysctl` say. */
#ifndef KATRACE_REPORT_H
#define KATRACE_REPORT_H

#include "model/summary.h"
#include "format/out.h"

/* Large enough for what each of these functions writes. */
#define REPORT_LINE_MAX 2048

/* The table: its heading, and a line for each process. */
void report_header(struct out *out);
void report_line(const struct summary_line *line, struct out *out);

/* In words, a line each, what is wrong with a process's connections; nothing if all is well. */
void report_findings(const struct summary_line *line, const struct zombie_limits *zombies, struct out *out);

/* The sysctls of a network namespace, in the kernel's units, and how many descriptors of TCP sockets it has. */
void report_sysctl_header(struct out *out);
void report_sysctl(const struct katrace_netns *netns, uint32_t hz, bool own, uint64_t descriptors, struct out *out);

#endif
