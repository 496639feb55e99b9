// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * tcp_write_err(), by which the kernel's timers give up. Where it is a function, a hook sees it; the verdict never
 * depends on that.
 */
#include "live.h"

#include "lines.h"
#include "scene.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define WRITE_ERR "\"write_err\":true"

enum { SILENT, USER_TIMEOUT, DATA, RESET, CLOSED, LIVES };

static const struct {
	const char *verdict;
	bool timer_gave_up;
	struct keepalive keepalive;
} lives[LIVES] = {
	[SILENT] = { "keepalive_timeout", true, { 1, 1, 3, 0 } },
	[USER_TIMEOUT] = { "user_timeout", true, { 1, 1, 9, 2500 } },
	[DATA] = { "retransmission_timeout", true, { 1, 1, 9, 0 } },
	[RESET] = { "reset_by_peer", false, { 1, 1, 9, 0 } },
	[CLOSED] = { "closed_locally", false, { 1, 1, 9, 0 } },
};

static bool ends(const struct scene *scene, const struct tcp *tcp, int life)
{
	char verdict[64];

	snprintf(verdict, sizeof(verdict), "\"verdict\":\"%s\"", lives[life].verdict);
	return tool_wait_lines(scene->tool, 1, port_key(tcp), verdict, 20);
}

LIVE_TEST(verdict_giving_up)
{
	static const char *const args[] = { "--json", NULL };
	struct net *net = net_new();
	struct tcp tcp[LIVES];
	struct scene scene;
	bool hooked;

	net_remember(net);
	net_sysctl(net, HOST_A, "ipv4/tcp_retries2", "3");
	scene = scene_trace(net, args);
	assert_true(tool_wait_lines(scene.tool, 1, event_key("started"), "", 5));
	hooked = tool_lines(scene.tool, event_key("started"), "/tcp_write_err\"") == 1;
	print_message("tcp_write_err: %s\n", hooked ? "seen" : "not seen");
	for (int i = 0; i < LIVES; i++) {
		tcp[i] = tcp_connect(net, TCP_IPV4);
		tcp_keepalive(tcp[i].client, &lives[i].keepalive);
	}
	for (int i = 0; i < LIVES; i++)
		assert_true(tool_wait_lines(scene.tool, 1, port_key(&tcp[i]), event_key("probe_answered"), 20));
	tcp_abort(tcp[RESET].server);
	tcp[RESET].server = -1;
	tcp_finish(&tcp[CLOSED]);
	assert_true(ends(&scene, &tcp[RESET], RESET));
	assert_true(ends(&scene, &tcp[CLOSED], CLOSED));
	net_deaf(net, HOST_B, true);
	assert_int_equal(send(tcp[DATA].client, "hello", 5, 0), 5);
	for (int i = SILENT; i <= DATA; i++)
		assert_true(ends(&scene, &tcp[i], i));
	assert_int_equal(tool_stop(scene.tool), 0);
	for (int i = 0; i < LIVES; i++)
		assert_int_equal(tool_lines(scene.tool, port_key(&tcp[i]), WRITE_ERR),
				 hooked && lives[i].timer_gave_up);
	for (int i = 0; i < LIVES; i++)
		tcp_close(&tcp[i]);
	scene_end(&scene);
}
