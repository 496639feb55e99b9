// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Why and when connections end, compared with the kernel's rules: tcp_keepalive_timer(), tcp_probe_timer() and
 * tcp_retransmit_timer() of net/ipv4/tcp_timer.c. Connections that can wait at the same time share a test.
 */
#include "live.h"

#include "firewall.h"
#include "net.h"
#include "puppet.h"
#include "stall.h"
#include "tcp.h"
#include "tool.h"
#include "until.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LEAST_RTO_MS 245 /* see net_least_rto() */
#define DAY_S 86400.0

static const struct keepalive quick = { 1, 1, 3, 0 };
static const struct keepalive patient = { 7200, 75, 9, 0 };

/* Two hosts and a katrace. */
struct scene {
	struct net *net;
	struct tool *tool;
	bool knows_result; /* of a probe: the return value of the kernel's function */
	bool sees_answers; /* also on half-closed connections */
};

/* A connection, and when the kernel's rule started to apply. */
struct life {
	const struct scene *scene;
	struct tcp tcp;
	double since_s; /* CLOCK_MONOTONIC */
	double clock_s; /* the same as time of day, which katrace shows */
};

/* --- scene --- */

/* A katrace that traces host A only, not other tests that run at the same time; option may be NULL. */
static struct scene scene_begin_with(const char *option)
{
	char netns[16];
	const char *const args[] = { "--netns", netns, option, NULL };
	struct scene scene = { .net = net_new() };

	net_name(scene.net, HOST_A, netns, sizeof(netns));
	net_remember(scene.net);
	net_least_rto(scene.net, LEAST_RTO_MS);
	net_sysctl(scene.net, HOST_A, "ipv4/tcp_early_retrans", "0"); /* no tail loss probe before the first timer */
	scene.tool = tool_start(args);
	assert_true(tool_wait_started(scene.tool));
	scene.knows_result = !strstr(tool_stderr(scene.tool), "(tracepoint mode)");
	scene.sees_answers = scene.knows_result;
	return scene;
}

static struct scene scene_begin(void)
{
	return scene_begin_with(NULL);
}

static void scene_end(const struct scene *scene)
{
	tool_free(scene->tool);
	net_free(scene->net);
}

/* --- time --- */

static double monotonic_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double time_of_day_s(void)
{
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	return tm.tm_hour * 3600.0 + tm.tm_min * 60.0 + tm.tm_sec + (double)now.tv_nsec / 1e9;
}

static bool within_a_second(double a, double b)
{
	return a - b < 1 && b - a < 1;
}

/* The rule applies from now on. */
static void life_counts(struct life *life)
{
	life->since_s = monotonic_s();
	life->clock_s = time_of_day_s();
}

/* --- life --- */

static struct life life_of(const struct scene *scene, struct tcp tcp, const struct keepalive *keepalive)
{
	struct life life = { .scene = scene, .tcp = tcp };

	tcp_keepalive(tcp.client, keepalive);
	life_counts(&life);
	return life;
}

static struct life life_begin(const struct scene *scene, const struct keepalive *keepalive)
{
	return life_of(scene, tcp_connect(scene->net, TCP_IPV4), keepalive);
}

static void life_end(struct life *life)
{
	tcp_close(&life->tcp);
}

static int said(const struct life *life, const char *what)
{
	return tool_lines(life->scene->tool, local_port(life->tcp.client_port), what);
}

static bool wait_said(const struct life *life, int n, const char *what)
{
	return tool_wait_lines(life->scene->tool, n, local_port(life->tcp.client_port), what, 30);
}

static int probes_sent(const struct life *life)
{
	return said(life, "of silence") - said(life, "not sent");
}

static void close_client(struct life *life)
{
	life_counts(life);
	close(life->tcp.client);
	life->tcp.client = -1;
}

static void close_server(struct life *life)
{
	close(life->tcp.server);
	life->tcp.server = -1;
}

