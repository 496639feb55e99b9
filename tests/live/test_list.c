// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace list: compares rows with what the test, getsockopt(2) and ss know about the same sockets. */
#include "live.h"

#include "must.h"
#include "net.h"
#include "rows.h"
#include "tcp.h"
#include "tool.h"
#include "until.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS_US 1000LL
/* The error of times: two of the kernel's ticks of at most 4 ms, and the digits that ss omits. */
#define TOLERANCE_US (20 * MS_US)

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void set(int fd, int level, int option, int value)
{
	must(setsockopt(fd, level, option, &value, sizeof(value)) == 0, "setsockopt");
}

static int get(int fd, int level, int option)
{
	socklen_t size = sizeof(int);
	int value;

	must(getsockopt(fd, level, option, &value, &size) == 0, "getsockopt");
	return value;
}

/* A time as the kernel had it at the end of a wait that began then. */
static void assert_time(const struct row *row, enum field field, int64_t us, int64_t begin_us)
{
	assert_in_range(row_number(row, field), us - TOLERANCE_US - (now_us() - begin_us), us + TOLERANCE_US);
}

static void assert_settings(const struct row *row, int fd)
{
	assert_int_equal(row_number(row, FIELD_IDLE), get(fd, IPPROTO_TCP, TCP_KEEPIDLE));
	assert_int_equal(row_number(row, FIELD_INTERVAL), get(fd, IPPROTO_TCP, TCP_KEEPINTVL));
	assert_int_equal(row_number(row, FIELD_LIMIT), get(fd, IPPROTO_TCP, TCP_KEEPCNT));
	assert_int_equal(row_number(row, FIELD_USER_TIMEOUT), get(fd, IPPROTO_TCP, TCP_USER_TIMEOUT));
}

static void assert_ends(const struct row *row, const struct net *net, const struct tcp *tcp)
{
	char netns[64];

	net_name(net, HOST_A, netns, sizeof(netns));
	assert_int_equal(row_number(row, FIELD_PID), getpid());
	assert_string_equal(row->field[FIELD_NETNS], netns);
	assert_string_equal(row->field[FIELD_LOCAL], net_addr4(HOST_A));
	assert_string_equal(row->field[FIELD_PEER], net_addr4(HOST_B));
	assert_int_equal(row_number(row, FIELD_PEER_PORT), tcp->server_port);
	assert_string_equal(row->field[FIELD_STATE], "established");
}

/* The settings of the socket, and the times according to the kernel. */
LIVE_TEST(list_agrees_with_the_socket, .once = true)
{
	static const struct keepalive own = { 50, 7, 4, 90000 };
	const char *const args[] = { "--csv", "-p", own_pid(), NULL };
	struct net *net = net_new();
	struct tcp tcp = tcp_connect(net, TCP_IPV4);
	const int64_t begin = now_us();
	struct tool *tool;
	struct row row;

	tcp_keepalive(tcp.client, &own);
	tool = run_list(args);
	find_row(tool, tcp.client_port, &row);
	assert_time(&row, FIELD_SILENT, tcp_silent_us(tcp.client), begin);
	assert_time(&row, FIELD_NEXT, 50000 * MS_US, begin);
	/* 50 s, then 40 s more until the user timeout: six intervals of 7 s, from when the peer was last heard */
	assert_time(&row, FIELD_DETECTION, 92000 * MS_US, begin);
	assert_ends(&row, net, &tcp);
	assert_settings(&row, tcp.client);
	assert_int_equal(row_number(&row, FIELD_IDLE), 50);
	assert_int_equal(row_number(&row, FIELD_USER_TIMEOUT), 90000);
	assert_string_equal(row.field[FIELD_SYSCTL], "");
	assert_int_equal(row_number(&row, FIELD_PROBES_OUT), 0);
	tool_free(tool);
	tcp_close(&tcp);
	net_free(net);
}

/* What the socket does not set itself. The other end, in another namespace, has no keepalive. */
LIVE_TEST(list_agrees_with_sysctls, .once = true)
{
	const char *const args[] = { "--csv", "-p", own_pid(), NULL };
	struct net *net = net_new();
	struct tool *tool;
	struct tcp tcp;
	struct row row;

	net_sysctl(net, HOST_A, "ipv4/tcp_keepalive_time", "600");
	net_sysctl(net, HOST_A, "ipv4/tcp_keepalive_intvl", "33");
	net_sysctl(net, HOST_A, "ipv4/tcp_keepalive_probes", "5");
	tcp = tcp_connect(net, TCP_IPV6);
	set(tcp.client, IPPROTO_TCP, TCP_KEEPCNT, 3);
	tcp_keepalive_by_sysctl(tcp.client);
	tool = run_list(args);
	find_row(tool, tcp.client_port, &row);
	assert_string_equal(row.field[FIELD_PEER], net_addr6(HOST_B));
	assert_int_equal(row_number(&row, FIELD_IDLE), 600);
	assert_int_equal(row_number(&row, FIELD_INTERVAL), 33);
	assert_int_equal(row_number(&row, FIELD_LIMIT), 3);
	assert_string_equal(row.field[FIELD_SYSCTL], "idle_s interval_s");
	find_row(tool, tcp.server_port, &row);
	assert_string_equal(row.field[FIELD_KEEPALIVE], "off");
	assert_string_equal(row.field[FIELD_NEXT], "");
	assert_string_equal(row.field[FIELD_DETECTION], "");
	tool_free(tool);
	tcp_close(&tcp);
	net_free(net);
}

