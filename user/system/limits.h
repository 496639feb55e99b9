/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The limits that setrlimit(2) sets for this process. */
#ifndef KATRACE_LIMITS_H
#define KATRACE_LIMITS_H

#include <stdint.h>

/*
 * Sees to it that this many files may be open at once. Returns 0, or -EMFILE: *most is the limit, which only a
 * privileged process can raise.
 */
int limits_open_files(uint64_t needed, uint64_t *most);

#endif
