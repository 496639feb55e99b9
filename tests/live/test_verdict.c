// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Why and when connections end, compared with the kernel's rules: tcp_keepalive_timer(), tcp_probe_timer() and
 * tcp_retransmit_timer() of net/ipv4/tcp_timer.c. Connections that can wait at the same time share a test.
 */
#include "live.h"

#include "firewall.h"
#include "puppet.h"
#include "until.h"
#include "verdict.h"

#include <errno.h>
#include <unistd.h>

static const struct keepalive quick = { 1, 1, 3, 0 };
static const struct keepalive patient = { 7200, 75, 9, 0 };

/* --- the peer falls silent --- */

/*
 * The first firing comes idle_s after the peer was last heard, then one each interval; the one that finds the limit
 * reached ends the connection.
 */
LIVE_TEST(verdict_silent_peer)
{
	const struct keepalive by_limit = { 5, 3, 3, 0 }, by_5_s = { 1, 11, 3, 5000 }, by_12_s = { 1, 11, 3, 12500 };
	const struct keepalive by_both = { 5, 3, 3, 12500 };
	struct scene scene = verdict_scene(NULL);
	struct life limit, early, late, both;

	limit = life_begin(&scene, &by_limit);
	early = life_begin(&scene, &by_5_s);
	late = life_begin(&scene, &by_12_s);
	both = life_begin(&scene, &by_both);
	net_deaf(scene.net, HOST_B, true);
	assert_died(&early, ETIMEDOUT, "user timeout, ETIMEDOUT", 12);
	assert_died(&limit, ETIMEDOUT, "keepalive timeout, ETIMEDOUT", 14);
	assert_died(&both, ETIMEDOUT, "user timeout, ETIMEDOUT", 14);
	assert_died(&late, ETIMEDOUT, "user timeout, ETIMEDOUT", 23);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_probes(&early), 1);
	assert_int_equal(life_probes(&limit), 3);
	assert_int_equal(life_probes(&late), 2);
	assert_sentence(&early, "TCP_USER_TIMEOUT (5s) overrode the limit of 3 probes");
	assert_sentence(&limit, "The peer answered none of 3 probes; after 14.");
	assert_sentence(&late, "TCP_USER_TIMEOUT (12.5s) overrode the limit of 3 probes");
	assert_sentence(&both, "TCP_USER_TIMEOUT (12.5s) ran out at the same time as the limit of 3 probes; after 14.");
	life_end(&limit);
	life_end(&early);
	life_end(&late);
	life_end(&both);
	scene_end(&scene);
}

/* A limit of 0 can be set by the sysctl only: the first firing finds it reached. */
LIVE_TEST(verdict_no_probes)
{
	struct scene scene = verdict_scene(NULL);
	struct life life = { .scene = &scene };
	char netns[16];
	const char *const args[] = { "list", "--netns", netns, NULL };
	struct tool *list;

	net_name(scene.net, HOST_A, netns, sizeof(netns));
	net_sysctl(scene.net, HOST_A, "ipv4/tcp_keepalive_probes", "0");
	net_sysctl(scene.net, HOST_A, "ipv4/tcp_keepalive_time", "5");
	life.tcp = tcp_connect(scene.net, TCP_IPV4);
	tcp_keepalive_by_sysctl(life.tcp.client);
	life_counts(&life);
	list = tool_start(args);
	assert_int_equal(tool_wait(list, 30), 0);
	assert_int_equal(tool_lines(list, local_port(life.tcp.client_port), "limit of 0 probes"), 1);
	assert_died(&life, ETIMEDOUT, "keepalive timeout, ETIMEDOUT", 5);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_probes(&life), 0);
	assert_sentence(&life, "No probe was sent: the limit is 0 probes (net.ipv4.tcp_keepalive_probes); after 5.");
	tool_free(list);
	life_end(&life);
	scene_end(&scene);
}

