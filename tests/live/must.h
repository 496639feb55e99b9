/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* For what a test takes for granted. */
#ifndef KATRACE_TEST_MUST_H
#define KATRACE_TEST_MUST_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the process with a message, errno's included, if it is not so. */
static inline void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "test: %s: %s\n", what, strerror(errno));
	exit(1);
}

#endif
