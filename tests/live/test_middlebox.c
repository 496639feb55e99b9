// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A trace with --middlebox-timeout: warns of the connections there are at the start, and of new ones soon. */
#include "live.h"

#include "lines.h"
#include "scene.h"

#include <string.h>
#include <unistd.h>

static const char late[] = "first probe too late for a middlebox that forgets after 350s";
static const char none[] = "keepalive: off; no probe for a middlebox that forgets after 350s";

/* katrace tracing host A. */
static struct scene trace_host(struct net *net, const char *option)
{
	static char netns[16];
	const char *const args[] = { "--netns", netns, "--middlebox-timeout", "350", option, NULL };

	net_name(net, HOST_A, netns, sizeof(netns));
	return scene_trace(net, args);
}

static struct tcp connect_with(const struct net *net, int idle_s)
{
	const struct keepalive keepalive = { idle_s, 75, 9, 0 };
	struct tcp tcp = tcp_connect(net, TCP_IPV4);

	if (idle_s)
		tcp_keepalive(tcp.client, &keepalive);
	return tcp;
}

/* The same boundary as that of list, and no probe has to be waited for. */
LIVE_TEST(middlebox_is_warned_of_at_the_start)
{
	struct net *net = net_new();
	struct tcp off = connect_with(net, 0), just = connect_with(net, 350), early = connect_with(net, 349);
	struct tcp old = tcp_connect(net, TCP_IPV6);
	struct scene scene;

	tcp_keepalive_by_sysctl(old.client);
	net_sysctl(net, HOST_A, "ipv4/tcp_keepalive_time", "60");
	scene = trace_host(net, NULL);
	assert_true(scene_wait_said_of(&scene, &off, 1, none, 2));
	assert_true(scene_wait_said_of(&scene, &just, 1, late, 2));
	assert_true(scene_wait_said_of(&scene, &old, 1, "; an old timer is still running: first probe too late", 2));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(scene_said_of(&scene, &early, ""), 0);
	assert_int_equal(tool_lines(scene.tool, "middlebox", ""), 3);
	assert_null(strstr(tool_stdout(scene.tool), "Still open"));
	tcp_close(&off);
	tcp_close(&just);
	tcp_close(&early);
	tcp_close(&old);
	scene_end(&scene);
}

/* A program may take a moment to set its socket up; those that are closed again are forgotten. */
LIVE_TEST(middlebox_is_warned_of_for_new_ones)
{
	struct scene scene = trace_host(net_new(), NULL);
	struct tcp off = connect_with(scene.net, 0), late_one = connect_with(scene.net, 7200),
		   set = connect_with(scene.net, 2);

	assert_true(scene_wait_said_of(&scene, &off, 1, none, 10));
	assert_true(scene_wait_said_of(&scene, &late_one, 1, late, 10));
	tcp_close(&off);
	assert_true(scene_wait_said_of(&scene, &set, 1, "answered in", 20));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, "middlebox", ""), 2);
	assert_int_equal(scene_said_of(&scene, &set, "middlebox"), 0);
	tcp_close(&late_one);
	tcp_close(&set);
	scene_end(&scene);
}

/* One that is accepted has its keepalive from the listener, and is told before it is established. */
LIVE_TEST(middlebox_is_warned_of_for_accepted_ones)
{
	static const struct keepalive keepalive = { 400, 75, 9, 0 };
	char netns[16];
	const char *const args[] = { "--netns", netns, "--middlebox-timeout", "350", "--all", NULL };
	struct net *net = net_new();
	struct scene scene;
	struct tcp tcp;

	net_name(net, HOST_B, netns, sizeof(netns));
	scene = scene_trace(net, args);
	tcp = tcp_accept(net, &keepalive);
	assert_true(tool_wait_lines(scene.tool, 1, "keepalive: 400s idle", late, 10));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, late, ""), 1);
	tcp_close(&tcp);
	scene_end(&scene);
}

/* Walks do not find a connection that this side has closed, but its end is still to come. */
LIVE_TEST(middlebox_warning_and_end_are_of_one_connection)
{
	char netns[16];
	const char *const args[] = { "--netns", netns, "--middlebox-timeout", "350", "--all", "--json", NULL };
	struct net *net = net_new();
	struct scene scene;
	struct tcp tcp;

	net_sysctl(net, HOST_A, "ipv4/tcp_orphan_retries", "4");
	net_name(net, HOST_A, netns, sizeof(netns));
	tcp = connect_with(net, 400);
	scene = scene_trace(net, args);
	assert_true(tool_wait_lines(scene.tool, 1, "\"idle_s\":400", "\"middlebox_timeout_s\":350", 10));
	net_deaf(net, HOST_B, true);
	close(tcp.client);
	tcp.client = -1;
	assert_true(tool_wait_lines(scene.tool, 1, "katrace.ended\"", "close_timeout", 30));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, "\"connection_id\":", ""),
			 tool_lines(scene.tool, "\"connection_id\":", "-1\""));
	tcp_close(&tcp);
	scene_end(&scene);
}