/* ss says "timer:(keepalive,4.980sec,0)" of the socket with this local port. -1: it does not. */
static int64_t ss_remaining_us(unsigned int port)
{
	char command[64], line[512], *at;
	int64_t us = -1;
	FILE *ss;

	snprintf(command, sizeof(command), "ss -tonH sport = :%u", port);
	ss = popen(command, "re");
	must(ss, "ss");
	while (fgets(line, sizeof(line), ss)) {
		at = strstr(line, "timer:(keepalive,");
		if (at)
			us = (int64_t)(strtod(at + strlen("timer:(keepalive,"), NULL) * 1e6);
	}
	pclose(ss);
	return us;
}

/* Times of less than ten seconds, of which ss shows the milliseconds. */
LIVE_TEST(list_agrees_with_ss, .once = true)
{
	enum { N = 5 };
	const char *const args[] = { "--csv", "-p", own_pid(), NULL };
	struct tcp tcp[N];
	struct tool *tool;
	struct net *net;
	int64_t begin, remaining, listed;

	if (access("/usr/bin/ss", X_OK) && access("/bin/ss", X_OK) && access("/usr/sbin/ss", X_OK))
		skip("there is no ss here");
	net = net_new();
	for (int i = 0; i < N; i++) {
		const struct keepalive keepalive = { 5 + i, 2, 3, 0 };

		tcp[i] = tcp_connect(net, i % 2 ? TCP_IPV6 : TCP_IPV4);
		tcp_keepalive(tcp[i].client, &keepalive);
	}
	begin = now_us();
	tool = run_list(args);
	net_enter(net, HOST_A);
	for (int i = 0; i < N; i++) {
		struct row row;

		find_row(tool, tcp[i].client_port, &row);

		listed = row_number(&row, FIELD_NEXT);
		remaining = ss_remaining_us(tcp[i].client_port);
		assert_true(remaining > 0);
		print_message("time to the next probe: katrace %lld us, then ss %lld us\n", (long long)listed,
			      (long long)remaining);
		assert_true(remaining <= listed + TOLERANCE_US);
		assert_true(remaining >= listed - TOLERANCE_US - (now_us() - begin));
		tcp_close(&tcp[i]);
	}
	net_leave(net);
	tool_free(tool);
	net_free(net);
}

/* Unanswered probes are counted, and shorten the time to detection. */
LIVE_TEST(list_counts_probes, .once = true)
{
	static const struct keepalive slow_end = { 1, 1, 100, 0 };
	const char *const args[] = { "--csv", "-p", own_pid(), NULL };
	const char *const table[] = { "-p", own_pid(), NULL };
	struct tool *tool;
	struct net *net;
	struct tcp tcp;
	struct row row;
	uint64_t before, sent;

	net = net_new();
	tcp = tcp_connect(net, TCP_IPV4);
	net_deaf(net, HOST_B, true);
	before = net_keepalives(net, HOST_A);
	tcp_probe_all(net, &tcp.client, 1, &slow_end, 2);
	tool = run_list(args);
	sent = net_keepalives(net, HOST_A) - before;
	find_row(tool, tcp.client_port, &row);
	assert_true(row_number(&row, FIELD_PROBES_OUT) >= 2 && row_number(&row, FIELD_PROBES_OUT) <= (long long)sent);
	assert_true(row_number(&row, FIELD_SILENT) >= 2000 * MS_US);
	assert_true(row_number(&row, FIELD_DETECTION) <= 98000 * MS_US + 1000 * MS_US);
	tool_free(tool);
	tool = run_list(table); /* worst first: below the titles */
	assert_non_null(strstr(tool_stdout(tool), " unanswered\n"));
	assert_true(strstr(tool_stdout(tool), " unanswered\n") < strstr(tool_stdout(tool), "no keepalive"));
	tool_free(tool);
	net_deaf(net, HOST_B, false);
	tcp_close(&tcp);
	net_free(net);
}

