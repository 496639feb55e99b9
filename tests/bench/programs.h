/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The cost of the BPF programs of a process, counted by the kernel, compared with a program that does nothing: the
 * latter shows the cost of counting. A failure ends the process with a message.
 */
#ifndef KATRACE_BENCH_PROGRAMS_H
#define KATRACE_BENCH_PROGRAMS_H

#include <sys/types.h>

struct programs;

/* The programs that the process has descriptors of, and an empty one on tcp:tcp_probe. */
struct programs *programs_of(pid_t pid);
void programs_free(struct programs *programs);

/* The kernel counts runs and their time between the two. */
void programs_begin(struct programs *programs);
void programs_end(struct programs *programs);

/* A row of a table for each that ran in between: how often per exchange, and for how long on average. */
void programs_print(const struct programs *programs, int exchanges);

#endif