/* The one that keepalive acts on later is the same connection, and warned of once. */
LIVE_TEST(middlebox_warning_begins_a_story)
{
	static const struct keepalive keepalive = { 3, 1, 3, 0 };
	char netns[16];
	const char *const args[] = { "--netns", netns, "--middlebox-timeout", "3", "--json", NULL };
	struct net *net = net_new();
	struct tcp tcp = tcp_connect(net, TCP_IPV4);
	struct scene scene;

	tcp_keepalive(tcp.client, &keepalive);
	net_name(net, HOST_A, netns, sizeof(netns));
	scene = scene_trace(net, args);
	assert_true(tool_wait_lines(scene.tool, 1, "katrace.configured\"", "\"middlebox_timeout_s\":3", 2));
	assert_true(tool_wait_lines(scene.tool, 1, "katrace.probe_answered\"", "-1\"", 20));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, "katrace.configured\"", ""), 1);
	assert_int_equal(tool_lines(scene.tool, "\"connection_id\":", ""),
			 tool_lines(scene.tool, "\"connection_id\":", "-1\""));
	tcp_close(&tcp);
	scene_end(&scene);
}

/*
 * What a middlebox sees is the silence between two packets: before the first probe shorter than its timeout, before the
 * second one longer. With the interval of the other connection it is not.
 */
LIVE_TEST(middlebox_forgets_before_the_second_probe)
{
	static const struct keepalive slow = { 1, 4, 9, 0 }, just = { 1, 3, 9, 0 }, often = { 1, 2, 9, 0 };
	char netns[16], line[2048];
	const char *const args[] = { "--netns", netns, "--middlebox-timeout", "3", "--json", NULL };
	struct net *net = net_new();
	struct tcp tcp, at, fine;
	struct scene scene;
	const char *second;

	net_name(net, HOST_A, netns, sizeof(netns));
	scene = scene_trace(net, args);
	tcp = tcp_connect(net, TCP_IPV4);
	tcp_keepalive(tcp.client, &slow);
	at = tcp_connect(net, TCP_IPV4);
	tcp_keepalive(at.client, &just);
	fine = tcp_connect(net, TCP_IPV6);
	tcp_keepalive(fine.client, &often);
	assert_true(tool_wait_lines(scene.tool, 1, "\"middlebox_timeout_s\":3", port_key(&tcp), 10));
	assert_true(tool_wait_lines(scene.tool, 1, "\"middlebox_timeout_s\":3", port_key(&at), 10));
	assert_true(tool_wait_lines(scene.tool, 2, "katrace.probe_answered\"", port_key(&fine), 20));
	assert_true(tool_wait_lines(scene.tool, 2, "katrace.probe_answered\"", port_key(&tcp), 20));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_true(line_with(tool_stdout(scene.tool), event_key("probe_sent"), port_key(&tcp), line, sizeof(line)));
	assert_true(number_after(line, "\"silent_us\":") < 3000000);
	second = strstr(strstr(tool_stdout(scene.tool), line) + strlen(line), "\n");
	assert_true(line_with(second, event_key("probe_sent"), port_key(&tcp), line, sizeof(line)));
	assert_true(number_after(line, "\"silent_us\":") > 3000000);
	assert_int_equal(tool_lines(scene.tool, "\"middlebox_timeout_s\":", ""), 2);
	tcp_close(&tcp);
	tcp_close(&at);
	tcp_close(&fine);
	scene_end(&scene);
}

LIVE_TEST(middlebox_many_of_one_process)
{
	enum { N = 25 };
	struct net *net = net_new();
	struct tcp tcp[N];
	struct scene scene;

	for (int i = 0; i < N; i++)
		tcp[i] = connect_with(net, i % 2 ? 0 : 350);
	scene = trace_host(net, NULL);
	assert_true(tool_wait_lines(scene.tool, 1, "25 connections have no probe, or one too late, for a middlebox",
				    own_pid(), 2));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, "middlebox", ""), 1);
	for (int i = 0; i < N; i++)
		tcp_close(&tcp[i]);
	scene_end(&scene);
}