LIVE_TEST(list_listeners, .once = true)
{
	const char *const connections[] = { "--csv", "-p", own_pid(), NULL };
	const char *const listeners[] = { "--csv", "-p", own_pid(), "--listening", NULL };
	unsigned int with, without;
	int with_fd, without_fd;
	struct tool *tool;
	struct net *net;
	struct row row;

	net = net_new();
	with_fd = tcp_listen(net, &with);
	without_fd = tcp_listen(net, &without);
	tcp_keepalive_by_sysctl(with_fd);
	set(with_fd, IPPROTO_TCP, TCP_KEEPIDLE, 77);
	tool = run_list(listeners);
	find_row(tool, with, &row);
	assert_string_equal(row.field[FIELD_STATE], "listen");
	assert_int_equal(row_number(&row, FIELD_IDLE), 77);
	assert_string_equal(row.field[FIELD_NEXT], "");
	assert_string_equal(row.field[FIELD_SILENT], "");
	assert_false(has_row(tool, without));
	tool_free(tool);
	tool = run_list(connections);
	assert_false(has_row(tool, with));
	tool_free(tool);
	close(with_fd);
	close(without_fd);
	net_free(net);
}

/* From host B to itself: nobody accepts it. */
static int connect_at_home(const struct net *net, unsigned int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd;

	net_enter(net, HOST_B);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(inet_pton(AF_INET, net_addr4(HOST_B), &address.sin_addr) == 1, "address");
	must(fd >= 0 && connect(fd, (void *)&address, sizeof(address)) == 0, "connect");
	net_leave(net);
	return fd;
}

/* In its own network namespace katrace also shows sockets that no process holds: not accepted yet, and orphaned. */
LIVE_TEST(list_sockets_nobody_holds, .once = true)
{
	struct net *net = net_new();
	unsigned int port;
	int listener = tcp_listen(net, &port), client = connect_at_home(net, port);
	struct tcp tcp = tcp_connect(net, TCP_IPV4);
	struct tool *tool;
	struct row row;

	tool = run_list_at(net, HOST_B, "--csv");
	find_row(tool, port, &row);
	assert_string_equal(row.field[FIELD_PID], "");
	assert_string_equal(row.field[FIELD_STATE], "established");
	find_row(tool, (unsigned int)row_number(&row, FIELD_PEER_PORT), &row);
	assert_int_equal(row_number(&row, FIELD_PID), getpid());
	tool_free(tool);
	net_deaf(net, HOST_B, true);
	close(tcp.client);
	tool = run_list_at(net, HOST_A, "--csv");
	find_row(tool, tcp.client_port, &row);
	assert_string_equal(row.field[FIELD_PID], "");
	assert_string_equal(row.field[FIELD_STATE], "fin_wait_1");
	assert_string_equal(row.field[FIELD_ORPHAN], "true");
	tool_free(tool);
	net_deaf(net, HOST_B, false);
	close(listener);
	tcp_abort(client);
	tcp_abort(tcp.server);
	net_free(net);
}

/* The same as JSON: the validator checks the schema, this test the values. */
LIVE_TEST(list_as_json, .once = true)
{
	static const struct keepalive own = { 50, 7, 4, 0 };
	char text[256];
	const char *const args[] = { "--json", "-p", own_pid(), NULL };
	const char *const listeners[] = { "--json", "--listening", "-p", own_pid(), NULL };
	unsigned int port;
	struct tool *tool;
	struct net *net;
	struct tcp tcp;
	int listener;

	net = net_new();
	tcp = tcp_connect(net, TCP_IPV6);
	tcp_keepalive(tcp.client, &own);
	listener = tcp_listen(net, &port);
	tcp_keepalive_by_sysctl(listener);
	tool = run_list(args);
	snprintf(text, sizeof(text), "\"local\":{\"address\":\"%s\",\"port\":%u}", net_addr6(HOST_A), tcp.client_port);
	assert_int_equal(tool_lines(tool, text, "\"keepalive\":{\"enabled\":true,\"idle_s\":50,\"interval_s\":7,"), 1);
	assert_int_equal(tool_lines(tool, text, "\"event_name\":\"katrace.socket\""), 1);
	assert_int_equal(tool_lines(tool, text, "\"next_probe_us\":"), 1);
	assert_int_equal(tool_lines(tool, text, "\"detection_us\":"), 1);
	snprintf(text, sizeof(text), "\"peer\":{\"address\":\"%s\"", net_addr6(HOST_A));
	assert_int_equal(tool_lines(tool, text, "\"keepalive\":{\"enabled\":false}"), 1);
	tool_free(tool);
	tool = run_list(listeners);
	assert_int_equal(tool_lines(tool, "\"state\":\"listen\"", "\"keepalive\":{\"enabled\":true,"), 1);
	tool_free(tool);
	close(listener);
	tcp_close(&tcp);
	net_free(net);
}