/*
 * The client has closed its end; with the server's FIN that is over. Without, an orphan in FIN_WAIT2 is let go at once
 * or, if the ACK of its FIN came just while close() still held the socket, after tcp_fin_timeout: 60 s
 * (tcp_rcv_state_process() of net/ipv4/tcp_input.c; seen on 6.1).
 */
static void server_closes_too(struct life *life)
{
	assert_int_equal(tcp_wait_death(life->tcp.server, 10), 0);
	close_server(life);
}

static void send_from_client(struct life *life)
{
	life_counts(life);
	assert_int_equal(send(life->tcp.client, "hello world", 11, 0), 11);
}

/* --- expectations of the end --- */

struct search {
	const char *port, *before; /* of the lines with both, */
	const char *words;         /* lines that end with this; NULL: any */
	double clock_s;            /* when the last one was said */
	double number;             /* what follows in it, if that is one */
	int n;
};

static void search_line(void *ctx, const char *line)
{
	struct search *search = ctx;
	const char *at = strstr(line, search->before);
	int hour, minute;
	double second;

	if (!at || !strstr(line, search->port))
		return;
	at += strlen(search->before);
	if (search->words && strcmp(at, search->words) != 0)
		return;
	assert_int_equal(sscanf(line, "%d:%d:%lf", &hour, &minute, &second), 3);
	search->clock_s = hour * 3600 + minute * 60 + second;
	search->number = strtod(at, NULL);
	search->n++;
}

/* How long after the kernel's rule began to count. */
static double after_s(const struct life *life, double clock_s)
{
	const double s = clock_s - life->clock_s;

	return s < -DAY_S / 2 ? s + DAY_S : s; /* midnight has passed */
}

/* katrace prints this end once, at_s after the rule started to apply, within a second. */
static void assert_ended(const struct life *life, const char *words, double at_s)
{
	struct search search = { .port = local_port(life->tcp.client_port), .before = "ended: ", .words = words };

	wait_said(life, 1, "ended: ");
	tool_each_line(life->scene->tool, search_line, &search);
	if (search.n != 1)
		fail_msg("\"ended: %s\" was said %d times", words, search.n);
	if (!within_a_second(after_s(life, search.clock_s), at_s))
		fail_msg("\"ended: %s\" came after %.3f s instead of %.3f s", words, after_s(life, search.clock_s),
			 at_s);
}

/* When data started to wait, katrace predicted the end within a second. */
static void assert_foretold(const struct life *life, double at_s)
{
	struct search search = { .port = local_port(life->tcp.client_port), .before = "gives up in about " };
	double foretold_s;

	tool_each_line(life->scene->tool, search_line, &search);
	assert_int_equal(search.n, 1);
	foretold_s = after_s(life, search.clock_s) + search.number;
	if (!within_a_second(foretold_s, at_s))
		fail_msg("foretold for %.3f s, not for %.3f s", foretold_s, at_s);
}

/* The application gets that errno, at_s after the rule started to apply, within a second. */
static void assert_told(const struct life *life, int error, double at_s)
{
	double told_s;

	assert_int_equal(tcp_wait_death(life->tcp.client, (int)at_s + 20), error);
	told_s = monotonic_s() - life->since_s;
	if (!within_a_second(told_s, at_s))
		fail_msg("died after %.3f s instead of %.3f s", told_s, at_s);
}

static void assert_died(const struct life *life, int error, const char *words, double at_s)
{
	assert_told(life, error, at_s);
	assert_ended(life, words, at_s);
}

/* After katrace has ended: the sentence under the connection's timeline has this. */
static void assert_sentence(const struct life *life, const char *what)
{
	const char *block, *end, *found;
	char head[64];

	snprintf(head, sizeof(head), "\n%s:%u - ", net_addr4(HOST_A), life->tcp.client_port);
	block = strstr(tool_stdout(life->scene->tool), head);
	assert_non_null(block);
	end = strstr(block, "\n\n");
	found = strstr(block, what);
	if (!end || !found || found > end)
		fail_msg("the timeline lacks: %s", what);
}

