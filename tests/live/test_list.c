// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace list: compares rows with what the test, getsockopt(2) and ss know about the same sockets. */
#include "live.h"

#include "must.h"
#include "net.h"
#include "rows.h"
#include "tcp.h"
#include "tool.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
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

static void own_pid(char *text, size_t size)
{
	snprintf(text, size, "%d", getpid());
}

/* The settings of the socket, those of its sysctls, and the silence according to the kernel. */
LIVE_TEST(list_agrees_with_the_socket, .once = true)
{
	static const struct keepalive own = { 50, 7, 4, 90000 };
	char pid[16], netns[64];
	const char *const args[] = { "--csv", "-p", pid, NULL };
	struct tcp_info info;
	socklen_t size = sizeof(info);
	struct tcp set_all, set_one;
	struct tool *tool;
	struct net *net;
	struct row row;
	int64_t begin;
	long long heard;

	own_pid(pid, sizeof(pid));
	net = net_new();
	net_sysctl(net, HOST_A, "ipv4/tcp_keepalive_time", "600");
	net_sysctl(net, HOST_A, "ipv4/tcp_keepalive_intvl", "33");
	net_sysctl(net, HOST_A, "ipv4/tcp_keepalive_probes", "5");
	net_name(net, HOST_A, netns, sizeof(netns));
	set_all = tcp_connect(net, TCP_IPV4);
	set_one = tcp_connect(net, TCP_IPV6);
	begin = now_us();
	tcp_keepalive(set_all.client, &own);
	set(set_one.client, IPPROTO_TCP, TCP_KEEPCNT, 3);
	set(set_one.client, SOL_SOCKET, SO_KEEPALIVE, 1);
	tool = run_list(args);
	must(getsockopt(set_all.client, IPPROTO_TCP, TCP_INFO, &info, &size) == 0, "TCP_INFO");

	find_row(tool, set_all.client_port, &row);
	assert_int_equal(row_number(&row, FIELD_PID), getpid());
	assert_string_equal(row.field[FIELD_NETNS], netns);
	assert_string_equal(row.field[FIELD_LOCAL], net_addr4(HOST_A));
	assert_string_equal(row.field[FIELD_PEER], net_addr4(HOST_B));
	assert_int_equal(row_number(&row, FIELD_PEER_PORT), set_all.server_port);
	assert_string_equal(row.field[FIELD_STATE], "established");
	assert_int_equal(row_number(&row, FIELD_IDLE), get(set_all.client, IPPROTO_TCP, TCP_KEEPIDLE));
	assert_int_equal(row_number(&row, FIELD_INTERVAL), get(set_all.client, IPPROTO_TCP, TCP_KEEPINTVL));
	assert_int_equal(row_number(&row, FIELD_LIMIT), get(set_all.client, IPPROTO_TCP, TCP_KEEPCNT));
	assert_int_equal(row_number(&row, FIELD_USER_TIMEOUT), 90000);
	assert_string_equal(row.field[FIELD_SYSCTL], "");
	assert_int_equal(row_number(&row, FIELD_PROBES_OUT), 0);
	assert_true(row_number(&row, FIELD_NEXT) <= 50000 * MS_US + TOLERANCE_US);
	assert_true(row_number(&row, FIELD_NEXT) >= 50000 * MS_US - TOLERANCE_US - (now_us() - begin));
	heard = (info.tcpi_last_ack_recv < info.tcpi_last_data_recv ? info.tcpi_last_ack_recv
								    : info.tcpi_last_data_recv) *
		MS_US;
	assert_true(row_number(&row, FIELD_SILENT) <= heard + TOLERANCE_US);
	assert_true(row_number(&row, FIELD_SILENT) >= heard - TOLERANCE_US - (now_us() - begin));
	/* 50 s, then 40 s more until the user timeout: six intervals of 7 s, from when the peer was last heard */
	assert_true(row_number(&row, FIELD_DETECTION) <= 92000 * MS_US + TOLERANCE_US);
	assert_true(row_number(&row, FIELD_DETECTION) >= 92000 * MS_US - TOLERANCE_US - (now_us() - begin));

	find_row(tool, set_one.client_port, &row);
	assert_string_equal(row.field[FIELD_PEER], net_addr6(HOST_B));
	assert_int_equal(row_number(&row, FIELD_IDLE), 600);
	assert_int_equal(row_number(&row, FIELD_INTERVAL), 33);
	assert_int_equal(row_number(&row, FIELD_LIMIT), 3);
	assert_string_equal(row.field[FIELD_SYSCTL], "idle_s interval_s");

	find_row(tool, set_one.server_port, &row); /* the other end, in another namespace, without keepalive */
	assert_string_equal(row.field[FIELD_KEEPALIVE], "off");
	assert_string_equal(row.field[FIELD_NEXT], "");
	assert_string_equal(row.field[FIELD_DETECTION], "");
	tool_free(tool);
	tcp_close(&set_all);
	tcp_close(&set_one);
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
	char pid[16];
	const char *const args[] = { "--csv", "-p", pid, NULL };
	struct tcp tcp[N];
	struct tool *tool;
	struct net *net;
	int64_t begin, remaining, listed;

	if (access("/usr/bin/ss", X_OK) && access("/bin/ss", X_OK) && access("/usr/sbin/ss", X_OK))
		skip("there is no ss here");
	own_pid(pid, sizeof(pid));
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
	char pid[16];
	const char *const args[] = { "--csv", "-p", pid, NULL };
	const char *const table[] = { "-p", pid, NULL };
	struct tool *tool;
	struct net *net;
	struct tcp tcp;
	struct row row;
	uint64_t before, sent;

	own_pid(pid, sizeof(pid));
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

/* A listener of host B, with its port. */
static int open_listener(const struct net *net, unsigned int *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int fd;

	net_enter(net, HOST_B);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(fd >= 0 && listen(fd, 8) == 0 && getsockname(fd, (void *)&address, &size) == 0, "listen");
	net_leave(net);
	*port = ntohs(address.sin_port);
	return fd;
}

LIVE_TEST(list_listeners, .once = true)
{
	char pid[16];
	const char *const connections[] = { "--csv", "-p", pid, NULL };
	const char *const listeners[] = { "--csv", "-p", pid, "--listening", NULL };
	unsigned int with, without;
	int with_fd, without_fd;
	struct tool *tool;
	struct net *net;
	struct row row;

	own_pid(pid, sizeof(pid));
	net = net_new();
	with_fd = open_listener(net, &with);
	without_fd = open_listener(net, &without);
	set(with_fd, SOL_SOCKET, SO_KEEPALIVE, 1);
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

/* In its own network namespace katrace also shows sockets that no process holds. */
LIVE_TEST(list_sockets_nobody_holds, .once = true)
{
	char netns[64];
	const char *const args[] = { "--csv", "--netns", netns, NULL };
	struct sockaddr_in address = { .sin_family = AF_INET };
	unsigned int port, waiting_port;
	int listener, client;
	struct tool *tool;
	struct net *net;
	struct tcp tcp;
	struct row row;

	net = net_new();
	listener = open_listener(net, &port);
	tcp = tcp_connect(net, TCP_IPV4);
	net_enter(net, HOST_B); /* a connection not accepted yet, over host B's loopback */
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	address.sin_port = htons((uint16_t)port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(client >= 0 && connect(client, (void *)&address, sizeof(address)) == 0, "connect");
	net_name(net, HOST_B, netns, sizeof(netns));
	tool = run_list(args);
	find_row(tool, port, &row);
	assert_string_equal(row.field[FIELD_PID], "");
	assert_string_equal(row.field[FIELD_STATE], "established");
	waiting_port = (unsigned int)row_number(&row, FIELD_PEER_PORT);
	find_row(tool, waiting_port, &row);
	assert_int_equal(row_number(&row, FIELD_PID), getpid());
	tool_free(tool);
	net_deaf(net, HOST_B, true);
	net_enter(net, HOST_A);
	close(tcp.client);
	net_name(net, HOST_A, netns, sizeof(netns));
	tool = run_list(args);
	find_row(tool, tcp.client_port, &row);
	assert_string_equal(row.field[FIELD_PID], "");
	assert_string_equal(row.field[FIELD_STATE], "fin_wait_1");
	tool_free(tool);
	net_leave(net);
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
	char pid[16], text[256];
	const char *const args[] = { "--json", "-p", pid, NULL };
	const char *const listeners[] = { "--json", "--listening", "-p", pid, NULL };
	unsigned int port;
	struct tool *tool;
	struct net *net;
	struct tcp tcp;
	int listener;

	own_pid(pid, sizeof(pid));
	net = net_new();
	tcp = tcp_connect(net, TCP_IPV6);
	tcp_keepalive(tcp.client, &own);
	listener = open_listener(net, &port);
	set(listener, SOL_SOCKET, SO_KEEPALIVE, 1);
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

/* Which of three connections an option shows: off, 2 s idle, and two hours. */
struct three {
	struct tcp off, soon, far;
};

static void assert_shows(const char *option, const char *value, const struct three *tcp, bool off, bool soon, bool far)
{
	char pid[16];
	const char *const args[] = { "--csv", "-p", pid, option, value, NULL };
	struct tool *tool;

	own_pid(pid, sizeof(pid));
	tool = run_list(args);
	if (has_row(tool, tcp->off.client_port) != off || has_row(tool, tcp->soon.client_port) != soon ||
	    has_row(tool, tcp->far.client_port) != far)
		print_error("list %s %s: not as expected\n", option, value ? value : "");
	assert_int_equal(has_row(tool, tcp->off.client_port), off);
	assert_int_equal(has_row(tool, tcp->soon.client_port), soon);
	assert_int_equal(has_row(tool, tcp->far.client_port), far);
	tool_free(tool);
}

LIVE_TEST(list_chooses, .once = true)
{
	static const struct keepalive soon = { 40, 10, 3, 0 }, far = { 7200, 75, 9, 0 };
	const struct timespec pause = { .tv_sec = 2, .tv_nsec = 100000000 };
	struct three tcp;
	struct net *net;
	char port[16], netns[64], peers[32];

	net = net_new();
	tcp.off = tcp_connect(net, TCP_IPV4);
	tcp.soon = tcp_connect(net, TCP_IPV4);
	tcp.far = tcp_connect(net, TCP_IPV6);
	tcp_keepalive(tcp.soon.client, &soon);
	tcp_keepalive(tcp.far.client, &far);
	assert_shows("--no-keepalive", NULL, &tcp, true, false, false);
	assert_shows("--due-within", "1m", &tcp, false, true, false);
	assert_shows("--due-within", "3h", &tcp, false, true, true);
	assert_shows("--middlebox-timeout", "350", &tcp, true, false, true);
	assert_shows("--silent-over", "1h", &tcp, false, false, false);
	assert_shows("--zombies", NULL, &tcp, false, false, false);
	nanosleep(&pause, NULL); /* only time makes them silent */
	assert_shows("--silent-over", "1s", &tcp, true, true, true);
	assert_shows("--zombies=1s", NULL, &tcp, true, false, true);
	assert_shows("--zombies=1s,10s", NULL, &tcp, true, true, true);
	assert_shows("--failures", NULL, &tcp, true, false, false);
	assert_shows("-6", NULL, &tcp, false, false, true);
	snprintf(peers, sizeof(peers), "%s/31", net_addr4(HOST_B));
	assert_shows("--peer", peers, &tcp, true, true, false);
	snprintf(port, sizeof(port), "%u", tcp.soon.client_port);
	assert_shows("--port", port, &tcp, false, true, false);
	net_name(net, HOST_A, netns, sizeof(netns));
	assert_shows("--netns", netns, &tcp, true, true, true);
	net_name(net, HOST_B, netns, sizeof(netns));
	assert_shows("--netns", netns, &tcp, false, false, false);
	assert_shows("-c", "no such name", &tcp, false, false, false);
	tcp_close(&tcp.off);
	tcp_close(&tcp.soon);
	tcp_close(&tcp.far);
	net_free(net);
}

LIVE_TEST(list_sums_up, .once = true)
{
	static const struct keepalive twice_a_minute = { 30, 10, 3, 0 };
	enum { N = 6 };
	char pid[16], text[128], netns[64];
	const char *const summary[] = { "-p", pid, "--summary", NULL };
	const char *const sysctl[] = { "--sysctl", NULL };
	struct tool *tool;
	struct net *net;
	struct tcp tcp[N];

	own_pid(pid, sizeof(pid));
	prctl(PR_SET_NAME, "sums \033[1m up");
	net = net_new();
	net_sysctl(net, HOST_A, "ipv4/tcp_keepalive_time", "123");
	for (int i = 0; i < N; i++)
		tcp[i] = tcp_connect(net, TCP_IPV4);
	tcp_keepalive(tcp[0].client, &twice_a_minute);
	tcp_keepalive(tcp[1].client, &twice_a_minute);
	tool = run_list(summary);
	snprintf(text, sizeof(text),
		 "sums \\x1b[1m up[%d]: 10 established connections without keepalive, oldest silent ", getpid());
	assert_int_equal(tool_lines(tool, text, ""), 1);
	assert_int_equal(tool_lines(tool, "12           2         10        4.00        never", "30s+3x10s\n"), 0);
	assert_int_equal(tool_lines(tool, "12           2         10        4.00        never", "30s+3x10s"), 1);
	assert_null(strchr(tool_stdout(tool), '\033'));
	tool_free(tool);
	tool = run_list(sysctl);
	net_name(net, HOST_A, netns, sizeof(netns));
	assert_int_equal(tool_lines(tool, netns, "  123  "), 1);
	net_name(net, HOST_B, netns, sizeof(netns));
	assert_int_equal(tool_lines(tool, netns, "  7200  "), 1);
	tool_free(tool);
	for (int i = 0; i < N; i++)
		tcp_close(&tcp[i]);
	net_free(net);
	prctl(PR_SET_NAME, "live");
}

/* Makes and aborts connections over host B's loopback as fast as it can, and counts their sockets. */
static void churn(const struct net *net, volatile uint64_t *sockets)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int listener, client, server;

	live_end_with_parent();
	net_enter(net, HOST_B);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(listener >= 0 && bind(listener, (void *)&address, size) == 0 && listen(listener, 64) == 0 &&
		     getsockname(listener, (void *)&address, &size) == 0,
	     "listen");
	for (;;) {
		client = socket(AF_INET, SOCK_STREAM, 0);
		must(client >= 0 && connect(client, (void *)&address, size) == 0, "connect");
		server = accept(listener, NULL, NULL);
		must(server >= 0, "accept");
		set(client, SOL_SOCKET, SO_KEEPALIVE, 1);
		tcp_abort(client);
		close(server);
		*sockets += 2;
	}
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
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid)
		churn(net, sockets);
	while (!*sockets)
		sched_yield();
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
