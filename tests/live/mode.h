/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The hook mode that katrace should choose by itself on this kernel. */
#ifndef KATRACE_TEST_MODE_H
#define KATRACE_TEST_MODE_H

/* $KATRACE_EXPECT_MODE, if it is set; otherwise the first of fentry, kprobe and tracepoint that katrace can use. */
const char *mode_expected(void);

#endif
