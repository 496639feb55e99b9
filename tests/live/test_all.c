// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* --all: keepalive switched on and off, and every end, also where keepalive never acts. */
#include "live.h"

#include "must.h"
#include "scene.h"
#include "until.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Never due during a test. */
static const struct keepalive patient = { 7200, 75, 9, 0 };

static const char *const all[] = { "--all", NULL };

static void set_idle(int fd, int idle_s)
{
	must(setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s)) == 0, "setsockopt");
}

static void wait_said(const struct scene *scene, const char *what)
{
	assert_true(scene_wait_said(scene, 1, what, 20));
}

/* Switched on late, off, on again, its idle time changed, off for good; then it ends. */
static void switch_on_and_off(enum tcp_family family)
{
	struct scene scene = scene_begin_with(all, family, &patient);

	wait_said(&scene, "keepalive: 7200s idle, then 9 probes 75s apart");
	tcp_keepalive_off(scene.tcp.client);
	wait_said(&scene, "keepalive is now: off");
	tcp_keepalive(scene.tcp.client, &patient);
	wait_said(&scene, "keepalive is now: 7200s idle, then 9 probes 75s apart");
	set_idle(scene.tcp.client, 600);
	wait_said(&scene, "keepalive is now: 600s idle, then 9 probes 75s apart");
	assert_int_equal(scene_said(&scene, "now: off"), 1);
	assert_int_equal(scene_said(&scene, ""), 4);
	tcp_keepalive_off(scene.tcp.client);
	assert_true(scene_wait_said(&scene, 2, "now: off", 20));
	tcp_finish(&scene.tcp);
	wait_said(&scene, "ended: closed locally");
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(scene_said(&scene, ""), 6);
	scene_end(&scene);
}

LIVE_TEST(all_switched_on_and_off)
{
	switch_on_and_off(TCP_IPV4);
}

LIVE_TEST(all_ipv6)
{
	switch_on_and_off(TCP_IPV6);
}

LIVE_TEST(all_v4_mapped)
{
	switch_on_and_off(TCP_V4_MAPPED);
}

/* Switching on and off at once still makes two events. */
LIVE_TEST(all_flickering)
{
	struct scene scene = scene_begin_with(all, TCP_IPV4, &patient);

	tcp_keepalive_off(scene.tcp.client);
	for (int i = 1; i < 10; i++) {
		tcp_keepalive(scene.tcp.client, &patient);
		tcp_keepalive_off(scene.tcp.client);
	}
	assert_true(scene_wait_said(&scene, 10, "now: off", 20));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(scene_said(&scene, "7200s idle"), 10);
	scene_end(&scene);
}

/* Firings of the timer, which re-arms itself, are not reported as switching. */
LIVE_TEST(all_firings_are_no_switching)
{
	const struct keepalive quick = { 1, 2, 3, 0 };
	struct scene scene = scene_begin_with(all, TCP_IPV4, &quick);

	assert_true(scene_wait_said(&scene, 2, "answered in", 20));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(scene_said(&scene, "keepalive is now"), 0);
	assert_int_equal(scene_said(&scene, "keepalive: 1s idle, then 3 probes 2s apart"), 1);
	scene_end(&scene);
}

/* Its first probe is due, and is late or has been sent. */
static bool is_due(const struct net *net, const struct tcp *tcp, const struct keepalive *keepalive)
{
	const int left_ms = tcp_timer_ms(net, tcp);

	return left_ms == 0 || left_ms > keepalive->idle_s * 1000;
}

/*
 * The timer wheel is late by up to an eighth, so a timer may be overdue and still be cancelled. Each of these is
 * switched off as soon as the kernel says that it is due; where no probe was sent, that was such a timer.
 */
LIVE_TEST(all_off_when_overdue)
{
	enum { N = 16 };
	const struct keepalive due = { 3, 60, 9, 0 };
	const struct timespec pause = { .tv_nsec = 20000000 };
	struct scene scene = scene_trace(net_new(), all);
	int overdue = 0;
	struct tcp tcp[N];

	for (int i = 0; i < N; i++)
		tcp[i] = tcp_connect(scene.net, TCP_IPV4);
	for (int i = 0; i < N; i++) {
		tcp_keepalive(tcp[i].client, &due);
		nanosleep(&pause, NULL); /* due one after the other */
	}
	for (int i = 0; i < N; i++) {
		WAIT_UNTIL(is_due(scene.net, &tcp[i], &due));
		tcp_keepalive_off(tcp[i].client);
	}
	for (int i = 0; i < N; i++)
		assert_true(scene_wait_said_of(&scene, &tcp[i], 1, "keepalive is now: off", 20));
	assert_int_equal(tool_stop(scene.tool), 0);
	for (int i = 0; i < N; i++) {
		overdue += scene_said_of(&scene, &tcp[i], "probe 1/9") == 0;
		assert_int_equal(scene_said_of(&scene, &tcp[i], "keepalive is now"), 1);
		tcp_close(&tcp[i]);
	}
	print_message("%d of %d timers were cancelled when overdue\n", overdue, N);
	assert_true(overdue > 0);
	scene_end(&scene);
}

