/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What `katrace list --summary` and `--sysctl` print. */
#ifndef KATRACE_REPORT_H
#define KATRACE_REPORT_H

#include "model/summary.h"
#include "model/sysctls.h"
#include "format/grid.h"

/* Large enough for the output of each of these functions. */
#define REPORT_LINE_MAX 2048

/* The table of processes: measure all its lines, then write them, after grid_header(). */
void report_begin(struct grid *grid, unsigned int terminal);
void report_measure(struct grid *grid, const struct summary_line *line);
void report_measured(struct grid *grid);
void report_line(const struct grid *grid, const struct summary_line *line, struct out *out);

#define REPORT_FINDINGS 7

/*
 * A possible problem of a process's connections in words, without a newline; nothing if it has no such connections.
 * place: 0...REPORT_FINDINGS - 1.
 */
void report_finding(const struct summary_line *line, size_t place, const struct zombie_limits *zombies,
		    struct out *out);

/* The table of network namespaces, likewise. */
void report_sysctl_begin(struct grid *grid, unsigned int terminal);
void report_sysctl_measure(struct grid *grid, const struct sysctls *sysctls);
void report_sysctl_measured(struct grid *grid);
void report_sysctl(const struct grid *grid, const struct sysctls *sysctls, struct out *out);

#endif
