/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The parent process of a test: it ends the test in time, and all processes that the test leaves behind. */
#ifndef KATRACE_TEST_WARDEN_H
#define KATRACE_TEST_WARDEN_H

#include "live.h"

/* The result of a test: the exit status of its warden. */
enum outcome { OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_SKIPPED };

/* Runs the test in a process of its own, with output as stdout and stderr; a bad end is reported there too. */
__attribute__((noreturn)) void warden_run(const struct live_test *test, int output);

#endif