/* --- the kernel's rules --- */

/* The timer wheel rounds each wait up, by an eighth at most; over doubling waits some 3 to 6 % were measured. */
static double with_wheel(double waits_s)
{
	return waits_s * (1 + 1 / 24.0);
}

static double rto_s(int fd)
{
	return tcp_ask(fd).tcpi_rto / 1e6;
}

/*
 * retransmits_timed_out(): the timer fires an RTO after the send, then after twice that, and so on, and gives up when
 * since its first time the limit has passed, which is reckoned with 200 ms.
 */
static double retransmission_limit_s(int retries)
{
	return ((2 << retries) - 1) * 0.2;
}

static double retransmission_s(double rto, int retries)
{
	double fires = rto;

	for (double wait = 2 * rto; fires - rto < retransmission_limit_s(retries); wait *= 2)
		fires += wait;
	return with_wheel(fires);
}

/* tcp_probe_timer(): so many probes of a closed window go without an answer; pauses double until as many were sent. */
static double window_probing_s(double rto, int retries, int backoff)
{
	double fires = 0;

	for (int probe = 0; probe <= retries; probe++)
		fires += rto * (1 << (backoff + probe < retries ? backoff + probe : retries));
	return with_wheel(fires);
}

/* Since the peer's last ACK; after it has fallen silent. */
static double window_probe_timeout_s(int fd, int retries)
{
	const struct tcp_info info = tcp_ask(fd);

	return window_probing_s(info.tcpi_rto / 1e6, retries, info.tcpi_backoff - info.tcpi_probes) -
	       info.tcpi_last_ack_recv / 1e3;
}

/* --- the peer falls silent --- */

/* Firings are idle after the peer was last heard, then each interval; the first that finds the limit reached ends it.
 */
LIVE_TEST(verdict_silent_peer)
{
	const struct keepalive by_limit = { 5, 3, 3, 0 }, by_5_s = { 1, 11, 3, 5000 }, by_12_s = { 1, 11, 3, 12500 };
	struct scene scene;
	struct life limit, early, late;

	scene = scene_begin();
	limit = life_begin(&scene, &by_limit);
	early = life_begin(&scene, &by_5_s);
	late = life_begin(&scene, &by_12_s);
	net_deaf(scene.net, HOST_B, true);
	assert_died(&early, ETIMEDOUT, "user timeout, ETIMEDOUT", 12);
	assert_died(&limit, ETIMEDOUT, "keepalive timeout, ETIMEDOUT", 14);
	assert_died(&late, ETIMEDOUT, "user timeout, ETIMEDOUT", 23);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(probes_sent(&early), 1);
	assert_int_equal(probes_sent(&limit), 3);
	assert_int_equal(probes_sent(&late), 2);
	assert_sentence(&early, "TCP_USER_TIMEOUT (5s) overrode the limit of 3 probes");
	assert_sentence(&limit, "The peer answered none of 3 probes; the application got ETIMEDOUT after 14.");
	assert_sentence(&late, "TCP_USER_TIMEOUT (12.5s) overrode the limit of 3 probes");
	life_end(&limit);
	life_end(&early);
	life_end(&late);
	scene_end(&scene);
}

