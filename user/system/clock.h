/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What time it is, in nanoseconds. */
#ifndef KATRACE_CLOCK_H
#define KATRACE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_S 1000000000ULL

/* The time of one of the clocks that every kernel has: reading these cannot fail. */
static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* One moment on two clocks, in nanoseconds. CLOCK_REALTIME may be set between two moments. */
struct moment {
	uint64_t ns;      /* CLOCK_BOOTTIME */
	uint64_t wall_ns; /* CLOCK_REALTIME */
};

static inline struct moment moment_now(void)
{
	return (struct moment){ .ns = clock_ns(CLOCK_BOOTTIME), .wall_ns = clock_ns(CLOCK_REALTIME) };
}

#endif
