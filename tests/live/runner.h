/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Runs tests side by side. */
#ifndef KATRACE_TEST_RUNNER_H
#define KATRACE_TEST_RUNNER_H

#include "live.h"

/* A test, with a katrace. */
struct run {
	const struct live_test *test;
	const char *tool, *variant; /* the katrace, and what tells this run from those of others; "" */
};

/*
 * Runs them all, up to jobs at a time; those that need the machine for themselves one by one, after the others. Says
 * how each one went on stdout, with all that a failed one said. True if none has failed.
 */
bool runner_run(const struct run *runs, int n, int jobs);

#endif
