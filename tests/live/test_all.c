// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* --all: keepalive switched on and off, and every end, also where keepalive never acts. */
#include "live.h"

#include "must.h"
#include "net.h"
#include "tcp.h"
#include "tool.h"
#include "until.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Never due during a test. */
static const struct keepalive patient = { 7200, 75, 9, 0 };

/* A katrace that traces these two hosts only: with --all it would report all other connections of this one. */
static struct tool *start(const struct net *net, bool all)
{
	char a[32], b[32];
	const char *const args[] = { "--netns", a, "--netns", b, all ? "--all" : NULL, NULL };
	struct tool *tool;

	net_name(net, HOST_A, a, sizeof(a));
	net_name(net, HOST_B, b, sizeof(b));
	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	return tool;
}

static void set_idle(int fd, int idle_s)
{
	must(setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s)) == 0, "setsockopt");
}

static void wait_said(struct tool *tool, const struct tcp *tcp, const char *what)
{
	assert_true(tool_wait_lines(tool, 1, local_port(tcp->client_port), what, 20));
}

static int said(const struct tool *tool, const struct tcp *tcp, const char *what)
{
	return tool_lines(tool, local_port(tcp->client_port), what);
}

/* Switched on late, off, on again, its idle time changed, off for good; then it ends. */
static void switch_on_and_off(enum tcp_family family)
{
	struct net *net = net_new();
	struct tool *tool = start(net, true);
	struct tcp tcp = tcp_connect(net, family);

	tcp_keepalive(tcp.client, &patient);
	wait_said(tool, &tcp, "keepalive: 7200s idle, then 9 probes 75s apart");
	tcp_keepalive_off(tcp.client);
	wait_said(tool, &tcp, "keepalive is now: off");
	tcp_keepalive(tcp.client, &patient);
	wait_said(tool, &tcp, "keepalive is now: 7200s idle, then 9 probes 75s apart");
	set_idle(tcp.client, 600);
	wait_said(tool, &tcp, "keepalive is now: 600s idle, then 9 probes 75s apart");
	assert_int_equal(said(tool, &tcp, "now: off"), 1);
	assert_int_equal(said(tool, &tcp, ""), 4);
	tcp_keepalive_off(tcp.client);
	assert_true(tool_wait_lines(tool, 2, local_port(tcp.client_port), "now: off", 20));
	close(tcp.client);
	close(tcp.server);
	wait_said(tool, &tcp, "ended: closed locally");
	assert_int_equal(tool_stop(tool), 0);
	assert_int_equal(said(tool, &tcp, ""), 6);
	tool_free(tool);
	net_free(net);
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
	struct net *net;
	struct tool *tool;
	struct tcp tcp;

	net = net_new();
	tool = start(net, true);
	tcp = tcp_connect(net, TCP_IPV4);
	for (int i = 0; i < 10; i++) {
		tcp_keepalive(tcp.client, &patient);
		tcp_keepalive_off(tcp.client);
	}
	assert_true(tool_wait_lines(tool, 10, local_port(tcp.client_port), "now: off", 20));
	assert_int_equal(tool_stop(tool), 0);
	assert_int_equal(said(tool, &tcp, "7200s idle"), 10);
	tcp_close(&tcp);
	tool_free(tool);
	net_free(net);
}

/* Firings of the timer, which re-arms itself, are not reported as switching. */
LIVE_TEST(all_firings_are_no_switching)
{
	const struct keepalive quick = { 1, 2, 3, 0 };
	struct net *net;
	struct tool *tool;
	struct tcp tcp;

	net = net_new();
	tool = start(net, true);
	tcp = tcp_connect(net, TCP_IPV4);
	tcp_keepalive(tcp.client, &quick);
	assert_true(tool_wait_lines(tool, 2, local_port(tcp.client_port), "answered in", 20));
	assert_int_equal(tool_stop(tool), 0);
	assert_int_equal(said(tool, &tcp, "keepalive is now"), 0);
	assert_int_equal(said(tool, &tcp, "keepalive: 1s idle, then 3 probes 2s apart"), 1);
	tcp_close(&tcp);
	tool_free(tool);
	net_free(net);
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
	int overdue = 0;
	struct net *net;
	struct tool *tool;
	struct tcp tcp[N];

	net = net_new();
	tool = start(net, true);
	for (int i = 0; i < N; i++)
		tcp[i] = tcp_connect(net, TCP_IPV4);
	for (int i = 0; i < N; i++) {
		tcp_keepalive(tcp[i].client, &due);
		nanosleep(&pause, NULL); /* due one after the other */
	}
	for (int i = 0; i < N; i++) {
		WAIT_UNTIL(is_due(net, &tcp[i], &due));
		tcp_keepalive_off(tcp[i].client);
	}
	for (int i = 0; i < N; i++)
		wait_said(tool, &tcp[i], "keepalive is now: off");
	assert_int_equal(tool_stop(tool), 0);
	for (int i = 0; i < N; i++) {
		overdue += said(tool, &tcp[i], "probe 1/9") == 0;
		assert_int_equal(said(tool, &tcp[i], "keepalive is now"), 1);
		tcp_close(&tcp[i]);
	}
	print_message("%d of %d timers were cancelled when overdue\n", overdue, N);
	assert_true(overdue > 0);
	tool_free(tool);
	net_free(net);
}

