// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "verdict.h"

#include "live.h"

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

struct scene verdict_scene(const char *option)
{
	struct net *net = net_new();
	char netns[16];
	const char *const args[] = { "--netns", netns, option, NULL };

	net_name(net, HOST_A, netns, sizeof(netns));
	net_remember(net);
	net_least_rto(net, LEAST_RTO_MS);
	net_sysctl(net, HOST_A, "ipv4/tcp_early_retrans", "0"); /* no tail loss probe before the first timer */
	return scene_trace(net, args);
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

void life_counts(struct life *life)
{
	life->since_s = monotonic_s();
	life->clock_s = time_of_day_s();
}

double life_age_s(const struct life *life)
{
	return monotonic_s() - life->since_s;
}

/* How long after the kernel's rule began to count. */
static double after_s(const struct life *life, double clock_s)
{
	const double s = clock_s - life->clock_s;

	return s < -DAY_S / 2 ? s + DAY_S : s; /* midnight has passed */
}

/* The time of a line of katrace's, as time of day. */
static double line_clock_s(const char *line)
{
	int hour, minute;
	double second;

	assert_int_equal(sscanf(line, "%d:%d:%lf", &hour, &minute, &second), 3);
	return hour * 3600 + minute * 60 + second;
}

/* --- life --- */

struct life life_of(const struct scene *scene, struct tcp tcp, const struct keepalive *keepalive)
{
	struct life life = { .scene = scene, .tcp = tcp };

