// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* MPTCP: a descriptor refers to the MPTCP socket; its subflows are the TCP sockets that keepalive probes. */
#include "live.h"

#include "holder.h"
#include "must.h"
#include "rows.h"
#include "scene.h"
#include "until.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* Without MPTCP there is nothing to test: Debian's 5.10, for one. */
static int open_mptcp(void)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);

	if (fd < 0)
		skip("this kernel has no MPTCP (%s)", strerrorname_np(errno));
	return fd;
}

static void set_settings(const struct net *net, enum host host, const char *idle, const char *interval,
			 const char *limit)
{
	net_sysctl(net, host, "ipv4/tcp_keepalive_time", idle);
	net_sysctl(net, host, "ipv4/tcp_keepalive_intvl", interval);
	net_sysctl(net, host, "ipv4/tcp_keepalive_probes", limit);
}

/*
 * From host A to host B, and to an MPTCP listener there or to a plain one, which stays open: further subflows need it.
 */
static struct tcp connect_mptcp(const struct net *net, bool listener_too)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int listener;
	struct tcp tcp;

	must(inet_pton(AF_INET, net_addr4(HOST_B), &address.sin_addr) == 1, "address");
	net_enter(net, HOST_B);
	listener = listener_too ? open_mptcp() : socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(listener >= 0 && bind(listener, (void *)&address, size) == 0 && listen(listener, 1) == 0, "listen");
	must(getsockname(listener, (void *)&address, &size) == 0, "getsockname");
	net_enter(net, HOST_A);
	tcp.client = open_mptcp();
	must(connect(tcp.client, (void *)&address, size) == 0, "connect");
	net_leave(net);
	tcp.server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	must(tcp.server >= 0, "accept");
	tcp.client_port = tcp_local_port(tcp.client);
	tcp.server_port = tcp_local_port(listener);
	return tcp;
}

/* SO_KEEPALIVE is passed on to the subflows since 5.14. TCP_KEEPIDLE and the others later: the sysctls serve here. */
static void keep_alive(int fd)
{
	const int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)))
		skip("this kernel's MPTCP sockets have no SO_KEEPALIVE (%s)", strerrorname_np(errno));
}

/* A connection of its own, for a holder. */
static int open_mptcp_connection(const struct net *net, unsigned int *port)
{
	const struct tcp tcp = connect_mptcp(net, true);

	keep_alive(tcp.client);
	*port = tcp.client_port;
	return tcp.client;
}

/* The whole life of a subflow: settings, answers, a peer that is gone, each with the owner of the MPTCP socket. */
LIVE_TEST(mptcp_life)
{
	struct net *net = net_new();
	struct holder holder;
	struct scene scene;

	close(open_mptcp());
	set_settings(net, HOST_A, "1", "1", "3");
	holder = holder_new(net, "mptcp owner", open_mptcp_connection, NULL);
	scene = trace_holders(net, &holder, 1);
	holder_open(&holder);
	assert_true(tool_wait_lines(scene.tool, 2, local_port(holder.port), "answered in", 20));
	net_deaf(net, HOST_B, true);
	assert_true(tool_wait_lines(scene.tool, 1, local_port(holder.port), "ended: keepalive timeout, ETIMEDOUT", 20));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_always_named(scene.tool, &holder, "mptcp owner");
	assert_int_equal(tool_lines(scene.tool, local_port(holder.port), "keepalive: 1s idle, then 3 probes 1s apart"),
			 1);
	assert_int_equal(tool_lines(scene.tool, local_port(holder.port), "probe 3/3"), 1);
	assert_non_null(strstr(tool_stdout(scene.tool), "  MPTCP subflow\n"));
	assert_non_null(strstr(tool_stdout(scene.tool), "of silence the subflow ended (ETIMEDOUT)"));
	net_deaf(net, HOST_B, false);
	holder_stop(&holder);
	scene_end(&scene);
}