/* Keepalive does not act while data is waiting: 11 bytes in flight, or more than the peer's window. */
LIVE_TEST(verdict_suppressed)
{
	const struct keepalive user_timeout = { 1, 1, 3, 3000 };
	struct scene scene = verdict_scene(NULL);
	struct life window, told, silent, user;
	double window_s, rto;

	net_sysctl(scene.net, HOST_A, "ipv4/tcp_retries2", "5");
	told = life_begin(&scene, &quick);
	silent = life_begin(&scene, &patient);
	user = life_begin(&scene, &user_timeout);
	window = life_of(&scene, tcp_connect_narrow(scene.net), &quick);
	tcp_close_window(window.tcp.client);
	net_deaf(scene.net, HOST_B, true);
	life_counts(&window);
	window_s = window_probe_timeout_s(window.tcp.client, 5);
	rto = rto_s(told.tcp.client);
	life_send(&told);
	life_send(&silent);
	life_send(&user);
	assert_died(&user, ETIMEDOUT, "user timeout, ETIMEDOUT", rto + 3);
	assert_int_equal(life_said(&silent, ""), 0);
	assert_told(&told, ETIMEDOUT, retransmission_s(rto, 5));
	assert_told(&silent, ETIMEDOUT, retransmission_s(rto, 5));
	assert_ended(&told, "retransmission timeout, ETIMEDOUT", retransmission_s(rto, 5));
	assert_ended(&silent, "retransmission timeout, ETIMEDOUT", retransmission_s(rto, 5));
	assert_died(&window, ETIMEDOUT, "window probe timeout, ETIMEDOUT", window_s);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_said(&told, "suppressed: 11 bytes unacknowledged"), 1);
	assert_int_equal(life_said(&told, "retransmission is in charge"), 1);
	assert_foretold(&told, retransmission_s(rto, 5));
	assert_foretold(&user, rto + 3);
	assert_int_equal(life_probes(&told), 0);
	assert_int_equal(life_said(&silent, ""), 2);
	assert_int_equal(life_said(&silent, "keepalive: 7200s idle, then 9 probes 75s apart"), 1);
	assert_int_equal(life_said(&window, "window probing is in charge"), 1);
	assert_int_equal(life_probes(&window), 0);
	assert_int_equal(life_probes(&user), 0);
	assert_sentence(&told, "retransmission was in charge; it gave up after ");
	assert_sentence(&silent, "retransmission was in charge; it gave up after ");
	assert_sentence(&user, "TCP_USER_TIMEOUT (3s)");
	assert_sentence(&window, "window was closed");
	life_end(&told);
	life_end(&silent);
	life_end(&user);
	life_end(&window);
	scene_end(&scene);
}

/* A closed window does not end a connection while the peer answers, unless there is a user timeout. */
LIVE_TEST(verdict_closed_window)
{
	const struct keepalive user_timeout = { 1, 1, 3, 2500 };
	struct scene scene = verdict_scene(NULL);
	struct life lives, dies;

	lives = life_of(&scene, tcp_connect_narrow(scene.net), &quick);
	dies = life_of(&scene, tcp_connect_narrow(scene.net), &user_timeout);
	tcp_close_window(lives.tcp.client);
	life_counts(&dies);
	tcp_close_window(dies.tcp.client);
	assert_true(life_age_s(&dies) < 1);
	life_counts(&dies); /* from its first probe, which was answered just now */
	assert_died(&dies, ETIMEDOUT, "user timeout, ETIMEDOUT", 2.5);
	assert_true(life_wait_said(&lives, 1, "window probing is in charge"));
	tcp_read_all(lives.tcp.server);
	assert_true(life_wait_said(&lives, 1, "no longer suppressed: 0 bytes unacknowledged"));
	assert_true(life_wait_said(&lives, 1, "probe 1/3 after"));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_said(&dies, "window probing is in charge"), 1);
	assert_int_equal(life_probes(&dies), 0);
	assert_int_equal(life_said(&lives, "ended"), 0);
	assert_sentence(&dies, "TCP_USER_TIMEOUT (2.5s)");
	life_end(&lives);
	life_end(&dies);
	scene_end(&scene);
}

