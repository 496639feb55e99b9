// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Ends that katrace did not see, and ends that it only saw late. */
#include "live.h"

#include "scene.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define LIVES 40 /* a ring of 4 KiB has room for 28 records */

static const struct keepalive quick = { 1, 1, 3, 0 };

/* They die while katrace is stopped; another connection lives on. */
static void die_unwatched(struct scene *scene, int clients[LIVES], int servers[LIVES], char *peer, size_t size)
{
	unsigned int port = tcp_connect_many(scene->net, clients, servers, LIVES);

	snprintf(peer, size, "  %s:%u  ", net_addr4(HOST_B), port);
	scene->tcp = tcp_connect(scene->net, TCP_IPV6);
	tcp_keepalive(scene->tcp.client, &quick);
	for (int i = 0; i < LIVES; i++)
		tcp_keepalive(clients[i], &quick);
	for (int i = 0; i < LIVES; i++)
		assert_true(tool_wait_lines(scene->tool, 1, local_port(tcp_local_port(clients[i])), "answered", 20));
	assert_true(scene_wait_said(scene, 1, "answered", 20));
	tool_signal(scene->tool, SIGSTOP);
	net_deaf(scene->net, HOST_B, true);
	for (int i = 0; i < LIVES; i++)
		assert_int_equal(tcp_wait_death(clients[i], 20), ETIMEDOUT);
	tool_signal(scene->tool, SIGCONT);
	assert_true(tool_wait_lines(scene->tool, LIVES, peer, "ended: ", 20));
}

static void end(struct scene *scene, const int clients[LIVES], const int servers[LIVES])
{
	assert_int_equal(scene_said(scene, "ended"), 0);
	assert_non_null(strstr(tool_stdout(scene->tool), "Still open."));
	tcp_abort_many(clients, LIVES);
	tcp_abort_many(servers, LIVES);
	scene_end(scene);
}

/* The ring overflows: what is gone is told to be gone, and nothing else is. */
LIVE_TEST(unseen_ends_in_a_full_ring)
{
	const char *const args[] = { "--buffer", "4", NULL };
	struct scene scene = scene_trace(net_new(), args);
	int clients[LIVES], servers[LIVES], unseen;
	char peer[64];

	die_unwatched(&scene, clients, servers, peer, sizeof(peer));
	assert_int_equal(tool_stop(scene.tool), 0);
	unseen = tool_lines(scene.tool, peer, "ended: its end was not seen");
	print_message("%d of %d\n", unseen, LIVES);
	assert_true(unseen > LIVES / 2);
	assert_int_equal(tool_lines(scene.tool, peer, "ended: "), LIVES);
	assert_int_equal(tool_lines(scene.tool, "  The connection is gone; its end was not seen.", ""), unseen);
	assert_int_equal(tool_lines(scene.tool, "Still open", ""), 1);
	assert_non_null(strstr(tool_stderr(scene.tool), "LOST: "));
	end(&scene, clients, servers);
}

/* Late is not unseen: all records are in the ring. */
LIVE_TEST(unseen_is_not_what_is_seen_late)
{
	const char *const args[] = { NULL };
	struct scene scene = scene_trace(net_new(), args);
	int clients[LIVES], servers[LIVES];
	char peer[64];

	die_unwatched(&scene, clients, servers, peer, sizeof(peer));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, peer, "ended: keepalive timeout, ETIMEDOUT"), LIVES);
	end(&scene, clients, servers);
}
