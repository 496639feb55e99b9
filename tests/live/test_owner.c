// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Owners of connections. */
#include "live.h"

#include "holder.h"
#include "must.h"
#include "passing.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct keepalive quick = { 1, 1, 3, 0 };

/* The timers of two sleeping processes fire while others run: each line names the holder, not the running process. */
LIVE_TEST(owner_is_not_current)
{
	struct net *net = net_new();
	struct holder holders[2] = {
		holder_new(net, "first \033[31m\\", open_connection, NULL),
		holder_new(net, "second", open_connection, NULL),
	};
	struct scene scene = trace_holders(net, holders, 2);

	for (int i = 0; i < 2; i++)
		holder_open(&holders[i]);
	for (int i = 0; i < 2; i++)
		assert_true(tool_wait_lines(scene.tool, 2, local_port(holders[i].port), "answered in", 10));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_always_named(scene.tool, &holders[0], "first \\x1b[31m\\\\");
	assert_always_named(scene.tool, &holders[1], "second");
	assert_null(strchr(tool_stdout(scene.tool), '\033'));
	holder_stop(&holders[0]);
	holder_stop(&holders[1]);
	scene_end(&scene);
}

static void rename_process(int fd)
{
	(void)fd;
	prctl(PR_SET_NAME, "new name");
}

/* As after exec: an owner is looked up again when it is older than 10 s. */
LIVE_TEST(owner_renamed)
{
	struct net *net = net_new();
	struct holder holder = holder_start(net, "old name", rename_process);
	struct scene scene = trace_holders(net, &holder, 1);

	wait_named(scene.tool, &holder, "old name");
	holder_act(&holder);
	wait_named(scene.tool, &holder, "new name");
	holder_stop(&holder);
	scene_end(&scene);
}

static void share_with_child(int fd)
{
	(void)fd;
	if (fork() == 0)
		live_end_with_parent();
}

/* The process with the lowest id comes first; the timeline names the other as well. */
LIVE_TEST(owner_shared_after_fork)
{
	const char *const args[] = { NULL };
	struct net *net = net_new();
	struct holder holder = holder_start(net, "parent", share_with_child);
	struct scene scene;
	char owners[64];

	holder_act(&holder);
	scene = scene_trace(net, args);
	wait_named(scene.tool, &holder, "parent");
	assert_int_equal(tool_stop(scene.tool), 0);
	snprintf(owners, sizeof(owners), "parent[%d, ", holder.pid);
	assert_non_null(strstr(tool_stdout(scene.tool), owners));
	holder_stop(&holder);
	scene_end(&scene);
}

/* The child takes the connection over: the parent closes it. */
static void leave_to_child(int fd)
{
	if (fork() == 0) {
		live_end_with_parent();
		prctl(PR_SET_NAME, "heir");
		return;
	}
	close(fd);
}

LIVE_TEST(owner_passed_on, .limit_s = 3 * OWNER_WAIT_S)
{
	const char *const args[] = { NULL };
	struct scene scene = scene_trace(net_new(), args);
	struct holder holder = holder_start(scene.net, "testator", leave_to_child);

	wait_named(scene.tool, &holder, "testator");
	holder_act(&holder);
	assert_true(tool_wait_lines(scene.tool, 1, local_port(holder.port), "  heir  ", OWNER_WAIT_S));
	assert_int_equal(tool_stop(scene.tool), 0);
	holder_stop(&holder);
	scene_end(&scene);
}

static void close_connection(int fd)
{
	close(fd);
}

/* Closed, but its FIN is not acknowledged: no process holds the socket any more, and the last holder is shown. */
LIVE_TEST(owner_of_an_orphan)
{
	struct net *net = net_new();
	struct holder holder = holder_new(net, "closer", open_connection, close_connection);
	struct scene scene = trace_holders(net, &holder, 1);

	holder_open(&holder);
	wait_named(scene.tool, &holder, "closer");
	net_deaf(scene.net, HOST_B, true);
	holder_act(&holder);
	assert_true(tool_wait_lines(scene.tool, 1, local_port(holder.port), "suppressed: ", 20));
	assert_always_named(scene.tool, &holder, "closer");
	net_deaf(scene.net, HOST_B, false);
	assert_true(tool_wait_lines(scene.tool, 1, local_port(holder.port), "ended: closed locally", 40));
	assert_int_equal(tool_stop(scene.tool), 0);
	holder_stop(&holder);
	scene_end(&scene);
}

