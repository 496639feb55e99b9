// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Owners of many connections: many sockets, many processes, and socks that the kernel reuses in place. */
#include "live.h"

#include "holder.h"
#include "kernel/walk.h"
#include "must.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 2000

static const struct keepalive quick = { 1, 1, 3, 0 };

/* All of one process's: every event of each of them names it. */
LIVE_TEST(owner_of_many_sockets, .exclusive = true)
{
	static int clients[MANY], servers[MANY];
	const struct holder self = { .pid = getpid() };
	struct scene scene = trace_holders(net_new(), &self, 1);
	char peer[64], pid[16];

	snprintf(peer, sizeof(peer), "  %s:%u  ", net_addr4(HOST_B),
		 tcp_connect_many(scene.net, clients, servers, MANY));
	snprintf(pid, sizeof(pid), "  %-5d  ", self.pid);
	tcp_probe_all(scene.net, clients, MANY, &quick, MANY);
	assert_true(tool_wait_lines(scene.tool, MANY, peer, "  probe 1/3 after", 60));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, peer, pid), tool_lines(scene.tool, peer, ""));
	tcp_abort_many(clients, MANY);
	tcp_abort_many(servers, MANY);
	scene_end(&scene);
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

#define PORTS 65536

struct process_of_port {
	pid_t pids[PORTS];
	bool named[PORTS];
	int lines, n_named, wrong;
};

/* A line may name nobody as long as the process has not been found for the first time. */
static void check_process(void *ctx, const char *line)
{
	struct process_of_port *expected = ctx;
	char pid[16], wanted[16];
	unsigned int port;

	if (sscanf(line, "%*s %15s %*15s %*[0-9.]:%u", pid, &port) != 2 || port >= PORTS)
		return;
	snprintf(wanted, sizeof(wanted), "%d", expected->pids[port]);
	expected->lines++;
	if (strcmp(pid, wanted) == 0 && strstr(line, "  one_of_many  ")) {
		expected->n_named += !expected->named[port];
		expected->named[port] = true;
	} else if (expected->named[port] || strcmp(pid, "-") != 0) {
		expected->wrong++;
	}
}

static void check_processes(const struct tool *tool, struct process_of_port *expected)
{
	expected->lines = expected->n_named = expected->wrong = 0;
	memset(expected->named, 0, sizeof(expected->named));
	tool_each_line(tool, check_process, expected);
}

/* Waits for another round of probes until all are named. */
static void wait_all_named(struct tool *tool, const char *peer, struct process_of_port *expected)
{
	for (int n = MANY; expected->n_named < MANY; n += MANY) {
		assert_true(tool_wait_lines(tool, n, peer, "  probe 1/3 after", 60));
		check_processes(tool, expected);
	}
}

/* As many processes, each with its own: a walk over all descriptors of this host, which may take its time. */
LIVE_TEST(owner_of_many_processes, .exclusive = true)
{
	static struct process_of_port expected;
	static int servers[MANY];
	const char *const args[] = { NULL };
	struct scene scene = scene_trace(net_new(), args);
	unsigned int port;
	char peer[64];
	int listener;
	pid_t pid;

	listener = tcp_listen(scene.net, &port);
	snprintf(peer, sizeof(peer), "  %s:%u  ", net_addr4(HOST_B), port);
	for (int i = 0; i < MANY; i++)
		if (fork() == 0)
			hold_one(scene.net, listener, port);
	for (int i = 0; i < MANY; i++) {
		servers[i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		assert_int_equal(read(servers[i], &pid, sizeof(pid)), sizeof(pid));
		expected.pids[peer_port(servers[i])] = pid;
	}
	wait_all_named(scene.tool, peer, &expected);
	assert_int_equal(tool_stop(scene.tool), 0);
	check_processes(scene.tool, &expected);
	assert_int_equal(expected.lines, tool_lines(scene.tool, peer, ""));
	assert_int_equal(expected.wrong, 0);
	for (int i = 0; i < PORTS; i++)
		if (expected.pids[i])
			kill(expected.pids[i], SIGKILL);
	for (int i = 0; i < MANY; i++) {
		wait(NULL);
		tcp_abort(servers[i]);
	}
	close(listener);
	scene_end(&scene);
}

/* --- socks that the kernel reuses in place --- */

#define BATCH 64

/* A process that opens and aborts a batch of connections when told to: 'o', 'c'. */
struct churner {
	pid_t pid;
	int commands, ports;
	unsigned int last_ports[BATCH];
};

/* No port is used twice or chosen by the kernel: the test identifies connections by their ports. */
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

/* No line about its connections names another process; if shown is false, there is no such line. */
static void assert_not_mixed_up(struct tool *tool, const struct churner *churner, const char *name, bool shown)
{
	char owner[64];

	snprintf(owner, sizeof(owner), "  %-5d  %s", churner->pid, name);
	for (int i = 0; i < BATCH; i++) {
		const char *port = local_port(churner->last_ports[i]);

		assert_int_equal(tool_lines(tool, port, ""), shown ? tool_lines(tool, port, owner) : 0);
	}
}

/* One after the other. Returns how many socks both had. */
static int take_turns(struct churner *other, struct churner *wanted, struct tool *both, struct tool *only_wanted,
		      struct walk *walk)
{
	struct socks of_other, of_wanted;

	churner_act(other, 'o');
	of_other = socks_of(other->pid, walk);
	wait_probed(both, other, "other");
	churner_act(other, 'c');
	churner_act(wanted, 'o');
	of_wanted = socks_of(wanted->pid, walk);
	wait_probed(both, wanted, "wanted");
	wait_probed(only_wanted, wanted, "wanted");
	churner_act(wanted, 'c');
	assert_not_mixed_up(both, other, "other", true);
	assert_not_mixed_up(both, wanted, "wanted", true);
	assert_not_mixed_up(only_wanted, other, "other", false);
	assert_not_mixed_up(only_wanted, wanted, "wanted", true);
	return count_common(&of_other, &of_wanted);
}

/*
 * The connections of one process end, and those of another begin in the same socks: neither the owner nor the result of
 * a filter may be inherited.
 */
LIVE_TEST(owner_after_churn)
{
	char pid[16], pids[32];
	const char *const filtered[] = { "-p", pid, NULL }, *const both[] = { "-p", pids, NULL };
	const struct walk_options options = { 0 };
	struct net *net = net_new();
	struct churner wanted, other;
	struct scene scene, of_both;
	struct walk *walk;
	unsigned int port;
	int listener, reused = 0;

	must(walk_new(&walk, &options) == 0, "walk");
	listener = tcp_listen(net, &port);
	wanted = churner_start(net, "wanted", 61000, port);
	other = churner_start(net, "other", 62000, port);
	snprintf(pid, sizeof(pid), "%d", wanted.pid);
	snprintf(pids, sizeof(pids), "%d,%d", wanted.pid, other.pid);
	scene = scene_trace(net, filtered);
	of_both = scene_trace(net, both);
	for (int round = 0; round < 2; round++)
		reused += take_turns(&other, &wanted, of_both.tool, scene.tool, walk);
	print_message("%d of %d socks were used again\n", reused, 2 * BATCH);
	assert_true(reused > 0);
	churner_stop(&wanted);
	churner_stop(&other);
	close(listener);
	walk_free(walk);
	tool_free(of_both.tool);
	scene_end(&scene);
}
