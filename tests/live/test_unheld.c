// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace list: sockets that no descriptor refers to. */
#include "live.h"

#include "mounts.h"
#include "must.h"
#include "net.h"
#include "passing.h"
#include "rows.h"
#include "tcp.h"
#include "tool.h"
#include "until.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct keepalive far = { 7200, 75, 9, 0 };

/* Its line of JSON has a port like this. */
static const char *json_port(unsigned int port)
{
	static char text[64];

	snprintf(text, sizeof(text), "\"port\":%u},\"peer\"", port);
	return text;
}

/* A socket of host A: no process is named, and the reason is. */
static void assert_unheld(const struct net *net, unsigned int port, const char *note)
{
	struct tool *tool = run_list_at(net, HOST_A, NULL);
	struct row row;

	assert_int_equal(tool_lines(tool, local_port(port), note), 1);
	assert_int_equal(tool_lines(tool, local_port(port), "-    -     "), 1);
	tool_free(tool);
	tool = run_list_at(net, HOST_A, "--json");
	assert_int_equal(tool_lines(tool, json_port(port), "\"unheld\":true"), 1);
	assert_int_equal(tool_lines(tool, json_port(port), "\"process\""), 0);
	tool_free(tool);
	tool = run_list_at(net, HOST_A, "--csv");
	find_row(tool, port, &row);
	assert_string_equal(row.field[FIELD_UNHELD], "true");
	tool_free(tool);
}

static void assert_held(const struct net *net, enum host host, unsigned int port, bool by_process)
{
	struct tool *tool = run_list_at(net, host, "--json");

	assert_int_equal(tool_lines(tool, json_port(port), ""), 1);
	assert_int_equal(tool_lines(tool, json_port(port), "\"unheld\""), 0);
	assert_int_equal(tool_lines(tool, json_port(port), "\"process\""), by_process);
	tool_free(tool);
}

static void send_away(int over, int fd)
{
	passing_send(over, fd);
	close(fd);
}

/* Sent over a Unix socket, closed by the sender, and not received yet. */
LIVE_TEST(list_in_flight, .once = true)
{
	const char *const by_owner[] = { "--csv", "-p", own_pid(), NULL };
	struct net *net = net_new();
	struct tcp tcp = tcp_connect(net, TCP_IPV4);
	struct tool *tool;
	int pair[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "socketpair");
	assert_held(net, HOST_A, tcp.client_port, true);
	send_away(pair[0], tcp.client);
	assert_unheld(net, tcp.client_port, "  no keepalive, no descriptor");
	net_enter(net, HOST_A);
	tool = run_list(by_owner);
	net_leave(net);
	assert_false(has_row(tool, tcp.client_port));
	assert_true(has_row(tool, tcp.server_port));
	tool_free(tool);
	tcp.client = passing_receive(pair[1]);
	tcp_keepalive(tcp.client, &far);
	assert_held(net, HOST_A, tcp.client_port, true);
	send_away(pair[0], tcp.client);
	assert_unheld(net, tcp.client_port, "  no descriptor");
	tcp.client = passing_receive(pair[1]);
	tcp_close(&tcp);
	close(pair[0]);
	close(pair[1]);
	net_free(net);
}

/* Registered with io_uring as a fixed file, and then closed. */
LIVE_TEST(list_fixed_file, .once = true)
{
	struct io_uring_params params = { 0 };
	const int ring = (int)syscall(SYS_io_uring_setup, 1, &params);
	struct net *net;
	struct tcp tcp;

	if (ring < 0)
		skip("io_uring is not possible here (%s)", strerrorname_np(errno));
	net = net_new();
	tcp = tcp_connect(net, TCP_IPV4);
	must(syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &tcp.client, 1) == 0, "register a file");
	tcp_keepalive(tcp.client, &far);
	assert_held(net, HOST_A, tcp.client_port, true);
	close(tcp.client);
	assert_unheld(net, tcp.client_port, "  no descriptor");
	close(ring);
	tcp_abort(tcp.server);
	net_free(net);
}

/* No descriptor refers to these either, but there is no file that one could refer to. */
LIVE_TEST(list_without_file, .once = true)
{
	struct net *net = net_new();
	struct tcp tcp = tcp_connect(net, TCP_IPV4);
	unsigned int port, client_port;
	const int listener = tcp_listen(net, &port), client = tcp_connect_port(net, port);
	struct tool *tool;

	client_port = tcp_local_port(client);
	tool = run_list_at(net, HOST_B, NULL);
	assert_int_equal(tool_lines(tool, local_port(port), "no descriptor"), 0);
	tool_free(tool);
	assert_held(net, HOST_B, port, false);
	assert_held(net, HOST_A, client_port, true);
	net_deaf(net, HOST_B, true);
	tcp_keepalive(tcp.client, &far);
	close(tcp.client);
	tool = run_list_at(net, HOST_A, NULL);
	assert_int_equal(tool_lines(tool, local_port(tcp.client_port), "no descriptor"), 0);
	assert_int_equal(tool_lines(tool, local_port(tcp.client_port), ""), 1);
	tool_free(tool);
	net_deaf(net, HOST_B, false);
	close(listener);
	tcp_abort(client);
	tcp_abort(tcp.server);
	net_free(net);
}

