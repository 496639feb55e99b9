/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Some kernels run no tracing programs while a thread of PID 1 is the current task (docs/architecture.md, last fact).
 * What a timer does then is invisible to katrace, and a test that expects a line about it fails.
 */
#ifndef KATRACE_TEST_WITNESS_H
#define KATRACE_TEST_WITNESS_H

#include <stdint.h>

/*
 * How many timer interrupts ran without tracing programs since the first call: what the kernel counts in
 * /proc/softirqs beyond what a program of the test saw. Never too many. 0 where that cannot be known.
 */
uint64_t witness_hidden(void);

#endif
