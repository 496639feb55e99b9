/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Strict parsing of what users type. */
#ifndef KATRACE_PARSE_H
#define KATRACE_PARSE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A decimal number from min to max, digits only: no sign, space or trailing junk. Returns 0, -EINVAL or -ERANGE.
 */
int parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *number);

/*
 * Process ids separated by commas, appended to *pids (n of them), which the caller frees. On error the first bad one is
 * copied to bad. Returns 0, -EINVAL, -ENOMEM, or -ESRCH when there is no such process.
 */
int parse_pids(const char *text, uint32_t **pids, size_t *n, char *bad, size_t bad_size);

#endif
