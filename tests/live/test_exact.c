// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Nothing missing, nothing invented; and what is lost is said. */
#include "live.h"

#include "net.h"
#include "reference.h"
#include "tcp.h"
#include "tool.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 2000
#define GROUP 100

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

/* Every firing of 2,000 timers: katrace, a reference program on the same firings, and the kernel's own counter. */
void exact_attempts(void **state)
{
	static int clients[CONNECTIONS], servers[CONNECTIONS];
	const char *const args[] = { NULL };
	struct reference *reference;
	uint64_t before, kernel;
	struct net *net;
	struct tool *tool;
	char peer[64];
	int shown;

	(void)state;
	NEEDS_ROOT();
	net = net_new();
	snprintf(peer, sizeof(peer), "  " ADDR4_B ":%u  ", tcp_connect_many(net, clients, servers, CONNECTIONS));
	net_enter(net, HOST_A);
	reference = reference_start();
	net_leave(net);
	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	before = net_keepalives(net, HOST_A);
	switch_on(clients);
	assert_true(tool_wait_lines(tool, 10000, peer, "  probe ", 60));
	for (int i = 0; i < CONNECTIONS; i++)
		tcp_keepalive_off(clients[i]);
	kernel = net_keepalives(net, HOST_A) - before;
	assert_int_equal(tool_stop(tool), 0);
	shown = tool_lines(tool, peer, "  probe ");
	print_message("attempts: %d shown, %llu by the reference program, %llu by the kernel's counter\n", shown,
		      (unsigned long long)reference_attempts(reference), (unsigned long long)kernel);
	assert_int_equal(shown, reference_attempts(reference));
	assert_true((uint64_t)shown <= kernel);
	assert_null(strstr(tool_stdout(tool), "events lost"));
	for (int i = 0; i < CONNECTIONS; i++) {
		tcp_abort(clients[i]);
		tcp_abort(servers[i]);
	}
	reference_free(reference);
	tool_free(tool);
	net_free(net);
}

/* A katrace that cannot keep up: a ring of one page, and stopped while 300 connections probe. */
void exact_loss_is_reported(void **state)
{
	const char *const args[] = { "--buffer", "4", NULL };
	enum { N = 300 };
	int clients[N], servers[N];
	struct net *net;
	struct tool *tool;
	uint64_t before;

	(void)state;
	NEEDS_ROOT();
	net = net_new();
	tcp_connect_many(net, clients, servers, N);
	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	tool_signal(tool, SIGSTOP);
	before = net_keepalives(net, HOST_A);
	for (int i = 0; i < N; i++)
		tcp_keepalive(clients[i], &quick);
	while (net_keepalives(net, HOST_A) < before + N)
		usleep(10000);
	tool_signal(tool, SIGCONT);
	assert_true(tool_wait_lines(tool, 1, "events lost: this host made them faster", "", 10));
	assert_int_equal(tool_stop(tool), 0);
	assert_non_null(strstr(tool_stderr(tool), "katrace: LOST: "));
	assert_null(strstr(tool_stderr(tool), " 0 records from the kernel"));
	for (int i = 0; i < N; i++) {
		tcp_abort(clients[i]);
		tcp_abort(servers[i]);
	}
	tool_free(tool);
	net_free(net);
}
