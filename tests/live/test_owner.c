// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Whose connection it is. */
#include "live.h"

#include "holder.h"
#include "kernel/walk.h"
#include "must.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 2000

static const struct keepalive quick = { 1, 1, 3, 0 };

/* The timers of two sleeping processes fire while anything else runs: each line names the holder, never that. */
LIVE_TEST(owner_is_not_current)
{
	const char *const args[] = { NULL };
	struct holder first, second;
	struct net *net;
	struct tool *tool;

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

static void rename_process(int fd)
{
	(void)fd;
	prctl(PR_SET_NAME, "new name");
}

/* As after exec: an owner is looked up again when it is older than 10 s. */
LIVE_TEST(owner_renamed)
{
	const char *const args[] = { NULL };
	struct holder holder;
	struct stage stage;

	stage = stage_new(args);
	holder = holder_start(stage.net, "old name", rename_process);
	wait_named(&stage, holder.port, holder.pid, "old name");
	holder_act(&holder);
	wait_named(&stage, holder.port, holder.pid, "new name");
	holder_stop(&holder);
	stage_free(&stage);
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
	struct holder holder;
	struct stage stage;
	char owners[64];

	stage.net = net_new();
	holder = holder_start(stage.net, "parent", share_with_child);
	holder_act(&holder);
	stage.tool = tool_start(args);
	assert_true(tool_wait_started(stage.tool));
	wait_named(&stage, holder.port, holder.pid, "parent");
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
		live_end_with_parent();
		prctl(PR_SET_NAME, "heir");
		return;
	}
	close(fd);
}

LIVE_TEST(owner_passed_on)
{
	const char *const args[] = { NULL };
	struct holder holder;
	struct stage stage;

	stage = stage_new(args);
	holder = holder_start(stage.net, "testator", leave_to_child);
	wait_named(&stage, holder.port, holder.pid, "testator");
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
LIVE_TEST(owner_of_an_orphan)
{
	const char *const args[] = { NULL };
	struct holder holder;
	struct stage stage;

	stage = stage_new(args);
	holder = holder_start(stage.net, "closer", close_connection);
	wait_named(&stage, holder.port, holder.pid, "closer");
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

/* As servers have it: what accept(2) returns has its keepalive from the listener. The far end is another process's. */
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
	const char *const args[] = { NULL };
	struct holder holder;
	struct stage stage;

	stage = stage_new(args);
	holder = holder_start_with(stage.net, "acceptor", accept_connection, NULL);
	assert_true(tool_wait_lines(stage.tool, 2, local_port(holder.port), "answered in", 20));
	assert_int_equal(tool_stop(stage.tool), 0);
	assert_always_named(stage.tool, &holder, "acceptor");
	assert_true(tool_lines(stage.tool, local_port(holder.port), "keepalive: 1s idle, then 3 probes 1s apart") == 1);
	holder_stop(&holder);
	stage_free(&stage);
}

static void send_fd(int socket, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(fd))] = { 0 };
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	must(sendmsg(socket, &message, 0) == 1, "send a descriptor");
}

static void receive_fd(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};

	must(recvmsg(socket, &message, 0) == 1 && CMSG_FIRSTHDR(&message), "receive a descriptor");
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
		receive_fd(pair[1]);
		return;
	}
	send_fd(pair[0], fd);
	close(fd);
}

LIVE_TEST(owner_handed_over)
{
	const char *const args[] = { NULL };
	struct holder holder;
	struct stage stage;

	stage = stage_new(args);
	holder = holder_start(stage.net, "sender", hand_over);
	wait_named(&stage, holder.port, holder.pid, "sender");
	holder_act(&holder);
	assert_true(tool_wait_lines(stage.tool, 1, local_port(holder.port), "  receiver  ", 40));
	assert_int_equal(tool_stop(stage.tool), 0);
	holder_stop(&holder);
	stage_free(&stage);
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
	const char *const args[] = { NULL };
	struct holder holder;
	struct stage stage;

	stage = stage_new(args);
	holder = holder_start_with(stage.net, "main thread", open_connection_in_thread, NULL);
	assert_true(tool_wait_lines(stage.tool, 1, local_port(holder.port), "answered in", 20));
	assert_int_equal(tool_stop(stage.tool), 0);
	assert_always_named(stage.tool, &holder, "main thread");
	holder_stop(&holder);
	stage_free(&stage);
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
	const char *const args[] = { NULL };
	struct holder holder;
	struct stage stage;

	stage = stage_new(args);
	holder = holder_start(stage.net, "before exec", execute);
	wait_named(&stage, holder.port, holder.pid, "before exec");
	holder_act(&holder);
	wait_named(&stage, holder.port, holder.pid, "exe"); /* named by the file it was started as */
	assert_int_equal(tool_stop(stage.tool), 0);
	holder_stop(&holder);
	stage_free(&stage);
}

