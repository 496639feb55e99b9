// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What an end says besides its verdict: for how long no data had come or gone, and how this side closed. */
#include "live.h"

#include "lines.h"
#include "until.h"
#include "verdict.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define US 1000000.0
/* The error of times: two of the kernel's ticks, and a machine that is busy. */
#define TOLERANCE_US 150000

static const struct keepalive quick = { 1, 1, 9, 0 };
/* Never due during a test. */
static const struct keepalive patient = { 7200, 75, 9, 0 };

/* A connection, and when its client last sent and received data; without data, when it was established. */
struct talk {
	struct life life;
	double sent_s, received_s;
};

static double now_s(void)
{
	return (double)wait_now_ms() / 1e3;
}

static struct talk talk_begin(const struct scene *scene, const struct keepalive *keepalive)
{
	struct talk talk = { .life = life_begin(scene, keepalive) };

	talk.sent_s = talk.received_s = now_s();
	return talk;
}

static void client_sends(struct talk *talk)
{
	assert_int_equal(send(talk->life.tcp.client, "hello", 5, 0), 5);
	talk->sent_s = now_s();
}

static void server_sends(struct talk *talk)
{
	struct pollfd readable = { .fd = talk->life.tcp.client, .events = POLLIN };

	assert_int_equal(send(talk->life.tcp.server, "hello", 5, 0), 5);
	talk->received_s = now_s();
	assert_int_equal(poll(&readable, 1, 10000), 1);
	tcp_read_all(talk->life.tcp.client);
}

/* Until this host has sent n probes more, a second apart. */
static void wait_probes(const struct scene *scene, uint64_t n)
{
	const uint64_t before = net_keepalives(scene->net, HOST_A);

	WAIT_UNTIL(net_keepalives(scene->net, HOST_A) >= before + n);
}

/* The end of this connection, as JSON. */
static const char *ended_line(const struct talk *talk)
{
	static char line[4096];
	struct tool *tool = talk->life.scene->tool;
	const char *port = port_key(&talk->life.tcp);

	assert_true(tool_wait_lines(tool, 1, port, event_key("ended"), 20));
	assert_true(line_with(tool_stdout(tool), port, event_key("ended"), line, sizeof(line)));
	return line;
}

static void assert_about(unsigned long long us, double s)
{
	print_message("%.3f s, and %.3f s\n", (double)us / US, s);
	assert_in_range((long long)us, (long long)(s * US) - TOLERANCE_US, (long long)(s * US) + TOLERANCE_US);
}

/* It began to close then. */
static void assert_data(const struct talk *talk, double closing_s)
{
	const char *line = ended_line(talk);

	assert_about(number_after(line, "\"data_received_us\":"), closing_s - talk->received_s);
	assert_about(number_after(line, "\"data_sent_us\":"), closing_s - talk->sent_s);
}

/* However late the other side follows: an idle timeout was over when the first FIN came or went. */
LIVE_TEST(ends_data)
{
	enum { PEER, HERE, RESET, ABORTED, NEVER, LIVES };
	struct scene scene = verdict_scene("-j");
	struct talk talks[LIVES];
	double closing_s;

	for (int i = 0; i < LIVES; i++)
		talks[i] = talk_begin(&scene, &quick);
	wait_probes(&scene, LIVES);
	for (int i = 0; i < NEVER; i++)
		client_sends(&talks[i]);
	wait_probes(&scene, 2 * LIVES);
	for (int i = 0; i < NEVER; i++)
		server_sends(&talks[i]);
	wait_probes(&scene, 2 * LIVES);
	closing_s = now_s();
	shutdown(talks[PEER].life.tcp.server, SHUT_WR);
	shutdown(talks[NEVER].life.tcp.server, SHUT_WR);
	shutdown(talks[HERE].life.tcp.client, SHUT_WR);
	tcp_abort(talks[RESET].life.tcp.server);
	tcp_abort(talks[ABORTED].life.tcp.client);
	talks[RESET].life.tcp.server = talks[ABORTED].life.tcp.client = -1;
	wait_probes(&scene, 3);
	life_close_client(&talks[PEER].life);
	life_close_client(&talks[NEVER].life);
	life_close_server(&talks[HERE].life);
	for (int i = 0; i < LIVES; i++)
		assert_data(&talks[i], closing_s);
	assert_int_equal(tool_stop(scene.tool), 0);
	for (int i = 0; i < LIVES; i++)
		life_end(&talks[i].life);
	scene_end(&scene);
}

/* Keepalive never acts. */
LIVE_TEST(ends_data_of_all)
{
	struct scene scene = verdict_scene("--all");
	struct talk talk = talk_begin(&scene, &patient);
	struct life clock = life_begin(&scene, &quick);
	double closing_s, said_s;
	const char *at;

	client_sends(&talk);
	wait_probes(&scene, 3);
	closing_s = now_s();
	shutdown(talk.life.tcp.server, SHUT_WR);
	wait_probes(&scene, 3);
	life_close_client(&talk.life);
	assert_ended(&talk.life, "closed by peer", 0);
	assert_int_equal(tool_stop(scene.tool), 0);
	at = strstr(tool_stdout(scene.tool), "ended: closed by peer after ");
	assert_non_null(at);
	assert_int_equal(sscanf(at, "ended: closed by peer after %lfs without data", &said_s), 1);
	assert_about((unsigned long long)(said_s * US), closing_s - talk.sent_s);
	assert_sentence(&talk.life, "s: perhaps an idle timeout of its application or of a balancer");
	life_end(&clock);
	life_end(&talk.life);
	scene_end(&scene);
}

