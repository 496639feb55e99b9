/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Checks of a soak: it continues after a failure, and reports all of them. */
#ifndef KATRACE_SOAK_CHECK_H
#define KATRACE_SOAK_CHECK_H

#include <stdbool.h>

/* Prints a failure unless ok. */
__attribute__((format(printf, 2, 3))) void check(bool ok, const char *format, ...);

/* Whether anything has failed so far. */
bool check_failed(void);

#endif
