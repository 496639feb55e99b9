// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Connections that this side closes while the peer is gone: the kernel keeps them as orphans, and gives up by
 * tcp_orphan_retries() and tcp_write_timeout() of net/ipv4/tcp_timer.c.
 */
#include "live.h"

#include "firewall.h"
#include "verdict.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define END "close timeout"

static const struct keepalive quick = { 1, 1, 3, 0 };
static const struct keepalive patient = { 7200, 75, 9, 0 };

/* Orphans whose FIN is never acknowledged: no application gets their ETIMEDOUT. Only one was probed before. */
static void orphans(const char *option)
{
	struct scene scene = verdict_scene(option);
	struct life probed, never;
	double at_s;

	net_sysctl(scene.net, HOST_A, "ipv4/tcp_orphan_retries", "2");
	never = life_begin(&scene, &patient);
	probed = life_begin(&scene, &quick);
	assert_true(life_wait_said(&probed, 1, "answered in"));
	net_deaf(scene.net, HOST_B, true);
	at_s = retransmission_s(rto_s(probed.tcp.client), 2);
	life_close_client(&never);
	life_close_client(&probed);
	assert_ended(&probed, END, at_s);
	assert_ended(&never, END, at_s);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_sentence(&probed,
			"This side closed the connection, and the peer never confirmed it: retransmission gave up "
			"after 2 tries; all data was acknowledged.");
	assert_sentence(&never, "all data was acknowledged.");
	life_end(&probed);
	life_end(&never);
	scene_end(&scene);
}

LIVE_TEST(verdict_orphan)
{
	orphans(NULL);
}

LIVE_TEST(verdict_orphan_of_all)
{
	orphans("--all");
}

/* In each state that waits for the peer to acknowledge a FIN, with and without data before it, closed and killed. */
LIVE_TEST(verdict_orphan_foretold)
{
	enum { FIN_WAIT_1, DATA, LAST_ACK, KILLED, LIVES };
	struct scene scene = verdict_scene(NULL);
	struct life lives[LIVES];
	double at_s;
	pid_t pid;

	net_sysctl(scene.net, HOST_A, "ipv4/tcp_orphan_retries", "3");
	for (int i = 0; i < LIVES; i++)
		lives[i] = life_begin(&scene, &quick);
	pid = life_give_away_client(&lives[KILLED]);
	for (int i = 0; i < LIVES; i++)
		assert_true(life_wait_said(&lives[i], 1, "answered in"));
	life_close_server(&lives[LAST_ACK]);
	assert_int_equal(tcp_wait_death(lives[LAST_ACK].tcp.client, 10), 0);
	net_deaf(scene.net, HOST_B, true);
	at_s = retransmission_s(rto_s(lives[FIN_WAIT_1].tcp.client), 3);
	life_counts(&lives[KILLED]);
	life_kill(pid); /* first of all, as it holds the others, too */
	life_send(&lives[DATA]);
	for (int i = 0; i < KILLED; i++)
		life_close_client(&lives[i]);
	for (int i = 0; i < LIVES; i++)
		assert_ended(&lives[i], END, at_s);
	assert_int_equal(tool_stop(scene.tool), 0);
	for (int i = 0; i < LIVES; i++) {
		assert_foretold_well(&lives[i], 1);
		assert_int_equal(
			life_said(&lives[i], "closed by this side (an orphan), waiting for the peer to confirm"), 1);
		assert_int_equal(life_said(&lives[i], "FIN unacknowledged"), 1);
		assert_int_equal(life_said(&lives[i], "1 byte "), 0);
	}
	assert_int_equal(life_said(&lives[DATA], "suppressed: 11 bytes and FIN unacknowledged"), 1);
	assert_sentence(&lives[DATA], "gave up after 3 tries; 11 bytes of data were never acknowledged.");
	assert_sentence(&lives[LAST_ACK], "gave up after 3 tries; all data was acknowledged.");
	assert_sentence(&lives[KILLED], "This side closed the connection (its process exited or was killed), and ");
	for (int i = 0; i < LIVES; i++)
		life_end(&lives[i]);
	scene_end(&scene);
}