/* Keepalive does not act while data is waiting: 11 bytes in flight, or more than the peer's window. */
LIVE_TEST(verdict_suppressed)
{
	const struct keepalive user_timeout = { 1, 1, 3, 3000 };
	struct scene scene;
	struct life window, told, silent, user;
	double window_s, rto;

	scene = scene_begin();
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
	send_from_client(&told);
	send_from_client(&silent);
	send_from_client(&user);
	assert_died(&user, ETIMEDOUT, "user timeout, ETIMEDOUT", rto + 3);
	assert_int_equal(said(&silent, ""), 0);
	assert_told(&told, ETIMEDOUT, retransmission_s(rto, 5));
	assert_told(&silent, ETIMEDOUT, retransmission_s(rto, 5));
	assert_ended(&told, "retransmission timeout, ETIMEDOUT", retransmission_s(rto, 5));
	assert_ended(&silent, "retransmission timeout, ETIMEDOUT", retransmission_s(rto, 5));
	assert_died(&window, ETIMEDOUT, "window probe timeout, ETIMEDOUT", window_s);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(said(&told, "suppressed: 11 bytes unacknowledged"), 1);
	assert_int_equal(said(&told, "retransmission is in charge"), 1);
	assert_foretold(&told, retransmission_s(rto, 5));
	assert_foretold(&user, rto + 3);
	assert_int_equal(probes_sent(&told), 0);
	assert_int_equal(said(&silent, ""), 2);
	assert_int_equal(said(&silent, "keepalive: 7200s idle, then 9 probes 75s apart"), 1);
	assert_int_equal(said(&window, "window probing is in charge"), 1);
	assert_int_equal(probes_sent(&window), 0);
	assert_int_equal(probes_sent(&user), 0);
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
	struct scene scene;
	struct life lives, dies;
	double since_s;

	scene = scene_begin();
	lives = life_of(&scene, tcp_connect_narrow(scene.net), &quick);
	dies = life_of(&scene, tcp_connect_narrow(scene.net), &user_timeout);
	tcp_close_window(lives.tcp.client);
	since_s = monotonic_s();
	tcp_close_window(dies.tcp.client);
	life_counts(&dies); /* from its first probe, which was answered just now */
	assert_in_range((int)((monotonic_s() - since_s) * 1000), 0, 1000);
	assert_died(&dies, ETIMEDOUT, "user timeout, ETIMEDOUT", 2.5);
	assert_true(wait_said(&lives, 1, "window probing is in charge"));
	tcp_read_all(lives.tcp.server);
	assert_true(wait_said(&lives, 1, "no longer suppressed: 0 bytes unacknowledged"));
	assert_true(wait_said(&lives, 1, "probe 1/3 after"));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(said(&dies, "window probing is in charge"), 1);
	assert_int_equal(probes_sent(&dies), 0);
	assert_int_equal(said(&lives, "ended"), 0);
	assert_sentence(&dies, "TCP_USER_TIMEOUT (2.5s)");
	life_end(&lives);
	life_end(&dies);
	scene_end(&scene);
}

/* Two probes are lost. At the third the peer is back: unchanged, or rebooted without the connection. */
LIVE_TEST(verdict_third_probe)
{
	const struct keepalive enduring = { 1, 1, 9, 0 };
	struct scene scene;
	struct life lives, dies;

	scene = scene_begin();
	lives = life_begin(&scene, &quick);
	dies = life_begin(&scene, &enduring);
	net_deaf(scene.net, HOST_B, true);
	tcp_abort(dies.tcp.server);
	dies.tcp.server = -1;
	assert_true(wait_said(&lives, 1, "probe 2/3 after"));
	assert_true(wait_said(&dies, 1, "probe 2/9 after"));
	net_deaf(scene.net, HOST_B, false);
	assert_died(&dies, ECONNRESET, "reset by peer, ECONNRESET", 3);
	assert_true(wait_said(&lives, 1, "answered in"));
	assert_true(wait_said(&lives, 2, "probe 1/3 after"));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(said(&lives, "probe 2/3 after"), 1);
	assert_int_equal(said(&lives, "probe 3/3 after"), 1);
	assert_int_equal(said(&lives, "ended"), 0);
	assert_int_equal(probes_sent(&dies), 3);
	assert_int_equal(said(&dies, "  answered "), 0);
	assert_sentence(&dies, "The peer answered the probe with a reset");
	life_end(&lives);
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
	struct scene scene;
	struct life unanswered, refused;
	unsigned int port;
	int listener;

	scene = scene_begin();
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
	struct scene scene;
	struct life probing, sending;
	const uint64_t reports = 4;

	scene = scene_begin();
	net_sysctl(scene.net, HOST_A, "ipv4/tcp_retries2", "3");
	sending = life_begin(&scene, &patient);
	probing = life_begin(&scene, &quick);
	net_replace_by_router(scene.net);
	assert_died(&probing, ETIMEDOUT, "keepalive timeout, ETIMEDOUT", 4);
	wait_reports(&scene, reports); /* of three probes and the reset at its end */
	send_from_client(&sending);
	wait_reports(&scene, reports + 1);
	net_silence_router(scene.net);
	assert_died(&sending, EHOSTUNREACH, "retransmission timeout, EHOSTUNREACH",
		    retransmission_s(rto_s(sending.tcp.client), 3));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(probes_sent(&probing), 3);
	assert_int_equal(said(&sending, ""), 2);
	assert_sentence(&probing, "The peer answered none of 3 probes; the application got ETIMEDOUT after 4.");
	assert_sentence(&sending, "a router reported the host unreachable");
	life_end(&probing);
	life_end(&sending);
	scene_end(&scene);
}

