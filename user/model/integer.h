/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Whole numbers, as people type them. */
#ifndef KATRACE_INTEGER_H
#define KATRACE_INTEGER_H

#include <stdint.h>

/* A decimal number from min to max, digits only: no sign, space or trailing junk. Returns 0, -EINVAL or -ERANGE. */
int parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *number);

#endif
