// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Connections that one side has closed: by the peer and not by the application, or by this side with the peer gone. */
#include "live.h"

#include "rows.h"
#include "until.h"
#include "verdict.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BY_PEER "the peer has closed, the application has not"

static const struct keepalive quick = { 1, 1, 3, 0 };
static const struct keepalive slow = { 3, 3, 3, 0 };

/* The peer closes. One application does so, too, at once; one later; and one leaves it half-closed. */
LIVE_TEST(half_closed_by_peer)
{
	enum { PROMPT, LATE, LEAK, LIVES };
	struct scene scene = verdict_scene(NULL);
	struct life lives[LIVES];

	for (int i = 0; i < LIVES; i++)
		lives[i] = life_begin(&scene, &slow);
	for (int i = 0; i < LIVES; i++)
		assert_true(life_wait_said(&lives[i], 1, "answered in"));
	for (int i = 0; i < LIVES; i++) {
		life_counts(&lives[i]);
		life_close_server(&lives[i]);
		assert_int_equal(tcp_wait_death(lives[i].tcp.client, 10), 0);
		if (i == PROMPT)
			life_close_client(&lives[i]);
	}
	assert_true(life_wait_said(&lives[LATE], 1, BY_PEER));
	assert_true(life_wait_said(&lives[LEAK], 1, BY_PEER));
	assert_said_at(&lives[LEAK], BY_PEER, 0); /* the line has the time of the FIN */
	close(lives[LATE].tcp.client);
	lives[LATE].tcp.client = -1;
	assert_true(life_wait_said(&lives[LATE], 1, "ended: closed by peer"));
	assert_true(life_wait_said(&lives[LEAK], 2, "s of silence (close_wait)"));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_said(&lives[PROMPT], BY_PEER), 0);
	assert_int_equal(life_said(&lives[PROMPT], "ended: closed by peer"), 1);
	assert_int_equal(life_said(&lives[LEAK], BY_PEER), 1);
	assert_sentence(&lives[LATE], "  half-closed  " BY_PEER "\n");
	assert_sentence(&lives[LEAK], "  half-closed  " BY_PEER "\n");
	assert_sentence(&lives[LEAK], "\n  Half-closed: " BY_PEER ", since +");
	assert_sentence(&lives[LEAK], "Still open. A dead peer is noticed 12s after");
	for (int i = 0; i < LIVES; i++)
		life_end(&lives[i]);
	scene_end(&scene);
}

/* It is a problem, and known in time when katrace ends within the second. */
LIVE_TEST(half_closed_is_a_failure)
{
	struct scene scene = verdict_scene("--failures");
	struct life life = life_begin(&scene, &quick);

	WAIT_UNTIL(net_keepalives(scene.net, HOST_A) > 0);
	life_close_server(&life);
	assert_int_equal(tcp_wait_death(life.tcp.client, 10), 0);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_said(&life, BY_PEER), 1);
	assert_int_equal(life_said(&life, "of silence"), 0);
	assert_sentence(&life, "\n  Half-closed: " BY_PEER ", since +");
	life_end(&life);
	scene_end(&scene);
}

/* With --all also before keepalive acts. */
LIVE_TEST(half_closed_before_keepalive_acts)
{
	const struct keepalive patient = { 7200, 75, 9, 0 };
	struct scene scene = verdict_scene("--all");
	struct life life = life_begin(&scene, &patient);

	assert_true(life_wait_said(&life, 1, "keepalive: 7200s idle"));
	life_counts(&life);
	life_close_server(&life);
	assert_true(life_wait_said(&life, 1, BY_PEER));
	assert_said_at(&life, BY_PEER, 0);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_sentence(&life, "\n  Half-closed: " BY_PEER ", since +");
	life_end(&life);
	scene_end(&scene);
}

/* katrace list in the network namespace of host A; option may be NULL. */
static struct tool *list_at_a(const struct net *net, const char *option)
{
	const char *const args[] = { option, NULL };
	struct tool *tool;

	net_enter(net, HOST_A);
	tool = run_list(args);
	net_leave(net);
	return tool;
}

static int listed(const struct net *net, const char *option, unsigned int port, const char *what)
{
	struct tool *tool = list_at_a(net, option);
	const int n = tool_lines(tool, local_port(port), what);

	tool_free(tool);
	return n;
}

static void assert_found(const struct net *net, const char *finding)
{
	struct tool *tool = list_at_a(net, "--summary");

	if (!strstr(tool_stdout(tool), finding))
		fail_msg("--summary lacks: %s", finding);
	tool_free(tool);
}

/* Both belong to this process; one has keepalive. */
LIVE_TEST(list_half_closed, .once = true)
{
	struct net *net = net_new();
	struct tcp on = tcp_connect(net, TCP_IPV4), off = tcp_connect(net, TCP_IPV4);
	char finding[128];

	tcp_keepalive(on.client, &slow);
	close(on.server);
	close(off.server);
	on.server = off.server = -1;
	assert_int_equal(tcp_wait_death(on.client, 10), 0);
	assert_int_equal(tcp_wait_death(off.client, 10), 0);
	assert_int_equal(listed(net, NULL, on.client_port, " close_wait "), 1);
	assert_int_equal(listed(net, NULL, on.client_port, " peer closed"), 1);
	assert_int_equal(listed(net, "--failures", on.client_port, " peer closed"), 1);
	assert_int_equal(listed(net, "--failures", off.client_port, " peer closed"), 1);
	snprintf(finding, sizeof(finding), "[%d]: 2 connections closed by the peer, but not by the application, ",
		 getpid());
	assert_found(net, finding);
	tcp_close(&on);
	tcp_close(&off);
	net_free(net);
}

/* No process holds it: its owner is not known. */
LIVE_TEST(list_orphan, .once = true)
{
	struct net *net = net_new();
	struct tcp tcp = tcp_connect(net, TCP_IPV4);
	char port[32];
	struct tool *tool;

	net_remember(net);
	net_sysctl(net, HOST_A, "ipv4/tcp_orphan_retries", "6");
	tcp_keepalive(tcp.client, &slow);
	net_deaf(net, HOST_B, true);
	close(tcp.client);
	tcp.client = -1;
	WAIT_UNTIL(listed(net, NULL, tcp.client_port, " orphan, ") == 1);
	assert_int_equal(listed(net, NULL, tcp.client_port, ", gives up in "), 1);
	assert_int_equal(listed(net, "--failures", tcp.client_port, " orphan, "), 1);
	assert_found(net, "nobody: 1 connection closed by this side, but not confirmed by the peer (orphan), silent ");
	tool = list_at_a(net, "--json");
	snprintf(port, sizeof(port), "\"port\":%u}", tcp.client_port);
	assert_int_equal(tool_lines(tool, port, "\"orphan\":true"), 1);
	assert_int_equal(tool_lines(tool, port, "\"gives_up_ms\":"), 1);
	tool_free(tool);
	tcp_close(&tcp);
	net_free(net);
}
