// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "scene.h"

#include "live.h"

static const char *const no_args[] = { NULL };

struct scene scene_begin_with(const char *const *args, enum tcp_family family, const struct keepalive *keepalive)
{
	struct scene scene = { .net = net_new() };

	scene.tool = tool_start(args);
	assert_true(tool_wait_started(scene.tool));
	scene.tcp = tcp_connect(scene.net, family);
	tcp_keepalive(scene.tcp.client, keepalive);
	return scene;
}

struct scene scene_begin(enum tcp_family family, const struct keepalive *keepalive)
{
	return scene_begin_with(no_args, family, keepalive);
}

int scene_said(const struct scene *scene, const char *what)
{
	return tool_lines(scene->tool, local_port(scene->tcp.client_port), what);
}

bool scene_wait_said(const struct scene *scene, int n, const char *what, int timeout_s)
{
	return tool_wait_lines(scene->tool, n, local_port(scene->tcp.client_port), what, timeout_s);
}

void scene_end(struct scene *scene)
{
	tcp_close(&scene->tcp);
	tool_free(scene->tool);
	net_free(scene->net);
}