/* Connections that end before keepalive acts; those without it are never told about. */
LIVE_TEST(all_short_ones)
{
	struct scene scene = scene_trace(net_new(), all);
	char peer[32];

	for (int i = 0; i < 20; i++) {
		scene.tcp = tcp_connect(scene.net, TCP_IPV4);
		if (i % 2)
			tcp_keepalive(scene.tcp.client, &patient);
		tcp_finish(&scene.tcp);
	}
	wait_said(&scene, "ended: closed locally");
	assert_int_equal(tool_stop(scene.tool), 0);
	snprintf(peer, sizeof(peer), "  %s:", net_addr4(HOST_B));
	assert_int_equal(tool_lines(scene.tool, peer, "keepalive: 7200s idle"), 10);
	assert_int_equal(tool_lines(scene.tool, peer, "ended: closed locally"), 10);
	assert_int_equal(tool_lines(scene.tool, peer, ""), 20);
	scene_end(&scene);
}

/* A child has its listener's keepalive, and its own addresses from its first event on. The listener is none. */
LIVE_TEST(all_accepted)
{
	struct scene scene = scene_trace(net_new(), all);
	char ends[64];

	scene.tcp = tcp_accept(scene.net, &patient);
	snprintf(ends, sizeof(ends), "%s:%u  %s:%u  ", net_addr4(HOST_B), scene.tcp.server_port, net_addr4(HOST_A),
		 scene.tcp.client_port);
	assert_true(tool_wait_lines(scene.tool, 1, ends, "keepalive: 7200s idle, then 9 probes 75s apart", 20));
	tcp_finish(&scene.tcp);
	assert_true(tool_wait_lines(scene.tool, 1, ends, "ended: closed by peer", 20));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, local_port(scene.tcp.server_port), ""), 2);
	scene_end(&scene);
}

/* Switched on before connect(2), and while it is under way: once each. */
LIVE_TEST(all_connecting)
{
	struct scene scene = scene_trace(net_new(), all);
	struct tcp before;
	unsigned int port;
	int listener;

	listener = tcp_listen(scene.net, &port);
	net_deaf(scene.net, HOST_B, true);
	before = tcp_begin_connect(scene.net, port, &patient);
	scene.tcp = tcp_begin_connect(scene.net, port, NULL);
	tcp_keepalive(scene.tcp.client, &patient);
	wait_said(&scene, "keepalive: 7200s idle");
	assert_int_equal(scene_said_of(&scene, &before, ""), 0);
	net_deaf(scene.net, HOST_B, false);
	assert_true(scene_wait_said_of(&scene, &before, 1, "keepalive: 7200s idle", 20));
	tcp_close(&before);
	assert_true(scene_wait_said_of(&scene, &before, 1, "ended: reset locally", 20));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(scene_said_of(&scene, &before, ""), 2);
	assert_int_equal(scene_said(&scene, "keepalive"), 1);
	close(listener);
	scene_end(&scene);
}

/* A connection ends once: closing what is dead already, its error unread, is no second end. */
LIVE_TEST(all_end_once)
{
	struct scene scene = scene_begin_with(all, TCP_IPV4, &patient);

	tcp_abort(scene.tcp.server);
	wait_said(&scene, "ended: reset by peer, ECONNRESET");
	close(scene.tcp.client);
	scene.tcp = tcp_connect(scene.net, TCP_IPV4);
	tcp_keepalive(scene.tcp.client, &patient);
	wait_said(&scene, "keepalive: 7200s"); /* what came before is told */
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, "ended", net_addr4(HOST_A)), 1);
	scene_end(&scene);
}

/* No application gets its ETIMEDOUT. It is told without --all, too: it is a timeout. */
LIVE_TEST(all_orphan)
{
	const char *const no_args[] = { NULL };
	struct scene scene, without;

	scene = scene_trace(net_new(), all);
	without = scene_trace(scene.net, no_args);
	net_sysctl(scene.net, HOST_A, "ipv4/tcp_orphan_retries", "1");
	scene.tcp = tcp_connect(scene.net, TCP_IPV4);
	tcp_keepalive(scene.tcp.client, &patient);
	without.tcp = scene.tcp;
	net_deaf(scene.net, HOST_B, true);
	close(scene.tcp.client);
	scene.tcp.client = -1;
	wait_said(&scene, "ended: close timeout");
	wait_said(&without, "ended: close timeout");
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_stop(without.tool), 0);
	assert_int_equal(scene_said(&scene, "ETIMEDOUT"), 0);
	assert_int_equal(scene_said(&scene, ""), 2);
	assert_int_equal(scene_said(&without, ""), 2);
	tool_free(without.tool);
	scene_end(&scene);
}