/* A process that is in that host's network namespace until it is killed. */
static pid_t start_resident(const struct net *net, enum host host)
{
	int ready[2];
	char byte = 0;
	pid_t pid;

	must(pipe(ready) == 0, "pipe");
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid) {
		live_end_with_parent();
		net_enter(net, host);
		must(write(ready[1], &byte, 1) == 1, "ready");
		for (;;)
			pause();
	}
	must(read(ready[0], &byte, 1) == 1, "ready");
	close(ready[0]);
	close(ready[1]);
	return pid;
}

/* As ip netns does it: a mount of the namespace at /run/netns/NAME. */
static void give_name(const struct net *net, enum host host)
{
	FILE *file;

	mkdir("/run", 0755); /* there is none in a virtual machine */
	must(mount("none", "/run", "tmpfs", 0, NULL) == 0 && mkdir("/run/netns", 0755) == 0, "/run");
	file = fopen("/run/netns/blue", "we");
	must(file && !fclose(file), "/run/netns/blue");
	file = fopen("/run/netns/gone", "we"); /* as after a reboot */
	must(file && !fclose(file), "/run/netns/gone");
	net_enter(net, host);
	must(mount("/proc/self/ns/net", "/run/netns/blue", NULL, MS_BIND, NULL) == 0, "/run/netns/blue");
	net_leave(net);
}

/* Rows without a process to or from that port, from outside the hosts' namespaces. */
static int count_unheld(unsigned int port, const char *option)
{
	char text[16];
	const char *const args[] = { "--json", "--port", text, option, NULL };
	struct tool *tool;
	int n;

	snprintf(text, sizeof(text), "%u", port);
	tool = run_list(args);
	n = tool_lines(tool, "\"unheld\":true", "");
	assert_int_equal(tool_lines(tool, "\"process\"", ""), 0);
	tool_free(tool);
	return n;
}

/* A process is in host A's namespace, and host B's has a name. */
LIVE_TEST(list_all_namespaces, .once = true)
{
	struct net *net = net_new();
	struct tcp tcp = tcp_connect(net, TCP_IPV4);
	struct mounts before;
	pid_t resident;
	int pair[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "socketpair");
	send_away(pair[0], tcp.client);
	send_away(pair[0], tcp.server);
	assert_int_equal(count_unheld(tcp.server_port, NULL), 0);
	assert_int_equal(count_unheld(tcp.server_port, "--all-namespaces"), 0);
	resident = start_resident(net, HOST_A);
	assert_int_equal(count_unheld(tcp.server_port, NULL), 0);
	assert_int_equal(count_unheld(tcp.server_port, "--all-namespaces"), 1);
	before = mounts_enter();
	give_name(net, HOST_B);
	assert_int_equal(count_unheld(tcp.server_port, "--all-namespaces"), 2);
	mounts_leave(&before);
	kill(resident, SIGKILL);
	waitpid(resident, NULL, 0);
	tcp.client = passing_receive(pair[1]);
	tcp.server = passing_receive(pair[1]);
	tcp_close(&tcp);
	net_free(net);
}

/* Without the privilege it is said, and all that can be seen is shown. */
LIVE_TEST(list_namespaces_refused, .once = true)
{
	const char *const args[] = { "list", "--csv", "--all-namespaces", NULL };
	struct net *net = net_new();
	struct tcp tcp = tcp_connect(net, TCP_IPV4);
	const pid_t resident = start_resident(net, HOST_A);
	struct tool *tool = tool_start_with(RIGHTS_TWO, args);

	assert_int_equal(tool_wait(tool, 60), 1);
	assert_non_null(strstr(tool_stderr(tool), "katrace: --all-namespaces: network namespaces not entered: "));
	assert_true(has_row(tool, tcp.client_port));
	tool_free(tool);
	kill(resident, SIGKILL);
	waitpid(resident, NULL, 0);
	tcp_close(&tcp);
	net_free(net);
}

/* Connections that a process opens, accepts and closes as fast as it can. */
__attribute__((noreturn)) static void churn(const struct net *net, int ready)
{
	unsigned int port;
	const int listener = tcp_listen(net, &port);
	int client, server;

	live_end_with_parent();
	must(write(ready, &port, sizeof(port)) == sizeof(port), "tell the port");
	for (;;) {
		client = tcp_connect_port(net, port);
		server = accept(listener, NULL, NULL);
		must(server >= 0, "accept");
		tcp_abort(client);
		close(server);
	}
}

/* What was opened or closed during a walk is not unheld. */
LIVE_TEST(list_churn_is_held, .once = true, .exclusive = true)
{
	enum { WALKS = 30, PROCESSES = 3 };
	struct net *net = net_new();
	pid_t pids[PROCESSES];
	struct tool *tool;
	unsigned int port;
	int ready[2];

	must(pipe(ready) == 0, "pipe");
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		must(pids[i] >= 0, "fork");
		if (!pids[i])
			churn(net, ready[1]);
		must(read(ready[0], &port, sizeof(port)) == sizeof(port), "hear the port");
	}
	for (int i = 0; i < WALKS; i++) {
		tool = run_list_at(net, i % 2 ? HOST_A : HOST_B, "--json");
		assert_int_equal(tool_lines(tool, "\"unheld\"", ""), 0);
		tool_free(tool);
	}
	for (int i = 0; i < PROCESSES; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	net_free(net);
}
