/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef KATRACE_CLOCK_H
#define KATRACE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_S 1000000000ULL

/* What that clock shows, in nanoseconds. */
static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

#endif
