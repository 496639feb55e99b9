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
	struct tcp tcp;
};

/* Switches keepalive on for the client after katrace has started to trace; args as for tool_start(). */
struct scene scene_begin(enum tcp_family family, const struct keepalive *keepalive);
struct scene scene_begin_with(const char *const *args, enum tcp_family family, const struct keepalive *keepalive);

/* Lines of stdout so far about the scene's connection that contain this. */
int scene_said(const struct scene *scene, const char *what);

/* Waits until there are n of them. False at the timeout. */
bool scene_wait_said(const struct scene *scene, int n, const char *what, int timeout_s);

void scene_end(struct scene *scene);

#endif