/* Makes and aborts connections of host B with itself as fast as it can, and counts their sockets. */
__attribute__((noreturn)) static void churn(const struct net *net, volatile uint64_t *sockets)
{
	unsigned int port;
	int listener, client, server;

	live_end_with_parent();
	listener = tcp_listen(net, &port);
	for (;;) {
		client = connect_at_home(net, port);
		server = accept(listener, NULL, NULL);
		must(server >= 0, "accept");
		tcp_keepalive_by_sysctl(client);
		tcp_abort(client);
		close(server);
		*sockets += 2;
	}
}

/* In a process of its own; returns when it is at work. */
static pid_t start_churn(const struct net *net, volatile uint64_t *sockets)
{
	const pid_t pid = fork();

	must(pid >= 0, "fork");
	if (!pid)
		churn(net, sockets);
	WAIT_UNTIL(*sockets);
	return pid;
}

/* Every line is a whole row about a socket that can exist. Returns how many there are. */
static int check_rows(const struct tool *tool)
{
	const char *line = tool_stdout(tool), *end;
	struct row row;
	int n = 0;

	for (; (end = strchr(line, '\n')); line = end + 1, n++) {
		assert_true(row_split(&row, line, (size_t)(end - line)));
		if (row_number(&row, FIELD_LOCAL_PORT) <= 0 || row_number(&row, FIELD_PEER_PORT) <= 0 ||
		    !strcmp(row.field[FIELD_STATE], "unknown") || !strcmp(row.field[FIELD_STATE], "closed") ||
		    !strcmp(row.field[FIELD_PEER], "0.0.0.0") || !strcmp(row.field[FIELD_LOCAL], "0.0.0.0")) {
			print_error("half a row: %.*s\n", (int)(end - line), line);
			fail();
		}
	}
	assert_int_equal(*line, '\0');
	return n;
}

/*
 * Sockets are created and closed during the walks: no crash, no incomplete row, and each remaining socket is listed
 * once. katrace runs in the same network namespace, so that the walks find these sockets with and without a file.
 */
LIVE_TEST(list_under_churn, .once = true, .exclusive = true)
{
	enum { N = 200, WALKS = 10 };
	const char *const args[] = { "--csv", "--no-header", NULL };
	volatile uint64_t *sockets =
		mmap(NULL, sizeof(*sockets), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int clients[N], servers[N];
	const struct keepalive far = { 7200, 75, 9, 0 };
	struct tool *tool;
	struct net *net;
	double per_second;
	char peer[64];
	int64_t begin;
	uint64_t before;
	pid_t pid;

	must(sockets != MAP_FAILED, "mmap");
	net = net_new();
	snprintf(peer, sizeof(peer), ",%s,%u,", net_addr4(HOST_B), tcp_connect_many(net, clients, servers, N));
	for (int i = 0; i < N; i++)
		tcp_keepalive(clients[i], &far);
	pid = start_churn(net, sockets);
	begin = now_us();
	before = *sockets;
	net_enter(net, HOST_B);
	for (int i = 0; i < WALKS; i++) {
		tool = run_list(args);
		check_rows(tool);
		assert_int_equal(tool_lines(tool, peer, ",established,on,7200,"), N);
		tool_free(tool);
	}
	net_leave(net);
	per_second = (double)(*sockets - before) * 1e6 / (double)(now_us() - begin);
	print_message("%.0f sockets came and went a second\n", per_second);
	if (!getenv("KATRACE_STRICT")) /* a virtual machine's only CPU is slow */
		assert_true(per_second >= 5000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	tcp_abort_many(clients, N);
	tcp_abort_many(servers, N);
	net_free(net);
	munmap((void *)sockets, sizeof(*sockets));
}

LIVE_TEST(list_with_two_capabilities, .once = true)
{
	char netns[64];
	const char *const args[] = { "list", "--csv", "--netns", netns, NULL };
	struct tool *tool;
	struct net *net;
	struct tcp tcp;
	struct row row;

	net = net_new();
	tcp = tcp_connect(net, TCP_V4_MAPPED);
	net_name(net, HOST_A, netns, sizeof(netns));
	tool = tool_start_with(RIGHTS_TWO, args);
	assert_int_equal(tool_wait(tool, 60), 0);
	find_row(tool, tcp.client_port, &row);
	assert_int_equal(row_number(&row, FIELD_PID), getpid());
	assert_string_equal(row.field[FIELD_PEER], net_addr4(HOST_B));
	tool_free(tool);
	tcp_close(&tcp);
	net_free(net);
}
