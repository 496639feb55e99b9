/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Processes that hold a connection, and katrace watching them. A failure ends the test. */
#ifndef KATRACE_TEST_HOLDER_H
#define KATRACE_TEST_HOLDER_H

#include "scene.h"

#include <sys/types.h>

struct holder {
	pid_t pid;
	unsigned int port; /* the local one of its connection, once that is open */
	int command;       /* a byte written here makes it go on */
	int ports;
};

/* Opens a holder's connection in its process; writes its local port. */
typedef int (*open_fn)(const struct net *net, unsigned int *port);

/* What a holder does when it is told to: fd is its connection. */
typedef void (*act_fn)(int fd);

/* Connects from host A to host B, and probes every second. */
int open_connection(const struct net *net, unsigned int *port);

/* A process of that name that opens its connection when told to, and then acts when told to; act may be NULL. */
struct holder holder_new(const struct net *net, const char *name, open_fn open, act_fn act);

/* The same, with that process id, which must be free. */
struct holder holder_new_as(pid_t pid, const struct net *net, const char *name, open_fn open, act_fn act);

void holder_open(struct holder *holder);

/* One that has opened its connection. */
struct holder holder_start(const struct net *net, const char *name, act_fn act);

void holder_act(const struct holder *holder);

/* Its end: of the process, and so of the connection. */
void holder_stop(const struct holder *holder);

/*
 * A katrace that has begun to trace these processes alone. It looks for owners among their descriptors only (Linux 6.1
 * and later), and so finds them in time, however many descriptors there are on this host.
 */
struct scene trace_holders(struct net *net, const struct holder *holders, int n);

/* Between two walks katrace waits 100 times as long as one takes: half a minute on a busy host. */
#define OWNER_WAIT_S 90

/* Waits for a line about the holder's connection that names its process. */
void wait_named(struct tool *tool, const struct holder *holder, const char *name);

/* Every line about the holder's connection names its process. */
void assert_always_named(const struct tool *tool, const struct holder *holder, const char *name);

/*
 * The same, but lines may name nobody as long as it has not been found for the first time: on a host with many
 * descriptors katrace may look for it only later.
 */
void assert_never_misnamed(const struct tool *tool, const struct holder *holder, const char *name);

#endif
