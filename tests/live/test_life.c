// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Real connections on the running kernel from beginning to end, and what katrace prints about them. */
#include "live.h"

#include "scene.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const no_args[] = { NULL };
static const struct keepalive quick = { 1, 1, 3, 0 };

/* Each probe has its answer; the last one may still have been on its way when katrace was stopped. */
static void assert_answered(const struct scene *scene)
{
	assert_in_range(scene_said(scene, "probe 1/3 after") - scene_said(scene, "answered in"), 0, 1);
}

/* Seconds of silence after which the application was told, from the sentence at the end of the timeline. */
static double silence_at_end(const struct scene *scene)
{
	static const char before[] = "; after ";
	const char *sentence = strstr(tool_stdout(scene->tool), before);

	return sentence ? strtod(sentence + sizeof(before) - 1, NULL) : 0;
}

LIVE_TEST(life_answered)
{
	struct scene scene = scene_begin(TCP_IPV4, &quick);

	assert_true(scene_wait_said(&scene, 3, "answered in", 10));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(scene_said(&scene, "keepalive: 1s idle, then 3 probes 1s apart"), 1);
	assert_answered(&scene);
	assert_int_equal(scene_said(&scene, "probe 1/3 after 0."), 0); /* late timers there may be, early ones not */
	assert_int_equal(scene_said(&scene, "probe 2/3 after"), 0);
	assert_non_null(strstr(tool_stdout(scene.tool), "all answered"));
	assert_non_null(
		strstr(tool_stdout(scene.tool), "Still open. A dead peer is noticed 4s after it was last heard."));
	scene_end(&scene);
}

LIVE_TEST(life_blackholed)
{
	struct scene scene = scene_begin(TCP_IPV4, &quick);

	assert_true(scene_wait_said(&scene, 1, "answered in", 10));
	net_cable(scene.net, HOST_B, false);
	assert_int_equal(tcp_wait_death(scene.tcp.client, 10), ETIMEDOUT);
	assert_true(scene_wait_said(&scene, 1, "ended: keepalive timeout, ETIMEDOUT", 5));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(scene_said(&scene, "probe 1/3 after"), scene_said(&scene, "answered in") + 1);
	assert_int_equal(scene_said(&scene, "probe 2/3 after"), 1);
	assert_int_equal(scene_said(&scene, "probe 3/3 after"), 1);
	assert_non_null(strstr(tool_stdout(scene.tool), "The peer answered none of 3 probes; "));
	assert_true(silence_at_end(&scene) >= 4 && silence_at_end(&scene) < 6);
	scene_end(&scene);
}

/* The peer forgets the connection silently, as in a restart: it answers the probe with a RST. */
LIVE_TEST(life_rebooted_peer)
{
	const struct keepalive patient = { 1, 1, 9, 0 };
	struct scene scene = scene_begin(TCP_IPV4, &patient);

	assert_true(scene_wait_said(&scene, 1, "answered in", 10));
	net_cable(scene.net, HOST_B, false);
	tcp_abort(scene.tcp.server);
	scene.tcp.server = -1;
	assert_true(scene_wait_said(&scene, 1, "probe 2/9", 10));
	net_cable(scene.net, HOST_B, true);
	assert_int_equal(tcp_wait_death(scene.tcp.client, 10), ECONNRESET);
	assert_true(scene_wait_said(&scene, 1, "ended: reset by peer, ECONNRESET", 5));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_non_null(
		strstr(tool_stdout(scene.tool), ": whoever sent it (the peer, or a firewall or balancer on the way)"));
	scene_end(&scene);
}

/* A life and its timeline, which names its two ends by these addresses. */
static struct scene live_and_die(enum tcp_family family, const char *local, const char *peer)
{
	struct scene scene = scene_begin(family, &quick);
	char ends[128];