/* A local firewall: the kernel counts dropped probes as sent; only some modes see that they were not. */
LIVE_TEST(verdict_firewall)
{
	const struct keepalive enduring = { 1, 1, 9, 0 };
	struct scene scene;
	struct life dies, lives;

	scene = scene_begin();
	dies = life_begin(&scene, &quick);
	lives = life_begin(&scene, &enduring);
	firewall_output(scene.net, HOST_A, true);
	assert_died(&dies, ETIMEDOUT, "keepalive timeout, ETIMEDOUT", 4);
	firewall_output(scene.net, HOST_A, false);
	assert_true(wait_said(&lives, 1, "answered in"));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(probes_sent(&dies), 3);
	assert_int_equal(said(&dies, "; refused on this host: EPERM"), scene.knows_result ? 3 : 0);
	assert_sentence(&dies, scene.knows_result ? "Probes were refused on this host (EPERM: a local firewall?); the "
						    "peer may be alive"
						  : "The peer answered none of 3 probes; ");
	life_end(&dies);
	life_end(&lives);
	scene_end(&scene);
}

/* A full local queue: tried again every 0.5 s, even after the time of the probe limit. */
LIVE_TEST(verdict_full_queue)
{
	struct scene scene;
	struct life life;

	scene = scene_begin();
	life = life_begin(&scene, &quick);
	net_refuse(scene.net, HOST_A, true);
	assert_true(wait_said(&life, 9, "probe 1/3 not sent: refused by the local stack"));
	assert_true(monotonic_s() - life.since_s > 4.9);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(probes_sent(&life), 0);
	assert_int_equal(said(&life, "ended"), 0);
	assert_int_equal(tcp_wait_death(life.tcp.client, 0), -1);
	assert_sentence(&life, "Probes never left this host (");
	net_refuse(scene.net, HOST_A, false);
	life_end(&life);
	scene_end(&scene);
}

/* --- somebody closes --- */

/* The client is that process's alone. */
static pid_t give_away_client(struct life *life)
{
	const pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		dup2(life->tcp.client, STDIN_FILENO);
		close_range(STDERR_FILENO + 1, ~0U, 0);
		for (;;)
			pause();
	}
	close(life->tcp.client);
	life->tcp.client = -1;
	return pid;
}