/* Two probes are lost. At the third the peer is back: unchanged, or rebooted without the connection. */
LIVE_TEST(verdict_third_probe)
{
	const struct keepalive enduring = { 1, 1, 9, 0 };
	struct scene scene = verdict_scene(NULL);
	struct life lives, dies;

	lives = life_begin(&scene, &quick);
	dies = life_begin(&scene, &enduring);
	net_deaf(scene.net, HOST_B, true);
	tcp_abort(dies.tcp.server);
	dies.tcp.server = -1;
	/* the kernel's own count: a line may come so late that the third probe has gone */
	WAIT_UNTIL(tcp_ask(lives.tcp.client).tcpi_probes == 2);
	WAIT_UNTIL(tcp_ask(dies.tcp.client).tcpi_probes == 2);
	net_deaf(scene.net, HOST_B, false);
	assert_died(&dies, ECONNRESET, "reset by peer, ECONNRESET", 3);
	assert_true(life_wait_said(&lives, 1, "answered in"));
	assert_true(life_wait_said(&lives, 2, "probe 1/3 after"));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_said(&lives, "probe 2/3 after"), 1);
	assert_int_equal(life_said(&lives, "probe 3/3 after"), 1);
	assert_int_equal(life_said(&lives, "ended"), 0);
	assert_int_equal(life_probes(&dies), 3);
	assert_int_equal(life_said(&dies, "  answered "), 0);
	assert_sentence(&dies, " after probe 3/9: whoever sent it (the peer, or a firewall or balancer on the way)");
	assert_sentence(&dies, "probe 3/9    a reset\n");
	life_end(&lives);
	life_end(&dies);
	scene_end(&scene);
}

/* The peer aborts the connection long after the probe that it did not hear: the reset is no answer. */
LIVE_TEST(verdict_reset_far_from_a_probe)
{
	const struct keepalive rare = { 1, 20, 9, 0 };
	struct scene scene = verdict_scene(NULL);
	struct life dies = life_begin(&scene, &rare);

	net_deaf(scene.net, HOST_B, true);
	WAIT_UNTIL(tcp_ask(dies.tcp.client).tcpi_probes == 1);
	net_deaf(scene.net, HOST_B, false);
	WAIT_UNTIL(tcp_ask(dies.tcp.client).tcpi_last_ack_recv >= 2500);
	tcp_abort(dies.tcp.server);
	dies.tcp.server = -1;
	assert_int_equal(tcp_wait_death(dies.tcp.client, 5), ECONNRESET);
	assert_true(life_wait_said(&dies, 1, "ended: reset by peer, ECONNRESET"));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_sentence(&dies, "  A reset ended the connection.\n");
	assert_sentence(&dies, "probe 1/9    no answer before the reset\n");
	life_end(&dies);
	scene_end(&scene);
}

/* The peer closes and is gone; what this side still sends is answered with a reset. */
LIVE_TEST(verdict_reset_after_fin)
{
	const struct keepalive often = { 1, 1, 9, 0 };
	struct scene scene = verdict_scene(NULL);
	struct life dies = life_begin(&scene, &often);

	assert_true(life_wait_said(&dies, 1, "answered in"));
	close(dies.tcp.server);
	dies.tcp.server = -1;
	WAIT_UNTIL(tcp_ask(dies.tcp.client).tcpi_state == TCP_CLOSE_WAIT);
	assert_int_equal(send(dies.tcp.client, "more", 4, 0), 4);
	assert_true(life_wait_said(&dies, 1, "ended: reset by peer, EPIPE"));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_sentence(
		&dies,
		"  The peer closed the connection, and a reset followed before this side had closed it; the last 4 "
		"bytes sent were never acknowledged.");
	life_end(&dies);
	scene_end(&scene);
}

/* --- never established --- */

/*
 * Nobody answers: tcp_write_timeout() gives up after as long as one SYN, its repetition and the doubled wait take. Then
 * a router, to which the second SYN goes, says that there is no such host.
 */
LIVE_TEST(verdict_connecting)
{
	struct scene scene = verdict_scene(NULL);
	struct life unanswered, refused;
	unsigned int port;
	int listener;

	net_sysctl(scene.net, HOST_A, "ipv4/tcp_syn_retries", "1");
	listener = tcp_listen(scene.net, &port);
	net_deaf(scene.net, HOST_B, true);
	unanswered = life_of(&scene, tcp_begin_connect(scene.net, port, NULL), &patient);
	assert_died(&unanswered, ETIMEDOUT, "connect timeout, ETIMEDOUT", 1 + 2);
	refused = life_of(&scene, tcp_begin_connect(scene.net, port, NULL), &patient);
	net_deaf(scene.net, HOST_B, false);
	net_replace_by_router(scene.net);
	assert_died(&refused, EHOSTUNREACH, "peer unreachable, EHOSTUNREACH", 1);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_sentence(&unanswered, "The connection was never established.");
	assert_sentence(&refused, "The network reported that the peer cannot be reached.");
	close(listener);
	life_end(&unanswered);
	life_end(&refused);
	scene_end(&scene);
}