	assert_true(scene_wait_said(&scene, 1, "answered in", 10));
	net_cable(scene.net, HOST_B, false);
	assert_true(scene_wait_said(&scene, 1, "ended: keepalive timeout, ETIMEDOUT", 10));
	assert_int_equal(tool_stop(scene.tool), 0);
	snprintf(ends, sizeof(ends), "\n%s:%u - %s:%u", local, scene.tcp.client_port, peer, scene.tcp.server_port);
	assert_non_null(strstr(tool_stdout(scene.tool), ends));
	return scene;
}

LIVE_TEST(life_ipv6)
{
	struct scene scene;
	char local[64], peer[64];

	snprintf(local, sizeof(local), "[%s]", net_addr6(HOST_A));
	snprintf(peer, sizeof(peer), "[%s]", net_addr6(HOST_B));
	scene = live_and_die(TCP_IPV6, local, peer);
	scene_end(&scene);
}

/* An IPv6 socket that talks IPv4: shown as what is on the wire. */
LIVE_TEST(life_v4_mapped)
{
	struct scene scene = live_and_die(TCP_V4_MAPPED, net_addr4(HOST_A), net_addr4(HOST_B));

	assert_null(strstr(tool_stdout(scene.tool), "ffff"));
	scene_end(&scene);
}

/* Two connections, one that lives and one that dies: each has its own numbers and its own end. */
LIVE_TEST(life_interleaved)
{
	const struct keepalive other = { 1, 2, 5, 0 };
	struct scene scene = scene_begin(TCP_IPV4, &quick);
	struct tcp second;

	second = tcp_connect(scene.net, TCP_IPV4);
	tcp_keepalive(second.client, &other);
	assert_true(scene_wait_said(&scene, 1, "answered in", 10));
	assert_true(scene_wait_said_of(&scene, &second, 1, "answered in", 10));
	net_cable(scene.net, HOST_B, false);
	assert_int_equal(tcp_wait_death(scene.tcp.client, 10), ETIMEDOUT);
	assert_true(scene_wait_said_of(&scene, &second, 1, "probe 2/5", 10));
	net_cable(scene.net, HOST_B, true);
	assert_true(scene_wait_said(&scene, 1, "ended: keepalive timeout, ETIMEDOUT", 5));
	assert_true(scene_wait_said_of(&scene, &second, 2, "answered in", 10));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(scene_said(&scene, "probe 3/3 after"), 1);
	assert_int_equal(scene_said(&scene, "/5"), 0);
	assert_int_equal(scene_said_of(&scene, &second, "/3"), 0);
	assert_int_equal(scene_said_of(&scene, &second, "ended"), 0);
	tcp_close(&second);
	scene_end(&scene);
}

LIVE_TEST(life_older_than_katrace)
{
	struct net *net = net_new();
	const struct tcp older = tcp_connect(net, TCP_IPV4);
	struct scene scene;
	char pid[16];

	tcp_keepalive(older.client, &quick);
	scene = scene_trace(net, no_args);
	scene.tcp = older;
	net_cable(scene.net, HOST_B, false);
	assert_int_equal(tcp_wait_death(scene.tcp.client, 10), ETIMEDOUT);
	assert_true(scene_wait_said(&scene, 1, "ended: keepalive timeout, ETIMEDOUT", 5));
	assert_int_equal(tool_stop(scene.tool), 0);
	snprintf(pid, sizeof(pid), "  %d  ", getpid());
	assert_int_equal(scene_said(&scene, pid), scene_said(&scene, ""));
	scene_end(&scene);
}

