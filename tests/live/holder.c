// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "holder.h"

#include "live.h"
#include "must.h"

#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int open_connection(const struct net *net, unsigned int *port)
{
	const struct keepalive quick = { 1, 1, 3, 0 };
	const struct tcp tcp = tcp_connect(net, TCP_IPV4);

	tcp_keepalive(tcp.client, &quick);
	*port = tcp.client_port;
	return tcp.client;
}

static void wait_for_command(int commands)
{
	char byte;

	must(read(commands, &byte, 1) == 1, "hear a command");
}

static void hold(const struct net *net, const char *name, int commands, int ports, open_fn open, act_fn act)
{
	unsigned int port;
	int fd;

	live_end_with_parent();
	prctl(PR_SET_NAME, name);
	wait_for_command(commands);
	fd = open(net, &port);
	must(write(ports, &port, sizeof(port)) == sizeof(port), "tell the port");
	wait_for_command(commands);
	if (act)
		act(fd);
	for (;;)
		pause();
}

/* fork(2); the child's id is that one, or any if it is 0. */
static pid_t fork_as(pid_t pid)
{
	const struct clone_args args = { .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&pid, .set_tid_size = 1 };

	return pid ? (pid_t)syscall(SYS_clone3, &args, sizeof(args)) : fork();
}

struct holder holder_new_as(pid_t pid, const struct net *net, const char *name, open_fn open, act_fn act)
{
	struct holder holder = { 0 };
	int ports[2], commands[2];

	must(pipe(ports) == 0 && pipe(commands) == 0, "pipe");
	holder.pid = fork_as(pid);
	must(holder.pid >= 0, "fork");
	if (!holder.pid)
		hold(net, name, commands[0], ports[1], open, act);
	close(ports[1]);
	close(commands[0]);
	holder.ports = ports[0];
	holder.command = commands[1];
	return holder;
}

struct holder holder_new(const struct net *net, const char *name, open_fn open, act_fn act)
{
	return holder_new_as(0, net, name, open, act);
}

void holder_open(struct holder *holder)
{
	holder_act(holder);
	must(read(holder->ports, &holder->port, sizeof(holder->port)) == sizeof(holder->port), "hear the port");
}

struct holder holder_start(const struct net *net, const char *name, act_fn act)
{
	struct holder holder = holder_new(net, name, open_connection, act);

	holder_open(&holder);
	return holder;
}

void holder_act(const struct holder *holder)
{
	assert_int_equal(write(holder->command, "x", 1), 1);
}

void holder_stop(const struct holder *holder)
{
	kill(holder->pid, SIGKILL);
	waitpid(holder->pid, NULL, 0);
	close(holder->command);
	close(holder->ports);
}

struct scene trace_holders(struct net *net, const struct holder *holders, int n)
{
	char pids[128] = "";
	const char *const args[] = { "-p", pids, NULL };
	int used = 0;

	for (int i = 0; i < n; i++)
		used += snprintf(pids + used, sizeof(pids) - (size_t)used, "%s%d", i ? "," : "", holders[i].pid);
	return scene_trace(net, args);
}

/* How a line names it. */
static void name_owner(const struct holder *holder, const char *name, char *text, size_t size)
{
	snprintf(text, size, "  %-5d  %s", holder->pid, name);
}

void wait_named(struct tool *tool, const struct holder *holder, const char *name)
{
	char owner[64];

	name_owner(holder, name, owner, sizeof(owner));
	assert_true(tool_wait_lines(tool, 1, local_port(holder->port), owner, OWNER_WAIT_S));
}

void assert_always_named(const struct tool *tool, const struct holder *holder, const char *name)
{
	const char *port = local_port(holder->port);
	char owner[64];

	name_owner(holder, name, owner, sizeof(owner));
	assert_true(tool_lines(tool, port, "") > 0);
	assert_int_equal(tool_lines(tool, port, owner), tool_lines(tool, port, ""));
}

struct naming {
	const char *port;
	char owner[64];
	bool named, wrong;
};

static void check_naming(void *ctx, const char *line)
{
	static const char nobody[] = "  -      -  ";
	struct naming *naming = ctx;

	if (!strstr(line, naming->port))
		return;
	if (strstr(line, naming->owner))
		naming->named = true;
	else if (naming->named || !strstr(line, nobody))
		naming->wrong = true;
}

void assert_never_misnamed(const struct tool *tool, const struct holder *holder, const char *name)
{
	struct naming naming = { .port = local_port(holder->port) };

	name_owner(holder, name, naming.owner, sizeof(naming.owner));
	tool_each_line(tool, check_naming, &naming);
	assert_true(naming.named);
	assert_false(naming.wrong);
}
