/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The process above one test's: it ends the test in time, and whatever the test leaves behind. */
#ifndef KATRACE_TEST_WARDEN_H
#define KATRACE_TEST_WARDEN_H

#include "live.h"

/* The result of a test: the exit status of its warden. */
enum outcome { OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_SKIPPED };

/* In a process of its own: runs the test, whose stdout and stderr are output; says there too how it ended if not well.
 */
__attribute__((noreturn)) void warden_run(const struct live_test *test, int output);

#endif
