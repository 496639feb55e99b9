/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a live test is. It registers itself where it is written; each one runs in a process of its own. */
#ifndef KATRACE_TEST_LIVE_H
#define KATRACE_TEST_LIVE_H

#include "expect.h"

#include <stdbool.h>

struct live_test {
	const char *name;
	void (*run)(void);
	void (*clean_up)(void); /* in another process, when all processes of the test have ended; may be NULL */
	bool once;              /* does not depend on the hook mode: not repeated in each */
	bool exclusive;         /* counts what the whole machine does, sets its clock, or keeps it busy */
	bool any_user;          /* needs no root */
	int limit_s;            /* killed after so long; 0: after LIVE_LIMIT_S */
	struct live_test *next; /* the one registered before */
};

#define LIVE_LIMIT_S 120

/* LIVE_TEST(name, .once = true) { ... }: the members of struct live_test that are not as usual come after the name. */
#define LIVE_TEST(test, ...)                                                                                           \
	static void test(void);                                                                                        \
	__attribute__((constructor)) static void register_##test(void)                                                 \
	{                                                                                                              \
		static struct live_test entry = { .name = #test, .run = test, __VA_ARGS__ };                           \
                                                                                                                       \
		live_register(&entry);                                                                                 \
	}                                                                                                              \
	static void test(void)

void live_register(struct live_test *test);

/* A directory of the test's own, removed with all that is in it. Others may look into it. */
const char *live_directory(void);

/* A number no other test on this machine has while this one runs: its hosts' addresses have it. */
int live_number(void);

/* First thing in a process that a test forks: it ends when its parent does, and aborts its connections. */
void live_end_with_parent(void);

/* ":40312  " finds the events of the connection with that local port. Valid until the next call but one. */
const char *local_port(unsigned int port);

/* The id of this process, for -p. */
const char *own_pid(void);

#endif
