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
	int command; /* a byte written here makes it act */
};

/* What a holder does when it is told to: fd is its connection. */
typedef void (*act_fn)(int fd);

static void hold(const struct net *net, const char *name, int commands, int ports, act_fn act)
{
	struct tcp tcp;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, name);
	tcp = tcp_connect(net, TCP_IPV4);
	tcp_keepalive(tcp.client, &quick);
	if (write(ports, &tcp.client_port, sizeof(tcp.client_port)) < 0)
		_exit(1);
	if (read(commands, &byte, 1) == 1 && act)
		act(tcp.client);
	for (;;)
		pause();
}

/* A process that holds a connection and does nothing else until told to. */
static struct holder holder_start(const struct net *net, const char *name, act_fn act)
{
	struct holder holder;
	int ports[2], commands[2];

	assert_int_equal(pipe(ports), 0);
	assert_int_equal(pipe(commands), 0);
	holder.pid = fork();
	assert_true(holder.pid >= 0);
	if (!holder.pid)
		hold(net, name, commands[0], ports[1], act);
	assert_int_equal(read(ports[0], &holder.port, sizeof(holder.port)), sizeof(holder.port));
	close(ports[0]);
	close(ports[1]);
	close(commands[0]);
	holder.command = commands[1];
	return holder;
}