/* --- refused by the network --- */

static void wait_reports(const struct scene *scene, uint64_t n)
{
	WAIT_UNTIL(net_unreachables(scene->net, HOST_A) >= n);
}

/*
 * A router reports the host unreachable. About a probe, whose sequence number is out of the window, that is nothing to
 * the kernel; about data it is remembered until the data is given up. (Each further report would also take back some
 * of the retransmission timer's patience: here there is just one.)
 */
LIVE_TEST(verdict_router)
{
	struct scene scene = verdict_scene(NULL);
	struct life probing, sending;
	const uint64_t reports = 4;

	net_sysctl(scene.net, HOST_A, "ipv4/tcp_retries2", "3");
	sending = life_begin(&scene, &patient);
	probing = life_begin(&scene, &quick);
	net_replace_by_router(scene.net);
	assert_died(&probing, ETIMEDOUT, "keepalive timeout, ETIMEDOUT", 4);
	wait_reports(&scene, reports); /* of three probes and the reset at its end */
	life_send(&sending);
	wait_reports(&scene, reports + 1);
	net_silence_router(scene.net);
	assert_died(&sending, EHOSTUNREACH, "retransmission timeout, EHOSTUNREACH",
		    retransmission_s(rto_s(sending.tcp.client), 3));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_probes(&probing), 3);
	assert_int_equal(life_said(&sending, ""), 2);
	assert_sentence(&probing, "The peer answered none of 3 probes; after 4.");
	assert_sentence(&sending, "a router reported the host unreachable");
	life_end(&probing);
	life_end(&sending);
	scene_end(&scene);
}

/*
 * A port is reported unreachable, whatever listens there: the kernel goes on, and reports that when it gives up.
 * Keepalive was not due yet.
 */
LIVE_TEST(verdict_port_unreachable)
{
	struct scene scene = verdict_scene(NULL);
	struct life life;
	struct puppet *puppet;

	net_sysctl(scene.net, HOST_A, "ipv4/tcp_retries2", "3");
	life = life_begin(&scene, &patient);
	puppet = puppet_new(scene.net, &life.tcp);
	life_send(&life);
	puppet_wait_data(puppet);
	puppet_refuse(puppet);
	wait_reports(&scene, 1);
	assert_died(&life, ECONNREFUSED, "retransmission timeout, ECONNREFUSED",
		    retransmission_s(rto_s(life.tcp.client), 3));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_said(&life, ""), 2);
	assert_sentence(&life, "the application gets ECONNREFUSED from its next call on the socket.");
	puppet_free(puppet);
	life_end(&life);
	scene_end(&scene);
}

/* A local firewall: the kernel counts dropped probes as sent; only some modes see that they were not. */
LIVE_TEST(verdict_firewall)
{
	const struct keepalive enduring = { 1, 1, 9, 0 };
	struct scene scene = verdict_scene(NULL);
	struct life dies, lives;

	dies = life_begin(&scene, &quick);
	lives = life_begin(&scene, &enduring);
	firewall_output(scene.net, HOST_A, true);
	assert_died(&dies, ETIMEDOUT, "keepalive timeout, ETIMEDOUT", 4);
	firewall_output(scene.net, HOST_A, false);
	assert_true(life_wait_said(&lives, 1, "answered in"));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_probes(&dies), 3);
	assert_int_equal(life_said(&dies, "; refused on this host: EPERM"), scene_sees_results(&scene) ? 3 : 0);
	assert_sentence(&dies, scene_sees_results(&scene)
				       ? "Probes were refused on this host (EPERM: a local firewall?); the "
					 "peer may be alive"
				       : "The peer answered none of 3 probes; ");
	life_end(&dies);
	life_end(&lives);
	scene_end(&scene);
}

