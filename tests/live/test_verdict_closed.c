// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Connections that somebody closes, and the kernel's timer after that. */
#include "live.h"

#include "stall.h"
#include "until.h"
#include "verdict.h"

#include <errno.h>
#include <float.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct keepalive quick = { 1, 1, 3, 0 };

/* What the server sends, and the client does not read. */
static void send_unread(const struct life *life)
{
	struct pollfd readable = { .fd = life->tcp.client, .events = POLLIN };

	assert_int_equal(send(life->tcp.server, "hello", 5, 0), 5);
	assert_int_equal(poll(&readable, 1, 10000), 1);
}

LIVE_TEST(verdict_closed)
{
	enum { PEER, HERE, UNREAD, KILLED, KILLED_UNREAD, LIVES };
	struct life lives[LIVES];
	struct scene scene = verdict_scene(NULL);
	pid_t killed, killed_unread;

	for (int i = 0; i < LIVES; i++)
		lives[i] = life_begin(&scene, &quick);
	send_unread(&lives[KILLED_UNREAD]);
	killed_unread = life_give_away_client(&lives[KILLED_UNREAD]);
	killed = life_give_away_client(&lives[KILLED]);
	for (int i = 0; i < LIVES; i++)
		assert_true(life_wait_said(&lives[i], 1, "answered in"));
	/* first of all, as they hold the other connections too: the processes were forked */
	life_counts(&lives[KILLED]);
	life_kill(killed);
	life_counts(&lives[KILLED_UNREAD]);
	life_kill(killed_unread);
	life_server_closes_too(&lives[KILLED]);
	life_close_server(&lives[PEER]);
	assert_int_equal(tcp_wait_death(lives[PEER].tcp.client, 10), 0);
	life_close_client(&lives[PEER]);
	life_close_client(&lives[HERE]);
	life_server_closes_too(&lives[HERE]);
	send_unread(&lives[UNREAD]);
	life_close_client(&lives[UNREAD]);
	assert_ended(&lives[PEER], "closed by peer", 0);
	assert_ended(&lives[HERE], "closed locally", 0);
	assert_ended(&lives[UNREAD], "reset locally", 0);
	assert_ended(&lives[KILLED], "closed locally", 0);
	assert_ended(&lives[KILLED_UNREAD], "reset locally", 0);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_sentence(&lives[PEER], "The peer closed the connection.");
	assert_sentence(&lives[HERE], "This side closed the connection.");
	assert_sentence(&lives[UNREAD], "This side aborted the connection.");
	for (int i = 0; i < LIVES; i++)
		life_end(&lives[i]);
	scene_end(&scene);
}

/* As `ss --kill` ends a connection. */
LIVE_TEST(verdict_destroyed)
{
	struct scene scene = verdict_scene(NULL);
	struct life life;

	life = life_begin(&scene, &quick);
	assert_true(life_wait_said(&life, 1, "answered in"));
	life_counts(&life);
	tcp_destroy(scene.net, &life.tcp);
	assert_died(&life, ECONNABORTED, "reset locally, ECONNABORTED", 0);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_sentence(&life, "This side aborted the connection.");
	life_end(&life);
	scene_end(&scene);
}

/* One side has sent its FIN, and keepalive continues. */
LIVE_TEST(verdict_half_closed)
{
	struct scene scene = verdict_scene(NULL);
	struct life theirs, ours;
	const char *answered = scene_sees_results(&scene) ? "answered in" : "answered within about";

	theirs = life_begin(&scene, &quick);
	ours = life_begin(&scene, &quick);
	shutdown(theirs.tcp.server, SHUT_WR);
	shutdown(ours.tcp.client, SHUT_WR);
	assert_true(life_wait_said(&theirs, 3, "s of silence (close_wait)"));
	assert_true(life_wait_said(&ours, 3, "s of silence (fin_wait_2)"));
	assert_true(life_wait_said(&theirs, 2, answered));
	assert_true(life_wait_said(&ours, 2, answered));
	life_close_client(&theirs);
	life_close_client(&ours);
	assert_ended(&theirs, "closed by peer", 0);
	assert_ended(&ours, "closed locally", 0);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_said(&theirs, "probe 2/3"), 0);
	assert_int_equal(life_said(&ours, "probe 2/3"), 0);
	life_end(&theirs);
	life_end(&ours);
	scene_end(&scene);
}

/* The peer closes before the first probe, and is gone then. */
LIVE_TEST(verdict_half_closed_early)
{
	struct scene scene = verdict_scene(NULL);
	struct life gone = life_begin(&scene, &quick);
	char byte;

	shutdown(gone.tcp.server, SHUT_WR);
	assert_true(life_wait_said(&gone, 1, "the peer has closed, the application has not"));
	net_deaf(scene.net, HOST_B, true);
	assert_true(life_wait_said(&gone, 1, "ended: keepalive timeout, ETIMEDOUT"));
	assert_int_equal(recv(gone.tcp.client, &byte, 1, 0), 0);
	assert_int_equal(send(gone.tcp.client, "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_sentence(&gone, "from its next write to the socket; reads still return end of file.");
	assert_int_equal(life_said(&gone, "the peer has closed, the application has not"), 1);
	life_end(&gone);
	scene_end(&scene);
}

/*
 * The timer also runs for an orphan in FIN_WAIT2, here for 63 - 60 s (a minute is left to TIME_WAIT), and again and
 * again for a socket that its user has locked.
 */
LIVE_TEST(verdict_not_keepalive)
{
	const int linger_s = 63;
	struct scene scene = verdict_scene(NULL);
	struct life orphan, locked;
	struct stall *stall;
	double locked_s;
	uint64_t probes;

	orphan = life_begin(&scene, &quick);
	locked = life_begin(&scene, &quick);
	assert_true(life_wait_said(&orphan, 1, "answered in"));
	assert_true(life_wait_said(&locked, 1, "answered in"));
	assert_int_equal(setsockopt(orphan.tcp.client, IPPROTO_TCP, TCP_LINGER2, &linger_s, sizeof(linger_s)), 0);
	stall = stall_begin(locked.tcp.client);
	life_counts(&locked);
	life_close_client(&orphan);
	assert_ended(&orphan, "closed locally", 3);
	locked_s = life_age_s(&locked);
	stall_end(stall);
	probes = net_keepalives(scene.net, HOST_A);
	WAIT_UNTIL(net_keepalives(scene.net, HOST_A) > probes);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_said_within(&orphan, "of silence", DBL_MAX), 0);
	assert_int_equal(life_said_within(&locked, "", locked_s), 0);
	assert_int_equal(life_said(&locked, "probe 2/3"), 0);
	life_end(&orphan);
	life_end(&locked);
	scene_end(&scene);
}