static void holder_act(const struct holder *holder)
{
	assert_int_equal(write(holder->command, "x", 1), 1);
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
	close(holder->command);
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
	wanted = holder_start(net, "wanted", NULL);
	other = holder_start(net, "other", NULL);
	snprintf(pid, sizeof(pid), "%d", wanted.pid);
	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	unfiltered = holder_start(net, "newcomer", NULL);
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
	first = holder_start(net, "first \033[31m\\", NULL);
	second = holder_start(net, "second", NULL);
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

struct stage {
	struct net *net;
	struct tool *tool;
};

static struct stage stage_new(const char *const *args)
{
	struct stage stage = { net_new(), tool_start(args) };

	assert_true(tool_wait_started(stage.tool));
	return stage;
}

static void stage_free(struct stage *stage)
{
	tool_free(stage->tool);
	net_free(stage->net);
}

/* Waits for a line about the holder's connection that names this process. */
static void wait_named(const struct stage *stage, const struct holder *holder, int pid, const char *name)
{
	char owner[64];

	snprintf(owner, sizeof(owner), "  %-5d  %s", pid, name);
	assert_true(tool_wait_lines(stage->tool, 1, local_port(holder->port), owner, 40));
}

static void rename_process(int fd)
{
	(void)fd;
	prctl(PR_SET_NAME, "new name");
}

/* As after exec: an owner is looked up again when it is older than 10 s. */
void owner_renamed(void **state)
{
	const char *const args[] = { NULL };
	struct holder holder;
	struct stage stage;

	(void)state;
	NEEDS_ROOT();
	stage = stage_new(args);
	holder = holder_start(stage.net, "old name", rename_process);
	wait_named(&stage, &holder, holder.pid, "old name");
	holder_act(&holder);
	wait_named(&stage, &holder, holder.pid, "new name");
	holder_stop(&holder);
	stage_free(&stage);
}

static void share_with_child(int fd)
{
	(void)fd;
	if (fork() == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* The process with the lowest id comes first; the timeline names the other as well. */
void owner_shared_after_fork(void **state)
{
	char pid[16];
	const char *const args[] = { "-p", pid, NULL };
	struct holder holder;
	struct stage stage;
	char owners[64];

	(void)state;
	NEEDS_ROOT();
	stage.net = net_new();
	holder = holder_start(stage.net, "parent", share_with_child);
	holder_act(&holder);
	snprintf(pid, sizeof(pid), "%d", holder.pid);
	stage.tool = tool_start(args);
	assert_true(tool_wait_started(stage.tool));
	wait_named(&stage, &holder, holder.pid, "parent");
	assert_int_equal(tool_stop(stage.tool), 0);
	snprintf(owners, sizeof(owners), "parent[%d, ", holder.pid);
	assert_non_null(strstr(tool_stdout(stage.tool), owners));
	holder_stop(&holder);
	stage_free(&stage);
}

/* The child takes the connection over: the parent closes it. */
static void leave_to_child(int fd)
{
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "heir");
		return;
	}
	close(fd);
}

void owner_passed_on(void **state)
{
	const char *const args[] = { NULL };
	struct holder holder;
	struct stage stage;

	(void)state;
	NEEDS_ROOT();
	stage = stage_new(args);
	holder = holder_start(stage.net, "testator", leave_to_child);
	wait_named(&stage, &holder, holder.pid, "testator");
	holder_act(&holder);
	assert_true(tool_wait_lines(stage.tool, 1, local_port(holder.port), "  heir  ", 40));
	assert_int_equal(tool_stop(stage.tool), 0);
	holder_stop(&holder);
	stage_free(&stage);
}

static void close_connection(int fd)
{
	close(fd);
}

/* Closed, but its FIN stays unanswered: nobody holds the socket any more, the last who did is named. */
void owner_of_an_orphan(void **state)
{
	const char *const args[] = { NULL };
	struct holder holder;
	struct stage stage;

	(void)state;
	NEEDS_ROOT();
	stage = stage_new(args);
	holder = holder_start(stage.net, "closer", close_connection);
	wait_named(&stage, &holder, holder.pid, "closer");
	net_deaf(stage.net, HOST_B, true);
	holder_act(&holder);
	assert_true(tool_wait_lines(stage.tool, 1, local_port(holder.port), "suppressed: ", 20));
	assert_always_named(stage.tool, &holder, "closer");
	net_deaf(stage.net, HOST_B, false);
	assert_true(tool_wait_lines(stage.tool, 1, local_port(holder.port), "ended: closed locally", 40));
	assert_int_equal(tool_stop(stage.tool), 0);
	holder_stop(&holder);
	stage_free(&stage);
}

/* Filters of several kinds at once: only what meets them all. */
void owner_filters(void **state)
{
	char netns[64];
	const char *const args[] = { "-c", "want*", "-4", "--peer", ADDR4_B "/30", "--netns", netns, NULL };
	struct holder wanted, other;
	struct stage stage;
	struct net *elsewhere;
	struct holder stranger;

	(void)state;
	NEEDS_ROOT();
	stage.net = net_new();
	elsewhere = net_new();
	wanted = holder_start(stage.net, "wanted", NULL);
	other = holder_start(stage.net, "other", NULL);
	stranger = holder_start(elsewhere, "wanted too", NULL);
	net_name(stage.net, HOST_A, netns, sizeof(netns));
	stage.tool = tool_start(args);
	assert_true(tool_wait_started(stage.tool));
	assert_true(tool_wait_lines(stage.tool, 3, local_port(wanted.port), "answered in", 20));
	assert_int_equal(tool_stop(stage.tool), 0);
	assert_int_equal(tool_lines(stage.tool, local_port(other.port), ""), 0);
	assert_int_equal(tool_lines(stage.tool, "wanted too", ""), 0);
	holder_stop(&wanted);
	holder_stop(&other);
	holder_stop(&stranger);
	net_free(elsewhere);
	stage_free(&stage);
}

/* --failures keeps quiet as long as all is well. */
void owner_failures_only(void **state)
{
	char pid[16];
	const char *const args[] = { "--failures", "-p", pid, NULL };
	struct holder holder;
	struct stage stage;

	(void)state;
	NEEDS_ROOT();
	stage.net = net_new();
	holder = holder_start(stage.net, "failing", NULL);
	snprintf(pid, sizeof(pid), "%d", holder.pid);
	stage.tool = tool_start(args);
	assert_true(tool_wait_started(stage.tool));
	net_cable(stage.net, HOST_B, false);
	assert_true(tool_wait_lines(stage.tool, 1, local_port(holder.port), "ended: keepalive timeout", 20));
	assert_int_equal(tool_stop(stage.tool), 0);
	assert_int_equal(tool_lines(stage.tool, local_port(holder.port), "probe 1/3 after"), 0);
	assert_int_equal(tool_lines(stage.tool, local_port(holder.port), "keepalive: "), 0);
	assert_int_equal(tool_lines(stage.tool, local_port(holder.port), "probe 3/3 after"), 1);
	holder_stop(&holder);
	stage_free(&stage);
}
