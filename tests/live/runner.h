/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Runs tests side by side. */
#ifndef KATRACE_TEST_RUNNER_H
#define KATRACE_TEST_RUNNER_H

#include "live.h"

#include <stdint.h>

/* A test, with a katrace. */
struct run {
	const struct live_test *test;
	const char *tool, *variant; /* the katrace, and a text that distinguishes its runs; "" */
};

/* How many timer interrupts tracing programs have missed so far: witness_hidden(). */
typedef uint64_t (*hidden_fn)(void);

/*
 * Runs all, up to jobs at a time; those that need the machine for themselves one by one, after the others. Prints the
 * result of each on stdout, with the output of those that failed. True if none failed.
 *
 * A test that failed while tracing programs missed timer interrupts proves nothing: it runs again, twice at most.
 * hidden may be NULL: none are missed.
 */
bool runner_run(const struct run *runs, int n, int jobs, hidden_fn hidden);

#endif
