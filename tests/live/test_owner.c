// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Whose connection it is. */
#include "live.h"

#include "net.h"
#include "tcp.h"
#include "tool.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct keepalive quick = { 1, 1, 3, 0 };

struct holder {
	pid_t pid;
	unsigned int port;
};

/* A process that holds a connection and does nothing else. */
static struct holder holder_start(const struct net *net, const char *name)
{
	struct holder holder;
	int ports[2];
	struct tcp tcp;

	assert_int_equal(pipe(ports), 0);
	holder.pid = fork();
	assert_true(holder.pid >= 0);
	if (!holder.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		tcp = tcp_connect(net, TCP_IPV4);
		tcp_keepalive(tcp.client, &quick);
		if (write(ports[1], &tcp.client_port, sizeof(tcp.client_port)) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ports[0], &holder.port, sizeof(holder.port)), sizeof(holder.port));
	close(ports[0]);
	close(ports[1]);
	return holder;
}

/* Every line about the holder's connection names its process. */
static void assert_always_named(const struct tool *tool, const struct holder *holder, const char *name)
{
	const char *port = local_port(holder->port);
	char owner[64];

	snprintf(owner, sizeof(owner), "  %-5d  %s", holder->pid, name);
	assert_true(tool_lines(tool, port, "") > 0);
	assert_int_equal(tool_lines(tool, port, owner), tool_lines(tool, port, ""));
}

static void holder_stop(const struct holder *holder)
{
	kill(holder->pid, SIGKILL);
	waitpid(holder->pid, NULL, 0);
}

void owner_pid_filter(void **state)
{
	struct holder wanted, other, unfiltered;
	char pid[16];
	const char *const args[] = { "-p", pid, NULL };
	struct net *net;
	struct tool *tool;

	(void)state;
	NEEDS_ROOT();
	net = net_new();
	wanted = holder_start(net, "wanted");
	other = holder_start(net, "other");
	snprintf(pid, sizeof(pid), "%d", wanted.pid);
	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	unfiltered = holder_start(net, "newcomer");
	assert_true(tool_wait_lines(tool, 3, local_port(wanted.port), "answered in", 10));
	assert_int_equal(tool_stop(tool), 0);
	assert_int_equal(tool_lines(tool, local_port(other.port), ""), 0);
	assert_int_equal(tool_lines(tool, local_port(unfiltered.port), ""), 0);
	assert_always_named(tool, &wanted, "wanted");
	holder_stop(&wanted);
	holder_stop(&other);
	holder_stop(&unfiltered);
	tool_free(tool);
	net_free(net);
}

/* The timers of two sleeping processes fire while anything else runs: each line names the holder, never that. */
void owner_is_not_current(void **state)
{
	const char *const args[] = { NULL };
	struct holder first, second;
	struct net *net;
	struct tool *tool;

	(void)state;
	NEEDS_ROOT();
	net = net_new();
	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	first = holder_start(net, "first \033[31m\\");
	second = holder_start(net, "second");
	assert_true(tool_wait_lines(tool, 2, local_port(first.port), "answered in", 10));
	assert_true(tool_wait_lines(tool, 2, local_port(second.port), "answered in", 10));
	assert_int_equal(tool_stop(tool), 0);
	assert_always_named(tool, &first, "first \\x1b[31m\\\\");
	assert_always_named(tool, &second, "second");
	assert_null(strchr(tool_stdout(tool), '\033'));
	holder_stop(&first);
	holder_stop(&second);
	tool_free(tool);
	net_free(net);
}