/* A full local queue: tried again every 0.5 s, even after the time of the probe limit. */
LIVE_TEST(verdict_full_queue)
{
	struct scene scene = verdict_scene(NULL);
	struct life life;

	life = life_begin(&scene, &quick);
	net_refuse(scene.net, HOST_A, true);
	assert_true(life_wait_said(&life, 9, "probe 1/3 not sent: refused by the local stack"));
	assert_true(life_age_s(&life) > 4.9);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_probes(&life), 0);
	assert_int_equal(life_said(&life, "ended"), 0);
	assert_int_equal(tcp_wait_death(life.tcp.client, 0), -1);
	assert_sentence(&life, "Probes never left this host (");
	net_refuse(scene.net, HOST_A, false);
	life_end(&life);
	scene_end(&scene);
}

/* --- segments that are not answers --- */

/* A puppet sends various segments while a probe is unanswered; only those that the kernel accepts are answers. */
LIVE_TEST(verdict_not_an_answer)
{
	const struct keepalive enduring = { 1, 1, 9, 0 };
	struct puppet *puppet;
	struct scene scene = verdict_scene(NULL);
	struct life life;

	life = life_begin(&scene, &enduring);
	puppet = puppet_new(scene.net, &life.tcp);
	puppet_wait_probe(puppet);
	puppet_say(puppet, TH_RST | TH_ACK, 1 << 28, 0); /* far out of the window: anybody could send it */
	puppet_wait_probe(puppet);
	puppet_say(puppet, TH_ACK, 1 << 28, 1000);
	puppet_wait_probe(puppet);
	puppet_say(puppet, TH_SYN | TH_ACK, -1, 1000); /* as sent again by a server that missed the last handshake */
	puppet_wait_probe(puppet);
	puppet_say(puppet, TH_ACK, 0, 0);
	assert_true(life_wait_said(&life, 1, "answered in"));
	assert_int_equal(life_said(&life, "probe 4/9 after"), 1);
	puppet_wait_probe(puppet);
	life_send(&life); /* into the closed window */
	puppet_wait_probe(puppet);
	puppet_say(puppet, TH_ACK, 0, 0);
	assert_true(life_wait_said(&life, 1, "window probing is in charge"));
	assert_int_equal(life_said(&life, "  answered "), 1);
	puppet_say(puppet, TH_ACK, 0, 1000);
	puppet_wait_data(puppet);
	puppet_say(puppet, TH_ACK, 0, 1000);
	puppet_wait_probe(puppet);
	puppet_say(puppet, TH_ACK, 0, 1000);
	assert_true(life_wait_said(&life, 2, "answered in"));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_said(&life, "  answered "), 2);
	assert_true(life_said(&life, "probe 1/9 after") >= 3); /* after each answer, and the first of all */
	assert_int_equal(life_said(&life, "no longer suppressed"), 1);
	assert_int_equal(life_said(&life, "ended"), 0);
	puppet_free(puppet);
	life_end(&life);
	scene_end(&scene);
}

/* --- settings --- */

/* Switched on late, changed, and switched off again. */
LIVE_TEST(verdict_settings)
{
	const struct keepalive other = { 1, 2, 5, 0 };
	struct scene scene = verdict_scene(NULL);
	struct life early, late;

	early = life_begin(&scene, &quick);
	late = life_begin(&scene, &quick);
	tcp_keepalive_off(late.tcp.client);
	assert_true(life_wait_said(&early, 2, "answered in"));
	assert_int_equal(life_said(&late, ""), 0);
	tcp_keepalive(late.tcp.client, &quick);
	tcp_keepalive(early.tcp.client, &other);
	assert_true(life_wait_said(&late, 1, "probe 1/3 after"));
	assert_true(life_wait_said(&early, 1, "keepalive is now: 1s idle, then 5 probes 2s apart"));
	assert_true(life_wait_said(&early, 1, "probe 1/5 after"));
	tcp_keepalive_off(early.tcp.client);
	life_close_client(&early);
	life_server_closes_too(&early);
	assert_ended(&early, "closed locally", 0);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_said(&early, "keepalive: 1s idle, then 3 probes 1s apart"), 1);
	assert_int_equal(life_said(&early, "keepalive is now: off"), 1);
	assert_int_equal(life_said(&early, "keepalive is now: "), 2);
	assert_int_equal(life_said(&late, "keepalive: 1s idle, then 3 probes 1s apart"), 1);
	assert_int_equal(life_said(&late, "keepalive is now: "), 0);
	life_end(&early);
	life_end(&late);
	scene_end(&scene);
}