/* Both sides close at the same time, and the peer does not hear of this side's FIN. */
LIVE_TEST(verdict_orphan_closing)
{
	struct scene scene = verdict_scene(NULL);
	struct life life;
	double at_s;

	net_sysctl(scene.net, HOST_A, "ipv4/tcp_orphan_retries", "3");
	life = life_begin(&scene, &quick);
	assert_true(life_wait_said(&life, 1, "answered in"));
	firewall_input(scene.net, HOST_B, true);
	at_s = retransmission_s(rto_s(life.tcp.client), 3);
	life_close_client(&life);
	life_close_server(&life);
	assert_ended(&life, END, at_s);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_foretold_well(&life, 1);
	assert_sentence(&life, "all data was acknowledged.");
	life_end(&life);
	scene_end(&scene);
}

/* Retransmission had begun while a process held the socket: with its close another limit applies. */
LIVE_TEST(verdict_orphan_late)
{
	const struct keepalive user_timeout = { 1, 1, 3, 4000 };
	struct scene scene = verdict_scene(NULL);
	struct life late, user;
	double rto;

	net_sysctl(scene.net, HOST_A, "ipv4/tcp_orphan_retries", "4");
	late = life_begin(&scene, &quick);
	user = life_begin(&scene, &user_timeout);
	net_deaf(scene.net, HOST_B, true);
	rto = rto_s(late.tcp.client);
	life_send(&late);
	life_send(&user);
	assert_true(life_wait_said(&late, 1, "suppressed: 11 bytes unacknowledged"));
	assert_true(life_wait_said(&user, 1, "suppressed: 11 bytes unacknowledged"));
	close(late.tcp.client);
	close(user.tcp.client);
	late.tcp.client = user.tcp.client = -1;
	assert_ended(&user, END, rto + 4);
	assert_ended(&late, END, retransmission_s(rto, 4));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_said(&late, "suppressed: 11 bytes and FIN unacknowledged"), 1);
	assert_foretold_well(&late, 2);
	assert_foretold_well(&user, 2);
	assert_sentence(&late, "gave up after 4 tries; 11 bytes of data were never acknowledged.");
	assert_sentence(&user, "TCP_USER_TIMEOUT (4s) ran out; 11 bytes of data were never acknowledged.");
	life_end(&late);
	life_end(&user);
	scene_end(&scene);
}

/* What the peer's window has no room for is never sent. */
LIVE_TEST(verdict_orphan_of_a_closed_window)
{
	struct scene scene = verdict_scene(NULL);
	struct life life;

	net_sysctl(scene.net, HOST_A, "ipv4/tcp_orphan_retries", "3");
	life = life_of(&scene, tcp_connect_narrow(scene.net), &quick);
	tcp_close_window(life.tcp.client);
	net_deaf(scene.net, HOST_B, true);
	life_close_client(&life);
	assert_true(life_wait_said(&life, 1, "ended: " END));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_said(&life, " and FIN queued"), 1);
	assert_foretold_well(&life, 1);
	assert_sentence(&life, "its window was closed, and window probing gave up; ");
	assert_sentence(&life, " bytes of data were never sent.");
	life_end(&life);
	scene_end(&scene);
}

/* Linux 6.15 and later */
static bool has_rto_max(void)
{
	return access("/proc/sys/net/ipv4/tcp_rto_max_ms", F_OK) == 0;
}

/*
 * Once the timeout grows no further, an orphan gets no more tries: with the limit at 1 s at its fourth firing. A socket
 * that a process holds is given up when the limit is reckoned with 1 s, too.
 */