/* All of one process's: every event of each of them names it. */
LIVE_TEST(owner_of_many_sockets, .exclusive = true)
{
	static int clients[MANY], servers[MANY];
	const char *const args[] = { NULL };
	struct stage stage;
	char peer[64], pid[16];

	stage = stage_new(args);
	snprintf(peer, sizeof(peer), "  %s:%u  ", net_addr4(HOST_B),
		 tcp_connect_many(stage.net, clients, servers, MANY));
	snprintf(pid, sizeof(pid), "  %-5d  ", getpid());
	tcp_probe_all(stage.net, clients, MANY, &quick, MANY);
	assert_true(tool_wait_lines(stage.tool, MANY, peer, "  probe 1/3 after", 60));
	assert_int_equal(tool_stop(stage.tool), 0);
	assert_int_equal(tool_lines(stage.tool, peer, pid), tool_lines(stage.tool, peer, ""));
	tcp_abort_many(clients, MANY);
	tcp_abort_many(servers, MANY);
	stage_free(&stage);
}

/* Connects, and tells who it is. */
static void hold_one(const struct net *net, int listener, unsigned int port)
{
	const pid_t pid = getpid();
	int fd;

	live_end_with_parent();
	prctl(PR_SET_NAME, "one_of_many");
	close(listener);
	fd = tcp_connect_port(net, port);
	must(write(fd, &pid, sizeof(pid)) == sizeof(pid), "say who");
	tcp_keepalive(fd, &quick);
	for (;;)
		pause();
}

static unsigned int peer_port(int fd)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);

	must(getpeername(fd, (struct sockaddr *)&address, &size) == 0, "getpeername");
	return ntohs(address.sin_port);
}

struct process_of_port {
	pid_t pids[65536];
	int lines, wrong;
};

static void check_process(void *ctx, const char *line)
{
	struct process_of_port *expected = ctx;
	unsigned int port;
	int pid;

	if (sscanf(line, "%*s %d one_of_many %*[0-9.]:%u", &pid, &port) != 2 || port >= 65536)
		return;
	expected->lines++;
	expected->wrong += pid != expected->pids[port];
}

