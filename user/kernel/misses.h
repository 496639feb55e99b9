/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How often the kernel did not run a program although its hook was passed. */
#ifndef KATRACE_MISSES_H
#define KATRACE_MISSES_H

#include <stdbool.h>
#include <stdint.h>

struct bpf_link;
struct bpf_program;

/*
 * Adds to *missed how often that program was not run since it was attached by that link. *known becomes false if the
 * kernel does not tell: for kprobes before 6.7. Returns 0 or -errno.
 */
int add_misses(const struct bpf_program *program, const struct bpf_link *link, uint64_t *missed, bool *known);

#endif