/* It exits when the peer has closed. */
static pid_t give_to_client(struct life *life)
{
	const pid_t pid = fork();
	char byte;

	assert_true(pid >= 0);
	if (!pid) {
		dup2(life->tcp.client, STDIN_FILENO);
		close_range(STDERR_FILENO + 1, ~0U, 0);
		while (read(STDIN_FILENO, &byte, 1) > 0)
			;
		_exit(0);
	}
	close(life->tcp.client);
	life->tcp.client = -1;
	return pid;
}

static void send_unread(const struct life *life)
{
	struct pollfd readable = { .fd = life->tcp.client, .events = POLLIN };

	assert_int_equal(send(life->tcp.server, "hello", 5, 0), 5);
	assert_int_equal(poll(&readable, 1, 10000), 1);
}

/* reason NULL: none is said */
static void assert_reason(const struct life *life, const char *reason)
{
	const struct talk talk = { .life = *life };
	const char *line = ended_line(&talk);
	char key[64];

	snprintf(key, sizeof(key), "\"close_reason\":\"%s\"", reason ? reason : "");
	if (!reason)
		*strrchr(key, ':') = '\0';
	if (!strstr(line, key) == !!reason)
		fail_msg("%s is wrong in: %s", key, line);
}

LIVE_TEST(ends_reason)
{
	enum {
		KILLED,
		KILLED_UNREAD,
		EXITED, /* after the peer's FIN */
		CLOSED,
		CLOSED_SECOND,
		SHUT_WRITE,
		SHUT_BOTH,
		UNREAD,
		LINGERED,
		PEER_RESET,
		DESTROYED,
		LIVES
	};
	static const char *const reasons[LIVES] = {
		[KILLED] = "process_exit", [KILLED_UNREAD] = "process_exit",
		[EXITED] = "process_exit", [CLOSED] = "close",
		[CLOSED_SECOND] = "close", [SHUT_WRITE] = "shutdown",
		[SHUT_BOTH] = "shutdown",  [UNREAD] = "close",
		[LINGERED] = "close",
	};
	struct scene scene = verdict_scene("-j");
	struct life lives[LIVES];
	pid_t pid[3];

	for (int i = 0; i < LIVES; i++)
		lives[i] = life_begin(&scene, &quick);
	send_unread(&lives[KILLED_UNREAD]);
	send_unread(&lives[UNREAD]);
	pid[EXITED] = give_to_client(&lives[EXITED]);
	for (int i = 0; i < EXITED; i++)
		pid[i] = life_give_away_client(&lives[i]);
	wait_probes(&scene, 2 * LIVES);
	for (int i = 0; i < EXITED; i++)
		life_kill(pid[i]);
	shutdown(lives[EXITED].tcp.server, SHUT_WR);
	waitpid(pid[EXITED], NULL, 0);
	life_close_client(&lives[CLOSED]);
	life_close_server(&lives[CLOSED_SECOND]);
	assert_int_equal(tcp_wait_death(lives[CLOSED_SECOND].tcp.client, 10), 0);
	life_close_client(&lives[CLOSED_SECOND]);
	shutdown(lives[SHUT_WRITE].tcp.client, SHUT_WR);
	shutdown(lives[SHUT_BOTH].tcp.client, SHUT_RDWR);
	life_close_client(&lives[UNREAD]);
	tcp_abort(lives[LINGERED].tcp.client);
	tcp_abort(lives[PEER_RESET].tcp.server);
	lives[LINGERED].tcp.client = lives[PEER_RESET].tcp.server = -1;
	tcp_destroy(scene.net, &lives[DESTROYED].tcp);
	for (int i = 0; i < LIVES; i++)
		if (lives[i].tcp.server >= 0)
			life_close_server(&lives[i]);
	for (int i = 0; i < LIVES; i++)
		assert_reason(&lives[i], reasons[i]);
	assert_int_equal(tool_stop(scene.tool), 0);
	for (int i = 0; i < LIVES; i++)
		life_end(&lives[i]);
	scene_end(&scene);
}

LIVE_TEST(ends_reason_said)
{
	struct scene scene = verdict_scene(NULL);
	struct life killed = life_begin(&scene, &quick), closed = life_begin(&scene, &quick);
	const pid_t pid = life_give_away_client(&killed);

	wait_probes(&scene, 4);
	life_kill(pid);
	life_close_client(&closed);
	life_close_server(&killed);
	life_close_server(&closed);
	assert_true(life_wait_said(&killed, 1, "ended: closed locally after "));
	assert_true(life_wait_said(&closed, 1, "ended: closed locally after "));
	assert_int_equal(life_said(&killed, "s without data; its process exited"), 1);
	assert_int_equal(life_said(&closed, "process"), 0);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_sentence(&killed, "This side closed the connection: its process exited or was killed.");
	assert_sentence(&closed, "This side closed the connection. No data");
	life_end(&killed);
	life_end(&closed);
	scene_end(&scene);
}