/* As in servers: a connection from accept(2) inherits keepalive from the listener. Another process has the far end. */
static int accept_connection(const struct net *net, unsigned int *port)
{
	const struct tcp tcp = tcp_accept(net, &quick);

	if (fork() == 0) {
		live_end_with_parent();
		prctl(PR_SET_NAME, "far end");
		close(tcp.server);
		for (;;)
			pause();
	}
	close(tcp.client);
	*port = tcp.server_port;
	return tcp.server;
}

LIVE_TEST(owner_accepted)
{
	struct net *net = net_new();
	struct holder holder = holder_new(net, "acceptor", accept_connection, NULL);
	struct scene scene = trace_holders(net, &holder, 1);

	holder_open(&holder);
	assert_true(tool_wait_lines(scene.tool, 2, local_port(holder.port), "answered in", 20));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_always_named(scene.tool, &holder, "acceptor");
	assert_true(tool_lines(scene.tool, local_port(holder.port), "keepalive: 1s idle, then 3 probes 1s apart") == 1);
	holder_stop(&holder);
	scene_end(&scene);
}

/* It is told before its process has accepted it, and there is no later walk: nothing of it may be left out. */
LIVE_TEST(owner_accepted_and_filtered)
{
	struct net *net = net_new();
	struct holder holder = holder_new(net, "acceptor", accept_connection, close_connection);
	char pid[16];
	const char *const args[] = { "--all", "-p", pid, NULL };
	struct scene scene;

	snprintf(pid, sizeof(pid), "%d", holder.pid);
	scene = scene_trace(net, args);
	holder_open(&holder);
	assert_true(tool_wait_lines(scene.tool, 1, local_port(holder.port), "keepalive: 1s idle", 20));
	holder_act(&holder);
	assert_true(tool_wait_lines(scene.tool, 1, local_port(holder.port), "ended: ", 20));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_always_named(scene.tool, &holder, "acceptor");
	holder_stop(&holder);
	scene_end(&scene);
}

/* Sends its connection to a child over a Unix socket, and closes it. */
static void hand_over(int fd)
{
	int pair[2];

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
	if (fork() == 0) {
		live_end_with_parent();
		prctl(PR_SET_NAME, "receiver");
		close(fd);
		passing_receive(pair[1]);
		return;
	}
	passing_send(pair[0], fd);
	close(fd);
}

LIVE_TEST(owner_handed_over, .limit_s = 3 * OWNER_WAIT_S)
{
	const char *const args[] = { NULL };
	struct scene scene = scene_trace(net_new(), args);
	struct holder holder = holder_start(scene.net, "sender", hand_over);

	wait_named(scene.tool, &holder, "sender");
	holder_act(&holder);
	assert_true(tool_wait_lines(scene.tool, 1, local_port(holder.port), "  receiver  ", OWNER_WAIT_S));
	assert_int_equal(tool_stop(scene.tool), 0);
	holder_stop(&holder);
	scene_end(&scene);
}

struct thread_work {
	const struct net *net;
	unsigned int *port;
	int fd;
};

static void *open_in_thread(void *arg)
{
	struct thread_work *work = arg;

	prctl(PR_SET_NAME, "thread");
	work->fd = open_connection(work->net, work->port);
	return NULL;
}

static int open_connection_in_thread(const struct net *net, unsigned int *port)
{
	struct thread_work work = { .net = net, .port = port };
	pthread_t thread;

	must(pthread_create(&thread, NULL, open_in_thread, &work) == 0, "create a thread");
	pthread_join(thread, NULL);
	return work.fd;
}

/* Opened by a thread: the process is named, by its main thread. */
LIVE_TEST(owner_is_the_process_of_a_thread)
{
	struct net *net = net_new();
	struct holder holder = holder_new(net, "main thread", open_connection_in_thread, NULL);
	struct scene scene = trace_holders(net, &holder, 1);

	holder_open(&holder);
	assert_true(tool_wait_lines(scene.tool, 1, local_port(holder.port), "answered in", 20));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_always_named(scene.tool, &holder, "main thread");
	holder_stop(&holder);
	scene_end(&scene);
}

/* Becomes another program, which keeps the connection open. */
static void execute(int fd)
{
	must(fcntl(fd, F_SETFD, 0) == 0, "keep it open");
	execl("/proc/self/exe", "live", "--pause", NULL);
	must(false, "exec");
}

LIVE_TEST(owner_after_exec)
{
	struct net *net = net_new();
	struct holder holder = holder_start(net, "before exec", execute);
	struct scene scene = trace_holders(net, &holder, 1);

	wait_named(scene.tool, &holder, "before exec");
	holder_act(&holder);
	wait_named(scene.tool, &holder, "exe"); /* named by the file it was started as */
	assert_int_equal(tool_stop(scene.tool), 0);
	holder_stop(&holder);
	scene_end(&scene);
}