/* As many processes, each with its own. */
LIVE_TEST(owner_of_many_processes, .exclusive = true)
{
	static struct process_of_port expected;
	static int servers[MANY];
	const char *const args[] = { NULL };
	struct stage stage;
	unsigned int port;
	char peer[64];
	int listener;
	pid_t pid;

	stage = stage_new(args);
	listener = tcp_listen(stage.net, &port);
	snprintf(peer, sizeof(peer), "  %s:%u  ", net_addr4(HOST_B), port);
	for (int i = 0; i < MANY; i++)
		if (fork() == 0)
			hold_one(stage.net, listener, port);
	for (int i = 0; i < MANY; i++) {
		servers[i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		assert_int_equal(read(servers[i], &pid, sizeof(pid)), sizeof(pid));
		expected.pids[peer_port(servers[i])] = pid;
	}
	assert_true(tool_wait_lines(stage.tool, MANY, peer, "  probe 1/3 after", 60));
	assert_int_equal(tool_stop(stage.tool), 0);
	tool_each_line(stage.tool, check_process, &expected);
	assert_int_equal(expected.lines, tool_lines(stage.tool, peer, ""));
	assert_int_equal(expected.wrong, 0);
	for (int i = 0; i < 65536; i++)
		if (expected.pids[i])
			kill(expected.pids[i], SIGKILL);
	for (int i = 0; i < MANY; i++) {
		wait(NULL);
		tcp_abort(servers[i]);
	}
	close(listener);
	stage_free(&stage);
}

/* --- socks that the kernel uses again in place --- */

#define BATCH 64

/* A process that opens and aborts a batch of connections when told to: 'o', 'c'. */
struct churner {
	pid_t pid;
	int commands, ports;
	unsigned int last_ports[BATCH];
};

/* No port is used twice, nor picked by the kernel: by them the test tells whose a line is. */
static void churn(const struct net *net, const char *name, unsigned int first_port, unsigned int port, int commands,
		  int ports)
{
	unsigned int own[BATCH], next_port = first_port;
	int fds[BATCH];
	char command;

	live_end_with_parent();
	prctl(PR_SET_NAME, name);
	while (read(commands, &command, 1) == 1) {
		for (int i = 0; i < BATCH; i++) {
			if (command == 'c') {
				tcp_abort(fds[i]);
				continue;
			}
			own[i] = next_port++;
			fds[i] = tcp_connect_from(net, own[i], port);
			tcp_keepalive(fds[i], &quick);
		}
		must(write(ports, own, sizeof(own)) == sizeof(own), "tell the ports");
	}
	_exit(0);
}

static struct churner churner_start(const struct net *net, const char *name, unsigned int first_port, unsigned int port)
{
	struct churner churner = { 0 };
	int commands[2], ports[2];

	must(pipe2(commands, O_CLOEXEC) == 0 && pipe2(ports, O_CLOEXEC) == 0, "pipe");
	churner.pid = fork();
	must(churner.pid >= 0, "fork");
	if (!churner.pid)
		churn(net, name, first_port, port, commands[0], ports[1]);
	close(commands[0]);
	close(ports[1]);
	churner.commands = commands[1];
	churner.ports = ports[0];
	return churner;
}

static void churner_act(struct churner *churner, char command)
{
	must(write(churner->commands, &command, 1) == 1, "tell what to do");
	must(read(churner->ports, churner->last_ports, sizeof(churner->last_ports)) == sizeof(churner->last_ports),
	     "hear the ports");
}

static void churner_stop(struct churner *churner)
{
	kill(churner->pid, SIGKILL);
	waitpid(churner->pid, NULL, 0);
	close(churner->commands);
	close(churner->ports);
}

struct socks {
	pid_t of;
	uint64_t socks[BATCH];
	int n;
};

static void note_sock(void *ctx, const struct katrace_owner *owner)
{
	struct socks *socks = ctx;

	if ((pid_t)owner->pid == socks->of && socks->n < BATCH)
		socks->socks[socks->n++] = owner->sock;
}

static struct socks socks_of(pid_t pid, struct walk *walk)
{
	struct socks socks = { .of = pid };

	must(walk_run(walk, note_sock, &socks) == 0, "walk");
	return socks;
}

static int count_common(const struct socks *a, const struct socks *b)
{
	int n = 0;

	for (int i = 0; i < a->n; i++)
		for (int j = 0; j < b->n; j++)
			n += a->socks[i] == b->socks[j];
	return n;
}

/* Waits until each of its connections has been probed, with these words about each in katrace's output. */
static void wait_probed(struct tool *tool, const struct churner *churner, const char *name)
{
	char owner[64];

	snprintf(owner, sizeof(owner), "  %-5d  %s", churner->pid, name);
	for (int i = 0; i < BATCH; i++)
		assert_true(tool_wait_lines(tool, 3, local_port(churner->last_ports[i]), owner, 20));
}

/* No line about its connections names anybody else; with shown false there is no line at all. */
static void assert_not_mixed_up(struct tool *tool, const struct churner *churner, const char *name, bool shown)
{
	char owner[64];

	snprintf(owner, sizeof(owner), "  %-5d  %s", churner->pid, name);
	for (int i = 0; i < BATCH; i++) {
		const char *port = local_port(churner->last_ports[i]);

		assert_int_equal(tool_lines(tool, port, ""), shown ? tool_lines(tool, port, owner) : 0);
	}
}

/*
 * One process's connections end, another's begin, in the same socks: neither the owner nor what a filter decided is
 * passed on. The two take turns, so that each follows the other.
 */
LIVE_TEST(owner_after_churn)
{
	char pid[16];
	const char *const all[] = { NULL }, *const filtered[] = { "-p", pid, NULL };
	const struct walk_options options = { 0 };
	struct churner wanted, other;
	struct tool *everybody;
	struct socks of_wanted, of_other;
	struct walk *walk;
	struct stage stage;
	unsigned int port;
	int listener, reused = 0;

	must(walk_new(&walk, &options) == 0, "walk");
	stage.net = net_new();
	listener = tcp_listen(stage.net, &port);
	wanted = churner_start(stage.net, "wanted", 61000, port);
	other = churner_start(stage.net, "other", 62000, port);
	snprintf(pid, sizeof(pid), "%d", wanted.pid);
	stage.tool = tool_start(filtered);
	everybody = tool_start(all);
	assert_true(tool_wait_started(stage.tool));
	assert_true(tool_wait_started(everybody));
	for (int round = 0; round < 2; round++) {
		churner_act(&other, 'o');
		of_other = socks_of(other.pid, walk);
		wait_probed(everybody, &other, "other");
		churner_act(&other, 'c');
		churner_act(&wanted, 'o');
		of_wanted = socks_of(wanted.pid, walk);
		reused += count_common(&of_other, &of_wanted);
		wait_probed(everybody, &wanted, "wanted");
		wait_probed(stage.tool, &wanted, "wanted");
		churner_act(&wanted, 'c');
		assert_not_mixed_up(everybody, &other, "other", true);
		assert_not_mixed_up(everybody, &wanted, "wanted", true);
		assert_not_mixed_up(stage.tool, &other, "other", false);
		assert_not_mixed_up(stage.tool, &wanted, "wanted", true);
	}
	print_message("%d of %d socks were used again\n", reused, 2 * BATCH);
	assert_true(reused > 0);
	churner_stop(&wanted);
	churner_stop(&other);
	close(listener);
	walk_free(walk);
	tool_free(everybody);
	stage_free(&stage);
}

/* In a container katrace cannot see who is outside. It says so, once. */
LIVE_TEST(owner_outside_the_pid_namespace)
{
	static const char warning[] = "katrace: in a pid namespace of its own";
	const char *const args[] = { NULL };
	const char *said;
	struct tool *tool;

	tool = tool_start_with(RIGHTS_CONTAINED, args);
	assert_true(tool_wait_started(tool));
	assert_int_equal(tool_stop(tool), 0);
	said = strstr(tool_stderr(tool), warning);
	assert_non_null(said);
	assert_null(strstr(said + strlen(warning), warning));
	tool_free(tool);
}