/* TCP_USER_TIMEOUT takes the place of the probe limit: 1 + 2 x 1 s is the first firing after 2.5 s. */
LIVE_TEST(life_user_timeout)
{
	const struct keepalive settings = { 1, 1, 9, 2500 };
	struct scene scene = scene_begin(TCP_IPV4, &settings);

	assert_true(scene_wait_said(&scene, 1, "answered in", 10));
	net_deaf(scene.net, HOST_B, true);
	assert_int_equal(tcp_wait_death(scene.tcp.client, 10), ETIMEDOUT);
	assert_true(scene_wait_said(&scene, 1, "ended: user timeout, ETIMEDOUT", 5));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(scene_said(&scene, "probe 2 after"), 1);
	assert_int_equal(scene_said(&scene, "probe 3"), 0);
	assert_non_null(strstr(tool_stdout(scene.tool), "TCP_USER_TIMEOUT (2.5s) overrode the limit of 9 probes"));
	scene_end(&scene);
}

/* The timer does not count a probe that the local stack refuses; it tries again, and the connection stays open. */
LIVE_TEST(life_dropped_probes)
{
	struct scene scene = scene_begin(TCP_IPV4, &quick);

	assert_true(scene_wait_said(&scene, 1, "answered in", 10));
	net_refuse(scene.net, HOST_A, true);
	assert_true(scene_wait_said(&scene, 6, "probe 1/3 not sent: refused by the local stack", 10));
	net_refuse(scene.net, HOST_A, false);
	assert_true(scene_wait_said(&scene, 2, "answered in", 10));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(scene_said(&scene, "probe 2/3 after"), 0);
	assert_answered(&scene);
	scene_end(&scene);
}

/*
 * Without a route the probe never leaves, but the kernel counts it as sent, and the connection ends. Only modes that
 * see the return value know the reason.
 */
LIVE_TEST(life_refused_but_counted)
{
	struct scene scene = scene_begin(TCP_IPV4, &quick);
	const bool knows = scene_sees_results(&scene);

	assert_true(scene_wait_said(&scene, 1, "answered in", 10));
	net_unroute(scene.net, HOST_A, true);
	assert_true(scene_wait_said(&scene, 1, "ended: keepalive timeout", 20));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(scene_said(&scene, "refused on this host: EHOSTUNREACH"), knows ? 3 : 0);
	assert_non_null(
		strstr(tool_stdout(scene.tool), knows ? "Probes were refused on this host (EHOSTUNREACH: no route?)"
						      : "The peer answered none of 3 probes; "));
	assert_int_equal(scene_said(&scene, "probe 3/3 after"), 1);
	scene_end(&scene);
}

/* With unacknowledged data, retransmission is in charge: reported when it begins and ends, without a probe between. */
LIVE_TEST(life_suppressed)
{
	struct scene scene = scene_begin(TCP_IPV4, &quick);
	const char *begins, *ends, *probe;

	assert_true(scene_wait_said(&scene, 1, "answered in", 10));
	net_deaf(scene.net, HOST_B, true);
	assert_int_equal(send(scene.tcp.client, "hello world", 11, 0), 11);
	assert_true(scene_wait_said(&scene, 1, "suppressed: 11 bytes unacknowledged", 10));
	net_deaf(scene.net, HOST_B, false);
	assert_true(scene_wait_said(&scene, 1, "no longer suppressed: 0 bytes unacknowledged", 20));
	assert_int_equal(tool_stop(scene.tool), 0);
	begins = strstr(tool_stdout(scene.tool), "suppressed: 11 bytes unacknowledged");
	ends = begins ? strstr(begins, "no longer suppressed") : NULL;
	assert_non_null(ends);
	probe = strstr(begins, "probe 1/3 after");
	assert_true(!probe || probe > ends);
	assert_int_equal(scene_said(&scene, "retransmission is in charge"), 1);
	assert_int_equal(scene_said(&scene, "probe 2/3 after"), 0);
	scene_end(&scene);
}

/*
 * Data that is never acknowledged: retransmission ends the connection, with or without keepalive. A connection whose
 * keepalive is not due for hours appears when it ends.
 */