static void assert_warned_once(const struct tool *tool)
{
	static const char warning[] = "katrace: running in its own pid namespace: processes outside it are invisible";
	const char *said = strstr(tool_stderr(tool), warning);

	assert_non_null(said);
	assert_null(strstr(said + strlen(warning), warning));
}

/* In a container katrace cannot see processes outside. */
LIVE_TEST(owner_outside_the_pid_namespace)
{
	const char *const trace[] = { NULL }, *const list[] = { "list", "--listening", NULL };
	struct tool *tool;

	tool = tool_start_with(RIGHTS_CONTAINED, trace);
	assert_true(tool_wait_started(tool));
	assert_int_equal(tool_stop(tool), 0);
	assert_warned_once(tool);
	tool_free(tool);
	tool = tool_start_with(RIGHTS_CONTAINED, list);
	assert_int_equal(tool_wait(tool, 30), 0);
	assert_warned_once(tool);
	tool_free(tool);
}

/* Its process has another name by now: that is the end of its timeline. */
LIVE_TEST(owner_leaves_the_filter, .limit_s = 3 * OWNER_WAIT_S)
{
	static const char left[] = "  No longer followed: its owner no longer matches the filter.";
	char netns[32];
	const char *const args[] = { "-c", "old name", "--netns", netns, NULL };
	struct net *net = net_new();
	struct holder holder = holder_start(net, "old name", rename_process);
	struct scene scene;

	net_name(net, HOST_A, netns, sizeof(netns));
	scene = scene_trace(net, args);
	wait_named(scene.tool, &holder, "old name");
	holder_act(&holder);
	assert_true(tool_wait_lines(scene.tool, 1, left, "", OWNER_WAIT_S));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, left, ""), 1);
	assert_null(strstr(tool_stdout(scene.tool), "Still open"));
	holder_stop(&holder);
	scene_end(&scene);
}

/* In flight: no descriptor refers to it. Returns where it is. */
static int put_in_flight(int fd)
{
	int ends[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
	passing_send(ends[0], fd);
	close(ends[0]);
	close(fd);
	return ends[1];
}

/* What nobody knows cannot match, but is not simply left out. */
LIVE_TEST(owner_not_known_in_time)
{
	char netns[32];
	const char *const args[] = { "-c", "somebody", "--netns", netns, NULL };
	struct net *net = net_new();
	struct scene scene;
	int listener, where;
	unsigned int port;

	net_name(net, HOST_A, netns, sizeof(netns));
	scene = scene_trace(net, args);
	net_sysctl(scene.net, HOST_A, "ipv4/tcp_syn_retries", "1");
	listener = tcp_listen(scene.net, &port);
	net_deaf(scene.net, HOST_B, true);
	where = put_in_flight(tcp_begin_connect(scene.net, port, &quick).client);
	assert_true(tool_wait_lines(scene.tool, 1, "2 events left out: the owner was not known in time", "", 60));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, "ended: ", ""), 0);
	assert_non_null(strstr(tool_stderr(scene.tool), "LOST: 2 events whose owner was not known in time"));
	close(where);
	close(listener);
	scene_end(&scene);
}

#define CHILDREN 20

static void share_with_children(int fd)
{
	(void)fd;
	for (int i = 0; i < CHILDREN; i++) {
		if (fork() == 0) {
			live_end_with_parent();
			return;
		}
	}
}

/* More than can be listed: how many there are is said. */
LIVE_TEST(owner_of_many_holders)
{
	const char *const args[] = { NULL }, *const json[] = { "--json", NULL };
	char pid[16], others[32];
	const char *const list[] = { "list", "-p", pid, NULL };
	struct net *net = net_new();
	struct holder holder = holder_start(net, "parent", share_with_children);
	struct scene scene, in_json;
	struct tool *listed;

	holder_act(&holder);
	snprintf(pid, sizeof(pid), "%d", holder.pid);
	snprintf(others, sizeof(others), "parent +%d ", CHILDREN);
	scene = scene_trace(net, args);
	in_json = scene_trace(net, json);
	wait_named(scene.tool, &holder, "parent");
	assert_true(tool_wait_lines(in_json.tool, 1, "\"unlisted_pids\":5", "", OWNER_WAIT_S));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_non_null(strstr(tool_stdout(scene.tool), " and 5 more]"));
	listed = tool_start(list);
	assert_int_equal(tool_wait(listed, 30), 0);
	assert_int_equal(tool_lines(listed, others, ""), 2); /* they hold both ends */
	tool_free(listed);
	tool_free(in_json.tool);
	holder_stop(&holder);
	scene_end(&scene);
}
