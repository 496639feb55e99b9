/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Waits for a condition, with a time limit. */
#ifndef KATRACE_TEST_UNTIL_H
#define KATRACE_TEST_UNTIL_H

#include "must.h"

#include <stdint.h>
#include <time.h>

/* Checks every few milliseconds; after WAIT_S it ends the process, and prints the condition. */
#define WAIT_S 60

struct wait {
	const char *what;
	int64_t deadline_ms;
};

static inline int64_t wait_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static inline struct wait wait_begin(const char *what)
{
	return (struct wait){ what, wait_now_ms() + WAIT_S * 1000LL };
}

static inline void wait_step(const struct wait *wait)
{
	const struct timespec step = { .tv_nsec = 2000000 };

	nanosleep(&step, NULL);
	errno = ETIMEDOUT;
	must(wait_now_ms() < wait->deadline_ms, wait->what);
}

/* Returns when the condition is met. */
#define WAIT_UNTIL(condition)                                                                                          \
	do                                                                                                             \
		for (const struct wait wait_ = wait_begin("condition not met in time: " #condition); !(condition);)    \
			wait_step(&wait_);                                                                             \
	while (0)

#endif
