// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* No events are missing, none are invented, and losses are reported. */
#include "live.h"

#include "net.h"
#include "reference.h"
#include "tcp.h"
#include "tool.h"
#include "until.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 2000
#define GROUP 100
#define RUNS 10

static const struct keepalive quick = { 1, 1, 9, 0 };

/*
 * Spread over a second, as real connections are: a burst would overflow the backlog of the loopback-like cable
 * (net.core.netdev_max_backlog), and probes would be lost on the way.
 */
static void switch_on(const int *fds)
{
	const struct timespec pause = { .tv_nsec = 50000000 };

	for (int i = 0; i < CONNECTIONS; i++) {
		if (i % GROUP == 0)
			nanosleep(&pause, NULL);
		tcp_keepalive(fds[i], &quick);
	}
}

struct exact {
	struct net *net;
	struct tool *tool;
	struct reference *reference;
	char peer[64];   /* finds the lines about these connections */
	uint64_t before; /* TCPKeepAlive of the host before the first probe */
	int clients[CONNECTIONS], servers[CONNECTIONS];
};

struct attempts {
	uint64_t shown, reference, kernel;
};

/* Also the kernel's counter must agree, unless the kernel hides firings from tracing programs at times. */
static bool agree(const struct attempts *n)
{
	return n->shown == n->reference && (n->kernel == n->reference || !getenv("KATRACE_STRICT"));
}

/* No timer is running any more, but what the last ones did may still be on its way to each count. */
static struct attempts count_attempts(struct exact *exact)
{
	const int64_t deadline_ms = wait_now_ms() + WAIT_S * 1000LL;
	struct attempts n;

	do {
		n.kernel = net_keepalives(exact->net, HOST_A) - exact->before;
		n.reference = reference_attempts(exact->reference);
		tool_wait_lines(exact->tool, (int)n.reference, exact->peer, "  probe ", 1);
		n.shown = (uint64_t)tool_lines(exact->tool, exact->peer, "  probe ");
	} while (!agree(&n) && wait_now_ms() < deadline_ms);
	return n;
}

/* Every timer fires at least once; then all are switched off. */
static void run_once(struct exact *exact, int run)
{
	struct attempts n;

	switch_on(exact->clients);
	assert_true(tool_wait_lines(exact->tool, run * CONNECTIONS, exact->peer, "  probe ", 60));
	for (int i = 0; i < CONNECTIONS; i++)
		tcp_keepalive_off(exact->clients[i]);
	n = count_attempts(exact);
	print_message("attempts: %llu shown, %llu by the reference program, %llu by the kernel's counter\n",
		      (unsigned long long)n.shown, (unsigned long long)n.reference, (unsigned long long)n.kernel);
	assert_true(agree(&n));
	assert_true(n.shown <= n.kernel);
}

/*
 * Every firing of 2,000 timers, ten times: katrace, a reference program on the same firings, and the kernel's own
 * counter, which must agree where KATRACE_STRICT is set. It is not where the kernel runs no tracing programs at times
 * (docs/architecture.md, last fact): there katrace and the reference miss the same firings.
 */
LIVE_TEST(exact_attempts, .exclusive = true, .limit_s = 600)
{
	static struct exact exact;
	const char *const args[] = { NULL };

	exact.net = net_new();
	snprintf(exact.peer, sizeof(exact.peer), "  %s:%u  ", net_addr4(HOST_B),
		 tcp_connect_many(exact.net, exact.clients, exact.servers, CONNECTIONS));
	net_enter(exact.net, HOST_A);
	exact.reference = reference_start();
	net_leave(exact.net);
	exact.tool = tool_start(args);
	assert_true(tool_wait_started(exact.tool));
	exact.before = net_keepalives(exact.net, HOST_A);
	for (int run = 1; run <= RUNS; run++)
		run_once(&exact, run);
	assert_int_equal(tool_stop(exact.tool), 0);
	assert_int_equal(tool_lines(exact.tool, exact.peer, "  probe "), reference_attempts(exact.reference));
	assert_null(strstr(tool_stdout(exact.tool), "events lost"));
	if (getenv("KATRACE_STRICT"))
		assert_null(strstr(tool_stderr(exact.tool), "LOST"));
	tcp_abort_many(exact.clients, CONNECTIONS);
	tcp_abort_many(exact.servers, CONNECTIONS);
	reference_free(exact.reference);
	tool_free(exact.tool);
	net_free(exact.net);
}

/* A katrace that cannot keep up: a ring of one page, and stopped while 300 connections probe. */
LIVE_TEST(exact_loss_is_reported)
{
	const char *const args[] = { "--buffer", "4", NULL };
	enum { N = 300 };
	int clients[N], servers[N];
	struct net *net;
	struct tool *tool;

	net = net_new();
	tcp_connect_many(net, clients, servers, N);
	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	tool_signal(tool, SIGSTOP);
	tcp_probe_all(net, clients, N, &quick, N);
	tool_signal(tool, SIGCONT);
	assert_true(tool_wait_lines(tool, 1, "events lost: this host made events faster", "", 10));
	assert_int_equal(tool_stop(tool), 0);
	assert_non_null(strstr(tool_stderr(tool), "katrace: LOST: "));
	assert_null(strstr(tool_stderr(tool), " 0 records from the kernel"));
	tcp_abort_many(clients, N);
	tcp_abort_many(servers, N);
	tool_free(tool);
	net_free(net);
}