/* Both ends of a connection, its listener, and one whose peer knows no MPTCP. */
LIVE_TEST(list_mptcp, .once = true)
{
	const char *const rows[] = { "--csv", "-p", own_pid(), NULL }, *const table[] = { "-p", own_pid(), NULL };
	const char *const json[] = { "--json", "-p", own_pid(), NULL };
	const char *const others[] = { "--csv", "-p", "1", NULL };
	struct net *net = net_new();
	struct tcp tcp[2] = { connect_mptcp(net, true), connect_mptcp(net, false) };
	char port[64];
	struct tool *tool;
	struct row row;

	set_settings(net, HOST_A, "600", "33", "5");
	keep_alive(tcp[0].client);
	tool = run_list(rows);
	find_row(tool, tcp[0].client_port, &row);
	assert_int_equal(row_number(&row, FIELD_PID), getpid());
	assert_int_equal(row_number(&row, FIELD_IDLE), 600);
	assert_int_equal(row_number(&row, FIELD_PEER_PORT), tcp[0].server_port);
	find_row(tool, tcp[0].server_port, &row);
	assert_int_equal(row_number(&row, FIELD_PID), getpid());
	find_row(tool, tcp[1].client_port, &row);
	assert_true(has_row(tool, tcp[1].server_port));
	tool_free(tool);
	tool = run_list(table);
	assert_int_equal(tool_lines(tool, local_port(tcp[0].client_port), "  MPTCP subflow"), 1);
	assert_int_equal(tool_lines(tool, local_port(tcp[0].server_port), "no keepalive"), 1); /* worse */
	tool_free(tool);
	tool = run_list(json);
	snprintf(port, sizeof(port), "\"port\":%u},\"peer\"", tcp[0].client_port);
	assert_int_equal(tool_lines(tool, port, "\"mptcp_subflow\":true"), 1);
	snprintf(port, sizeof(port), "\"port\":%u},\"peer\"", tcp[1].server_port);
	assert_int_equal(tool_lines(tool, port, ""), 1);
	assert_int_equal(tool_lines(tool, port, "\"mptcp_subflow\""), 0); /* a plain socket */
	tool_free(tool);
	tool = run_list(others);
	assert_false(has_row(tool, tcp[0].client_port));
	tool_free(tool);
	tcp_close(&tcp[0]);
	tcp_close(&tcp[1]);
	net_free(net);
}

static void run_ip(const char *command)
{
	must(system(command) == 0, command);
}

/* The number of rows to that port of host B: each subflow has one. */
static int count_subflows(unsigned int port)
{
	const char *const args[] = { "--csv", "-p", own_pid(), NULL };
	char to[64];
	struct tool *tool = run_list(args);
	int n;

	snprintf(to, sizeof(to), ",%s,%u,established,", net_addr4(HOST_B), port);
	n = tool_lines(tool, to, "");
	tool_free(tool);
	return n;
}

/* Only then are both ends sure that the other one speaks MPTCP. */
static void exchange_data(const struct tcp *tcp)
{
	char byte = 0;

	must(write(tcp->client, &byte, 1) == 1 && read(tcp->server, &byte, 1) == 1, "data");
	must(write(tcp->server, &byte, 1) == 1 && read(tcp->client, &byte, 1) == 1, "data");
}

/* Subflows that the kernel opens later. */
LIVE_TEST(list_mptcp_subflows, .once = true)
{
	struct net *net = net_new();
	struct tcp tcp;

	close(open_mptcp());
	if (system("ip mptcp help 2>&1 | grep -q endpoint"))
		skip("there is no ip mptcp here");
	net_enter(net, HOST_B);
	run_ip("ip mptcp limits set subflows 2 add_addr_accepted 2 && ip route add 203.0.113.0/24 dev " CABLE);
	net_enter(net, HOST_A);
	run_ip("ip mptcp limits set subflows 2 add_addr_accepted 2 && ip address add 203.0.113.1/32 dev " CABLE
	       " && ip mptcp endpoint add 203.0.113.1 dev " CABLE " subflow");
	net_leave(net);
	tcp = connect_mptcp(net, true);
	exchange_data(&tcp);
	WAIT_UNTIL(count_subflows(tcp.server_port) == 2); /* each with its owner */
	tcp_close(&tcp);
	net_free(net);
}

/* Closed while the peer is gone: its subflows lose their socket, but are not waiting for accept(2). */
LIVE_TEST(list_mptcp_orphan, .once = true)
{
	struct net *net = net_new();
	struct tcp tcp = connect_mptcp(net, true);
	struct tool *tool;
	char netns[64];
	const char *const args[] = { "--netns", netns, NULL };

	net_name(net, HOST_A, netns, sizeof(netns));
	keep_alive(tcp.client);
	net_deaf(net, HOST_B, true);
	close(tcp.client);
	net_enter(net, HOST_A);
	tool = run_list(args);
	net_leave(net);
	assert_int_equal(tool_lines(tool, local_port(tcp.client_port), ""), 1);
	assert_int_equal(tool_lines(tool, local_port(tcp.client_port), "not accepted"), 0);
	tool_free(tool);
	net_deaf(net, HOST_B, false);
	tcp_abort(tcp.server);
	net_free(net);
}
