/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Processes that hold a connection, and katrace watching them. A failure ends the test. */
#ifndef KATRACE_TEST_HOLDER_H
#define KATRACE_TEST_HOLDER_H

#include "net.h"
#include "tcp.h"
#include "tool.h"

#include <sys/types.h>

struct holder {
	pid_t pid;
	unsigned int port; /* the local one of its connection */
	int command;       /* a byte written here makes it act */
};

/* Opens a holder's connection in its process; writes its local port. */
typedef int (*open_fn)(const struct net *net, unsigned int *port);

/* What a holder does when it is told to: fd is its connection. */
typedef void (*act_fn)(int fd);

/* Connects from host A to host B, and probes every second. */
int open_connection(const struct net *net, unsigned int *port);

/* A process of that name that holds a connection, and does nothing else until told to; act may be NULL. */
struct holder holder_start(const struct net *net, const char *name, act_fn act);
struct holder holder_start_with(const struct net *net, const char *name, open_fn open, act_fn act);

void holder_act(const struct holder *holder);

/* Its end: of the process, and so of the connection. */
void holder_stop(const struct holder *holder);

/* A network and a katrace that has begun to trace. */
struct stage {
	struct net *net;
	struct tool *tool;
};

struct stage stage_new(const char *const *args);
void stage_free(struct stage *stage);

/* Waits for a line about the connection with that local port that names this process. */
void wait_named(const struct stage *stage, unsigned int port, int pid, const char *name);

/* Every line about the holder's connection names its process. */
void assert_always_named(const struct tool *tool, const struct holder *holder, const char *name);

#endif