	tcp_keepalive(tcp.client, keepalive);
	life_counts(&life);
	return life;
}

struct life life_begin(const struct scene *scene, const struct keepalive *keepalive)
{
	return life_of(scene, tcp_connect(scene->net, TCP_IPV4), keepalive);
}

void life_end(struct life *life)
{
	tcp_close(&life->tcp);
}

int life_said(const struct life *life, const char *what)
{
	return scene_said_of(life->scene, &life->tcp, what);
}

struct stretch {
	const struct life *life;
	const char *port, *what;
	double s;
	int n;
};

static void count_within(void *ctx, const char *line)
{
	struct stretch *stretch = ctx;
	double s;

	if (!strstr(line, stretch->port) || !strstr(line, stretch->what))
		return;
	s = after_s(stretch->life, line_clock_s(line));
	stretch->n += s > 0 && s < stretch->s;
}

int life_said_within(const struct life *life, const char *what, double s)
{
	struct stretch stretch = { life, local_port(life->tcp.client_port), what, s, 0 };

	tool_each_line(life->scene->tool, count_within, &stretch);
	return stretch.n;
}

bool life_wait_said(const struct life *life, int n, const char *what)
{
	return scene_wait_said_of(life->scene, &life->tcp, n, what, 30);
}

int life_probes(const struct life *life)
{
	return life_said(life, "of silence") - life_said(life, "not sent");
}

void life_close_client(struct life *life)
{
	life_counts(life);
	close(life->tcp.client);
	life->tcp.client = -1;
}

void life_close_server(struct life *life)
{
	close(life->tcp.server);
	life->tcp.server = -1;
}

pid_t life_give_away_client(struct life *life)
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

void life_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

void life_server_closes_too(struct life *life)
{
	assert_int_equal(tcp_wait_death(life->tcp.server, 10), 0);
	life_close_server(life);
}

void life_send(struct life *life)
{
	life_counts(life);
	assert_int_equal(send(life->tcp.client, "hello world", 11, 0), 11);
}

/* --- expectations of the end --- */

struct search {
	const char *port, *before; /* of the lines with both, */
	const char *words;         /* and then this, up to details; NULL: any */
	double clock_s;            /* when the last one was said */
	double number;             /* what follows in it, if that is one */
	int n;
};

/* "closed by peer after 8.0s without data; its process exited" is the end "closed by peer". */
static bool is_end(const char *said, const char *words)
{
	const size_t n = strlen(words);

	return strncmp(said, words, n) == 0 && (!said[n] || said[n] == ';' || strstr(said + n, " without data"));
}

static void search_line(void *ctx, const char *line)
{
	struct search *search = ctx;
	const char *at = strstr(line, search->before);
	char *unit;

	if (!at || !strstr(line, search->port))
		return;
	at += strlen(search->before);
	if (search->words && !is_end(at, search->words))
		return;
	search->clock_s = line_clock_s(line);
	search->number = strtod(at, &unit) / (*unit == 'm' ? 1000 : 1); /* "776.0ms", "3.7s" */
	search->n++;
}

void assert_said_at(const struct life *life, const char *words, double at_s)
{
	struct search search = { .port = local_port(life->tcp.client_port), .before = words };

	tool_each_line(life->scene->tool, search_line, &search);
	assert_int_equal(search.n, 1);
	if (!within_a_second(after_s(life, search.clock_s), at_s))
		fail_msg("\"%s\" came after %.3f s instead of %.3f s", words, after_s(life, search.clock_s), at_s);
}

double life_ended_s(const struct life *life, const char *words)
{
	struct search search = { .port = local_port(life->tcp.client_port), .before = "ended: ", .words = words };

	life_wait_said(life, 1, "ended: ");
	tool_each_line(life->scene->tool, search_line, &search);
	if (search.n != 1)
		fail_msg("\"ended: %s\" was said %d times", words, search.n);
	return after_s(life, search.clock_s);
}

void assert_ended(const struct life *life, const char *words, double at_s)
{
	const double ended_s = life_ended_s(life, words);

	if (!within_a_second(ended_s, at_s))
		fail_msg("\"ended: %s\" came after %.3f s instead of %.3f s", words, ended_s, at_s);
}

void assert_foretold(const struct life *life, double at_s)
{
	struct search search = { .port = local_port(life->tcp.client_port), .before = "gives up in about " };
	double foretold_s;

	tool_each_line(life->scene->tool, search_line, &search);
	assert_int_equal(search.n, 1);
	foretold_s = after_s(life, search.clock_s) + search.number;
	if (!within_a_second(foretold_s, at_s))
		fail_msg("foretold for %.3f s, not for %.3f s", foretold_s, at_s);
}

void assert_foretold_well(const struct life *life, int n)
{
	struct search search = { .port = local_port(life->tcp.client_port), .before = "gives up in about " };
	struct search end = { .port = search.port, .before = "ended: " };
	double foretold_s, ended_s;

	tool_each_line(life->scene->tool, search_line, &search);
	tool_each_line(life->scene->tool, search_line, &end);
	assert_int_equal(search.n, n);
	assert_int_equal(end.n, 1);
	foretold_s = after_s(life, search.clock_s) + search.number;
	ended_s = after_s(life, end.clock_s);
	if (!within_a_second(foretold_s, ended_s))
		fail_msg("foretold for %.3f s, not for %.3f s", foretold_s, ended_s);
}

void assert_told(const struct life *life, int error, double at_s)
{
	double told_s;

	assert_int_equal(tcp_wait_death(life->tcp.client, (int)at_s + 20), error);
	told_s = life_age_s(life);
	if (!within_a_second(told_s, at_s))
		fail_msg("died after %.3f s instead of %.3f s", told_s, at_s);
}

void assert_died(const struct life *life, int error, const char *words, double at_s)
{
	assert_told(life, error, at_s);
	assert_ended(life, words, at_s);
}

void assert_sentence(const struct life *life, const char *what)
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

double rto_s(int fd)
{
	return tcp_ask(fd).tcpi_rto / 1e6;
}

/* reckoned with the least RTO of the kernel */
static double retransmission_limit_s(int retries)
{
	return ((2 << retries) - 1) * 0.2;
}

double retransmission_s(double rto, int retries)
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

double window_probe_timeout_s(int fd, int retries)
{
	const struct tcp_info info = tcp_ask(fd);

	return window_probing_s(info.tcpi_rto / 1e6, retries, info.tcpi_backoff - info.tcpi_probes) -
	       info.tcpi_last_ack_recv / 1e3;
}