static void kill_and_wait(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

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
	struct scene scene;
	pid_t killed, killed_unread;

	scene = scene_begin();
	for (int i = 0; i < LIVES; i++)
		lives[i] = life_begin(&scene, &quick);
	send_unread(&lives[KILLED_UNREAD]);
	killed_unread = give_away_client(&lives[KILLED_UNREAD]);
	killed = give_away_client(&lives[KILLED]);
	for (int i = 0; i < LIVES; i++)
		assert_true(wait_said(&lives[i], 1, "answered in"));
	/* first of all, as they hold the other connections too: the processes were forked */
	life_counts(&lives[KILLED]);
	kill_and_wait(killed);
	life_counts(&lives[KILLED_UNREAD]);
	kill_and_wait(killed_unread);
	server_closes_too(&lives[KILLED]);
	close_server(&lives[PEER]);
	assert_int_equal(tcp_wait_death(lives[PEER].tcp.client, 10), 0);
	close_client(&lives[PEER]);
	close_client(&lives[HERE]);
	server_closes_too(&lives[HERE]);
	send_unread(&lives[UNREAD]);
	close_client(&lives[UNREAD]);
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
	struct scene scene;
	struct life life;

	scene = scene_begin();
	life = life_begin(&scene, &quick);
	assert_true(wait_said(&life, 1, "answered in"));
	life_counts(&life);
	tcp_destroy(scene.net, &life.tcp);
	assert_died(&life, ECONNABORTED, "reset locally, ECONNABORTED", 0);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_sentence(&life, "This side aborted the connection.");
	life_end(&life);
	scene_end(&scene);
}

/* Orphans whose FIN is never acknowledged: no application gets their ETIMEDOUT. Only one was probed before. */
static void orphans(bool all)
{
	struct scene scene;
	struct life probed, never;
	double at_s;

	scene = scene_begin_with(all ? "--all" : NULL);
	net_sysctl(scene.net, HOST_A, "ipv4/tcp_orphan_retries", "2");
	never = life_begin(&scene, &patient);
	probed = life_begin(&scene, &quick);
	assert_true(wait_said(&probed, 1, "answered in"));
	net_deaf(scene.net, HOST_B, true);
	at_s = retransmission_s(rto_s(probed.tcp.client), 2);
	close_client(&never);
	close_client(&probed);
	assert_ended(&probed, "closed locally", at_s);
	if (all)
		assert_ended(&never, "closed locally", at_s);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(said(&never, "") > 0, all);
	assert_sentence(&probed, "This side closed the connection.");
	life_end(&probed);
	life_end(&never);
	scene_end(&scene);
}

LIVE_TEST(verdict_orphan)
{
	orphans(false);
}

LIVE_TEST(verdict_orphan_of_all)
{
	orphans(true);
}

/* One side has sent its FIN, and keepalive continues. */
LIVE_TEST(verdict_half_closed)
{
	struct scene scene;
	struct life theirs, ours;
	const char *answered;

	scene = scene_begin();
	answered = scene.sees_answers ? "answered in" : "answered within about";
	theirs = life_begin(&scene, &quick);
	ours = life_begin(&scene, &quick);
	shutdown(theirs.tcp.server, SHUT_WR);
	shutdown(ours.tcp.client, SHUT_WR);
	assert_true(wait_said(&theirs, 3, "s of silence (close_wait)"));
	assert_true(wait_said(&ours, 3, "s of silence (fin_wait_2)"));
	assert_true(wait_said(&theirs, 2, answered));
	assert_true(wait_said(&ours, 2, answered));
	close_client(&theirs);
	close_client(&ours);
	assert_ended(&theirs, "closed by peer", 0);
	assert_ended(&ours, "closed locally", 0);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(said(&theirs, "probe 2/3"), 0);
	assert_int_equal(said(&ours, "probe 2/3"), 0);
	life_end(&theirs);
	life_end(&ours);
	scene_end(&scene);
}

/* --- segments that are not answers, firings without events --- */