/* Connections that end before keepalive acts; those without it are never told about. */
LIVE_TEST(all_short_ones)
{
	struct net *net;
	struct tool *tool;
	struct tcp tcp;
	char peer[32];

	net = net_new();
	tool = start(net, true);
	for (int i = 0; i < 20; i++) {
		tcp = tcp_connect(net, TCP_IPV4);
		if (i % 2)
			tcp_keepalive(tcp.client, &patient);
		close(tcp.client);
		close(tcp.server);
	}
	wait_said(tool, &tcp, "ended: closed locally");
	assert_int_equal(tool_stop(tool), 0);
	snprintf(peer, sizeof(peer), "  %s:", net_addr4(HOST_B));
	assert_int_equal(tool_lines(tool, peer, "keepalive: 7200s idle"), 10);
	assert_int_equal(tool_lines(tool, peer, "ended: closed locally"), 10);
	assert_int_equal(tool_lines(tool, net_addr4(HOST_B), "  EVENT"), 0);
	tool_free(tool);
	net_free(net);
}

/* A child has its listener's keepalive, and its own addresses from its first event on. The listener is none. */
LIVE_TEST(all_accepted)
{
	struct net *net;
	struct tool *tool;
	struct tcp tcp;
	char ends[64];

	net = net_new();
	tool = start(net, true);
	tcp = tcp_accept(net, &patient);
	snprintf(ends, sizeof(ends), "%s:%u  %s:%u  ", net_addr4(HOST_B), tcp.server_port, net_addr4(HOST_A),
		 tcp.client_port);
	assert_true(tool_wait_lines(tool, 1, ends, "keepalive: 7200s idle, then 9 probes 75s apart", 20));
	close(tcp.client);
	close(tcp.server);
	assert_true(tool_wait_lines(tool, 1, ends, "ended: closed by peer", 20));
	assert_int_equal(tool_stop(tool), 0);
	snprintf(ends, sizeof(ends), ":%u  ", tcp.server_port);
	assert_int_equal(tool_lines(tool, ends, ""), 2);
	tool_free(tool);
	net_free(net);
}

/* Switched on before connect(2), and while it is under way: once each. */
LIVE_TEST(all_connecting)
{
	struct net *net;
	struct tool *tool;
	struct tcp before, meanwhile;
	unsigned int port;
	int listener;

	net = net_new();
	tool = start(net, true);
	listener = tcp_listen(net, &port);
	net_deaf(net, HOST_B, true);
	before = tcp_begin_connect(net, port, &patient);
	meanwhile = tcp_begin_connect(net, port, NULL);
	tcp_keepalive(meanwhile.client, &patient);
	wait_said(tool, &meanwhile, "keepalive: 7200s idle");
	assert_int_equal(said(tool, &before, ""), 0);
	net_deaf(net, HOST_B, false);
	wait_said(tool, &before, "keepalive: 7200s idle");
	tcp_close(&before);
	wait_said(tool, &before, "ended: reset locally");
	assert_int_equal(tool_stop(tool), 0);
	assert_int_equal(said(tool, &before, ""), 2);
	assert_int_equal(said(tool, &meanwhile, "keepalive"), 1);
	tcp_close(&meanwhile);
	close(listener);
	tool_free(tool);
	net_free(net);
}

/* A connection ends once: closing what is dead already, its error unread, is no second end. */
LIVE_TEST(all_end_once)
{
	struct net *net;
	struct tool *tool;
	struct tcp tcp;

	net = net_new();
	tool = start(net, true);
	tcp = tcp_connect(net, TCP_IPV4);
	tcp_keepalive(tcp.client, &patient);
	tcp_abort(tcp.server);
	wait_said(tool, &tcp, "ended: reset by peer, ECONNRESET");
	close(tcp.client);
	tcp = tcp_connect(net, TCP_IPV4);
	tcp_keepalive(tcp.client, &patient);
	wait_said(tool, &tcp, "keepalive: 7200s"); /* what came before is told */
	assert_int_equal(tool_stop(tool), 0);
	assert_int_equal(tool_lines(tool, "ended", net_addr4(HOST_A)), 1);
	tcp_close(&tcp);
	tool_free(tool);
	net_free(net);
}

/* No application gets its ETIMEDOUT. */
LIVE_TEST(all_orphan)
{
	struct net *net;
	struct tool *tool, *without;
	struct tcp tcp;

	net = net_new();
	net_sysctl(net, HOST_A, "ipv4/tcp_orphan_retries", "1");
	tool = start(net, true);
	without = start(net, false);
	tcp = tcp_connect(net, TCP_IPV4);
	tcp_keepalive(tcp.client, &patient);
	net_deaf(net, HOST_B, true);
	close(tcp.client);
	wait_said(tool, &tcp, "ended: closed locally");
	assert_int_equal(tool_stop(tool), 0);
	assert_int_equal(tool_stop(without), 0);
	assert_int_equal(said(tool, &tcp, "ETIMEDOUT"), 0);
	assert_int_equal(said(tool, &tcp, ""), 2);
	assert_int_equal(said(without, &tcp, ""), 0);
	tcp_abort(tcp.server);
	tool_free(tool);
	tool_free(without);
	net_free(net);
}
