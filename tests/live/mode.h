/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which hook mode katrace should choose by itself on this kernel. */
#ifndef KATRACE_TEST_MODE_H
#define KATRACE_TEST_MODE_H

/*
 * $KATRACE_EXPECT_MODE, where the one who runs the tests knows; or the first of fentry, kprobe and tracepoint in which
 * a katrace that is told to use it can trace.
 */
const char *mode_expected(void);

#endif
