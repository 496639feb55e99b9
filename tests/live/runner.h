/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Runs tests side by side. */
#ifndef KATRACE_TEST_RUNNER_H
#define KATRACE_TEST_RUNNER_H

#include "live.h"

/* A test, with a katrace. */
struct run {
	const struct live_test *test;
	const char *tool, *variant; /* the katrace, and a text that distinguishes its runs; "" */
};

/*
 * Runs all, up to jobs at a time; those that need the machine for themselves one by one, after the others. Prints the
 * result of each on stdout, with the output of those that failed. True if none failed.
 */
bool runner_run(const struct run *runs, int n, int jobs);

#endif
