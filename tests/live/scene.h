/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The start of most live tests: two hosts, a katrace that traces them, and a connection between them. */
#ifndef KATRACE_TEST_SCENE_H
#define KATRACE_TEST_SCENE_H

#include "net.h"
#include "tcp.h"
#include "tool.h"

struct scene {
	struct net *net;
	struct tool *tool;
	struct tcp tcp; /* its ends are -1 until there is one */
};

/* Switches keepalive on for the client after katrace has started to trace; args as for tool_start(). */
struct scene scene_begin(enum tcp_family family, const struct keepalive *keepalive);
struct scene scene_begin_with(const char *const *args, enum tcp_family family, const struct keepalive *keepalive);

/* Without a connection, on hosts that may have been prepared; scene_end() frees them. */
struct scene scene_trace(struct net *net, const char *const *args);

/* Lines of stdout so far about the scene's connection, or another one, that contain this. */
int scene_said(const struct scene *scene, const char *what);
int scene_said_of(const struct scene *scene, const struct tcp *tcp, const char *what);

/* Waits until there are n of them. False at the timeout. */
bool scene_wait_said(const struct scene *scene, int n, const char *what, int timeout_s);
bool scene_wait_said_of(const struct scene *scene, const struct tcp *tcp, int n, const char *what, int timeout_s);

/* In its hook mode katrace knows why a probe was refused, and sees answers to half-closed connections at once. */
bool scene_sees_results(const struct scene *scene);

void scene_end(struct scene *scene);

#endif