/* A puppet sends various segments while a probe is unanswered; only those that the kernel accepts are answers. */
LIVE_TEST(verdict_not_an_answer)
{
	const struct keepalive enduring = { 1, 1, 9, 0 };
	struct puppet *puppet;
	struct scene scene;
	struct life life;

	scene = scene_begin();
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
	assert_true(wait_said(&life, 1, "answered in"));
	assert_int_equal(said(&life, "probe 4/9 after"), 1);
	puppet_wait_probe(puppet);
	assert_true(wait_said(&life, 2, "probe 1/9 after"));
	send_from_client(&life); /* into the closed window */
	puppet_wait_probe(puppet);
	puppet_say(puppet, TH_ACK, 0, 0);
	assert_true(wait_said(&life, 1, "window probing is in charge"));
	assert_int_equal(said(&life, "  answered "), 1);
	puppet_say(puppet, TH_ACK, 0, 1000);
	puppet_wait_data(puppet);
	puppet_say(puppet, TH_ACK, 0, 1000);
	puppet_wait_probe(puppet);
	puppet_say(puppet, TH_ACK, 0, 1000);
	assert_true(wait_said(&life, 2, "answered in"));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(said(&life, "  answered "), 2);
	assert_int_equal(said(&life, "no longer suppressed"), 1);
	assert_int_equal(said(&life, "ended"), 0);
	puppet_free(puppet);
	life_end(&life);
	scene_end(&scene);
}

/*
 * The timer also runs for an orphan in FIN_WAIT2, here for 63 - 60 s (a minute is left to TIME_WAIT), and again and
 * again for a socket that its user has locked.
 */
LIVE_TEST(verdict_not_keepalive)
{
	const int linger_s = 63;
	struct life orphan, locked;
	struct stall *stall;
	struct scene scene;
	int probes, lines;

	scene = scene_begin();
	orphan = life_begin(&scene, &quick);
	locked = life_begin(&scene, &quick);
	assert_true(wait_said(&orphan, 1, "answered in"));
	assert_true(wait_said(&locked, 1, "answered in"));
	assert_int_equal(setsockopt(orphan.tcp.client, IPPROTO_TCP, TCP_LINGER2, &linger_s, sizeof(linger_s)), 0);
	stall = stall_begin(locked.tcp.client);
	close_client(&orphan);
	probes = probes_sent(&orphan);
	lines = said(&locked, "");
	assert_ended(&orphan, "closed locally", 3);
	assert_int_equal(probes_sent(&orphan), probes);
	assert_int_equal(said(&locked, ""), lines);
	stall_end(stall);
	assert_true(wait_said(&locked, 2, "answered in"));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(said(&locked, "suppressed"), 0);
	assert_int_equal(said(&locked, "probe 2/3"), 0);
	life_end(&orphan);
	life_end(&locked);
	scene_end(&scene);
}

/* --- settings --- */

/* Switched on late, changed, and switched off again. */
LIVE_TEST(verdict_settings)
{
	const struct keepalive other = { 1, 2, 5, 0 };
	struct scene scene;
	struct life early, late;

	scene = scene_begin();
	early = life_begin(&scene, &quick);
	late = life_begin(&scene, &quick);
	tcp_keepalive_off(late.tcp.client);
	assert_true(wait_said(&early, 2, "answered in"));
	assert_int_equal(said(&late, ""), 0);
	tcp_keepalive(late.tcp.client, &quick);
	tcp_keepalive(early.tcp.client, &other);
	assert_true(wait_said(&late, 1, "probe 1/3 after"));
	assert_true(wait_said(&early, 1, "keepalive is now: 1s idle, then 5 probes 2s apart"));
	assert_true(wait_said(&early, 1, "probe 1/5 after"));
	tcp_keepalive_off(early.tcp.client);
	close_client(&early);
	server_closes_too(&early);
	assert_ended(&early, "closed locally", 0);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(said(&early, "keepalive: 1s idle, then 3 probes 1s apart"), 1);
	assert_int_equal(said(&early, "keepalive is now: off"), 1);
	assert_int_equal(said(&early, "keepalive is now: "), 2);
	assert_int_equal(said(&late, "keepalive: 1s idle, then 3 probes 1s apart"), 1);
	assert_int_equal(said(&late, "keepalive is now: "), 0);
	life_end(&early);
	life_end(&late);
	scene_end(&scene);
}