LIVE_TEST(life_retransmission_timeout)
{
	const struct keepalive patient = { 7200, 75, 9, 0 };
	struct scene scene = scene_begin(TCP_IPV4, &quick);
	struct tcp second;

	net_sysctl(scene.net, HOST_A, "ipv4/tcp_retries2", "3");
	second = tcp_connect(scene.net, TCP_IPV4);
	tcp_keepalive(second.client, &patient);
	net_deaf(scene.net, HOST_B, true);
	assert_int_equal(send(scene.tcp.client, "hello world", 11, 0), 11);
	assert_int_equal(send(second.client, "hello world", 11, 0), 11);
	assert_int_equal(tcp_wait_death(scene.tcp.client, 60), ETIMEDOUT);
	assert_int_equal(tcp_wait_death(second.client, 60), ETIMEDOUT);
	assert_true(scene_wait_said(&scene, 1, "ended: retransmission timeout, ETIMEDOUT", 5));
	assert_true(scene_wait_said_of(&scene, &second, 1, "ended: retransmission timeout, ETIMEDOUT", 5));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(scene_said(&scene, "suppressed: 11 bytes unacknowledged"), 1);
	assert_int_equal(scene_said_of(&scene, &second, ""), 2);
	assert_int_equal(scene_said_of(&scene, &second, "keepalive: 7200s idle, then 9 probes 75s apart"), 1);
	assert_non_null(strstr(tool_stdout(scene.tool), "Keepalive never got to act: 11 bytes were unacknowledged, so "
							"retransmission was in charge; it gave up after "));
	tcp_close(&second);
	scene_end(&scene);
}

/* Connections that end before keepalive acts are not reported. */
LIVE_TEST(life_short_ones_are_silent)
{
	const char *const own[] = { "-p", own_pid(), NULL };
	struct scene scene = scene_begin_with(own, TCP_IPV4, &quick);
	struct tcp brief;

	for (int i = 0; i < 100; i++) {
		brief = tcp_connect(scene.net, TCP_IPV4);
		tcp_keepalive(brief.client, &quick);
		tcp_finish(&brief);
	}
	assert_true(scene_wait_said(&scene, 1, "answered in", 10));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, "keepalive: 1s idle", net_addr4(HOST_B)), 1);
	assert_int_equal(tool_lines(scene.tool, "ended", ""), 0);
	scene_end(&scene);
}

/* Without the hook that sees answers arrive, the next firing of the timer finds them. */
LIVE_TEST(life_answers_not_looked_for)
{
	const char *const args[] = { "--no-answers", NULL };
	struct scene scene = scene_begin_with(args, TCP_IPV4, &quick);

	assert_true(scene_wait_said(&scene, 11, "probe 1/3 after", 30));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(scene_said(&scene, "  answered"), scene_said(&scene, "probe 1/3 after") - 1);
	assert_int_equal(scene_said(&scene, "answered in "), 0);
	assert_int_equal(scene_said(&scene, "about 0us"), 0);
	assert_int_equal(scene_said(&scene, "probe 2/3 after"), 0);
	scene_end(&scene);
}

/* The first probe comes after 2 s, just when a middlebox forgets the connection. */
LIVE_TEST(life_first_probe_too_late)
{
	const char *const args[] = { "--middlebox-timeout", "2", NULL };
	const struct keepalive late = { 2, 1, 3, 0 };
	struct scene scene = scene_begin_with(args, TCP_IPV4, &late);
	struct tcp early;

	early = tcp_connect(scene.net, TCP_IPV4);
	tcp_keepalive(early.client, &quick);
	assert_true(scene_wait_said(&scene, 1, "answered in", 20));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(scene_said(&scene, "first probe too late for a middlebox that forgets after 2s"), 1);
	assert_int_equal(scene_said_of(&scene, &early, "first probe too late"), 0); /* its other end has none */
	assert_non_null(strstr(tool_stdout(scene.tool),
			       "A middlebox that forgets silent connections after 2s does so before the first probe."));
	tcp_close(&early);
	scene_end(&scene);
}