LIVE_TEST(verdict_orphan_of_a_short_rto)
{
	struct scene scene = verdict_scene(NULL);
	struct life orphan, held;
	double rto;

	if (!has_rto_max()) {
		scene_end(&scene);
		return;
	}
	net_sysctl(scene.net, HOST_A, "ipv4/tcp_rto_max_ms", "1000");
	net_sysctl(scene.net, HOST_A, "ipv4/tcp_retries2", "5");
	orphan = life_begin(&scene, &quick);
	held = life_begin(&scene, &quick);
	assert_true(life_wait_said(&orphan, 1, "answered in"));
	assert_true(life_wait_said(&held, 1, "answered in"));
	net_deaf(scene.net, HOST_B, true);
	rto = rto_s(held.tcp.client);
	life_close_client(&orphan);
	life_send(&held);
	assert_ended(&orphan, END, 7 * rto + 1);
	assert_died(&held, ETIMEDOUT, "retransmission timeout, ETIMEDOUT", 7 * rto + 3);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_foretold_well(&orphan, 1);
	assert_foretold_well(&held, 1);
	life_end(&orphan);
	life_end(&held);
	scene_end(&scene);
}

/* A router reports "host unreachable", which is what the kernel notes in place of ETIMEDOUT; nobody is told. */
LIVE_TEST(verdict_orphan_unreachable)
{
	struct scene scene = verdict_scene(NULL);
	struct life probed, never;

	net_sysctl(scene.net, HOST_A, "ipv4/tcp_orphan_retries", "2");
	never = life_begin(&scene, &patient);
	probed = life_begin(&scene, &quick);
	assert_true(life_wait_said(&probed, 1, "answered in"));
	net_replace_by_router(scene.net);
	life_close_client(&never);
	life_close_client(&probed);
	assert_true(life_wait_said(&probed, 1, "ended: "));
	assert_true(life_wait_said(&never, 1, "ended: "));
	assert_true(net_unreachables(scene.net, HOST_A) > 0);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_said(&probed, "ended: " END), 1);
	assert_int_equal(life_said(&never, "ended: " END), 1);
	assert_int_equal(life_said(&probed, "EHOSTUNREACH"), 0);
	life_end(&probed);
	life_end(&never);
	scene_end(&scene);
}

/* It is the whole machine's. */
static void set_max_orphans(const char *max)
{
	FILE *file = fopen("/proc/sys/net/ipv4/tcp_max_orphans", "we");

	assert_true(file && fputs(max, file) >= 0 && fclose(file) == 0);
}

static void allow_orphans(void)
{
	if (getenv("KATRACE_STRICT"))
		set_max_orphans("4096");
}

/* Too many orphans: the kernel gives one up when it is closed, others when their timer fires next. */
LIVE_TEST(verdict_orphan_too_many, .clean_up = allow_orphans)
{
	enum { AT_ONCE, DATA, LAST_ACK, LIVES };
	struct life lives[LIVES];
	struct scene scene;

	if (!getenv("KATRACE_STRICT"))
		skip("it would end all orphans of this machine");
	scene = verdict_scene(NULL);
	for (int i = 0; i < LIVES; i++)
		lives[i] = life_begin(&scene, &quick);
	for (int i = 0; i < LIVES; i++)
		assert_true(life_wait_said(&lives[i], 1, "answered in"));
	life_close_server(&lives[LAST_ACK]);
	assert_int_equal(tcp_wait_death(lives[LAST_ACK].tcp.client, 10), 0);
	net_deaf(scene.net, HOST_B, true);
	life_send(&lives[DATA]);
	life_close_client(&lives[DATA]);
	life_close_client(&lives[LAST_ACK]);
	set_max_orphans("-1");
	life_close_client(&lives[AT_ONCE]);
	for (int i = 0; i < LIVES; i++)
		assert_ended(&lives[i], "reset locally", 0.5);
	assert_int_equal(net_memory_aborts(scene.net, HOST_A), LIVES);
	assert_int_equal(tool_stop(scene.tool), 0);
	for (int i = 0; i < LIVES; i++)
		assert_sentence(&lives[i], "its kernel gave it up before the peer confirmed: too many orphans");
	assert_sentence(&lives[AT_ONCE], "all data was acknowledged.");
	assert_sentence(&lives[DATA], "11 bytes of data were never acknowledged.");
	for (int i = 0; i < LIVES; i++)
		life_end(&lives[i]);
	scene_end(&scene);
}
