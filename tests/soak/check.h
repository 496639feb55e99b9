/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* For what a soak finds out: it goes on after a failure, and tells of all of them. */
#ifndef KATRACE_SOAK_CHECK_H
#define KATRACE_SOAK_CHECK_H

#include <stdbool.h>

/* Prints a failure if it is not so. */
__attribute__((format(printf, 2, 3))) void check(bool ok, const char *format, ...);

/* Whether anything has failed so far. */
bool check_failed(void);

#endif
