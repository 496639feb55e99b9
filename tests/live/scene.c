// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "scene.h"

#include "live.h"

#include <string.h>

static const char *const no_args[] = { NULL };

struct scene scene_trace(struct net *net, const char *const *args)
{
	const struct scene scene = { .net = net, .tool = tool_start(args), .tcp = { .client = -1, .server = -1 } };

	assert_true(tool_wait_started(scene.tool));
	return scene;
}

struct scene scene_begin_with(const char *const *args, enum tcp_family family, const struct keepalive *keepalive)
{
	struct scene scene = scene_trace(net_new(), args);

	scene.tcp = tcp_connect(scene.net, family);
	tcp_keepalive(scene.tcp.client, keepalive);
	return scene;
}

struct scene scene_begin(enum tcp_family family, const struct keepalive *keepalive)
{
	return scene_begin_with(no_args, family, keepalive);
}

int scene_said_of(const struct scene *scene, const struct tcp *tcp, const char *what)
{
	return tool_lines(scene->tool, local_port(tcp->client_port), what);
}

int scene_said(const struct scene *scene, const char *what)
{
	return scene_said_of(scene, &scene->tcp, what);
}

bool scene_wait_said_of(const struct scene *scene, const struct tcp *tcp, int n, const char *what, int timeout_s)
{
	return tool_wait_lines(scene->tool, n, local_port(tcp->client_port), what, timeout_s);
}

bool scene_wait_said(const struct scene *scene, int n, const char *what, int timeout_s)
{
	return scene_wait_said_of(scene, &scene->tcp, n, what, timeout_s);
}

bool scene_sees_results(const struct scene *scene)
{
	return !strstr(tool_stderr(scene->tool), "(tracepoint mode)");
}

void scene_end(struct scene *scene)
{
	tcp_close(&scene->tcp);
	tool_free(scene->tool);
	net_free(scene->net);
}
