/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How this host is set up, as far as it concerns tracing, and how busy it is. */
#ifndef KATRACE_HOST_H
#define KATRACE_HOST_H

#include <stddef.h>
#include <stdint.h>

/* The lockdown mode: "none", "integrity", "confidentiality"; "unknown" without securityfs. */
void host_lockdown(char *state, size_t size);

/* kernel.perf_event_paranoid: over 2, CAP_PERFMON is not enough for kprobes; "unknown" if not readable. */
void host_paranoid(char *value, size_t size);

/* TCP segments that have arrived in this network namespace: InSegs of /proc/net/snmp. 0 if not readable. */
uint64_t host_segments(void);

#endif
