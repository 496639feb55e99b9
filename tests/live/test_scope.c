// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Link-local addresses: with the interface they hold for, in the list, in a trace, in filters. */
#include "live.h"

#include "must.h"
#include "net.h"
#include "rows.h"
#include "scene.h"
#include "tcp.h"
#include "tool.h"

#include <stdio.h>
#include <string.h>

/* katrace list on host A, about this process. */
static struct tool *list_at_a(const struct net *net, const char *option, const char *value, const char *format)
{
	const char *const args[] = { "-p", own_pid(), format, option, value, NULL };
	struct tool *tool;

	net_enter(net, HOST_A);
	tool = run_list(args);
	net_leave(net);
	return tool;
}

/* On host A katrace knows the names of its interfaces, and of others only their index. */
LIVE_TEST(list_scopes, .once = true)
{
	struct net *net = net_new();
	struct tcp tcp = tcp_connect(net, TCP_LINK_LOCAL), other = tcp_connect(net, TCP_IPV6);
	char name[64], number[64];
	struct tool *tool;
	struct row row;

	tool = list_at_a(net, "--no-header", NULL, "--csv");
	find_row(tool, tcp.client_port, &row);
	assert_string_equal(row.field[FIELD_LOCAL], "\"fe80::1%" CABLE "\"");
	assert_string_equal(row.field[FIELD_PEER], "\"fe80::2%" CABLE "\"");
	find_row(tool, tcp.server_port, &row);
	snprintf(number, sizeof(number), "\"fe80::1%%%u\"", net_cable_index(net, HOST_B));
	assert_string_equal(row.field[FIELD_PEER], number);
	find_row(tool, other.client_port, &row);
	assert_string_equal(row.field[FIELD_PEER], net_addr6(HOST_B));
	tool_free(tool);

	tool = list_at_a(net, "--no-header", NULL, "--no-header");
	snprintf(name, sizeof(name), "[fe80::1%%" CABLE "]:%u ", tcp.client_port);
	snprintf(number, sizeof(number), "[fe80::2%%" CABLE "]:%u ", tcp.server_port);
	assert_int_equal(tool_lines(tool, name, number), 1);
	tool_free(tool);

	tool = list_at_a(net, "--no-header", NULL, "--json");
	snprintf(name, sizeof(name), "\"local\":{\"address\":\"fe80::1\",\"port\":%u}", tcp.client_port);
	assert_int_equal(tool_lines(tool, name, "\"interface\":{\"name\":\"" CABLE "\"}"), 1);
	snprintf(number, sizeof(number), "\"scope_id\":%u,", net_cable_index(net, HOST_A));
	assert_int_equal(tool_lines(tool, name, number), 1);
	snprintf(name, sizeof(name), "\"local\":{\"address\":\"fe80::2\",\"port\":%u}", tcp.server_port);
	assert_int_equal(tool_lines(tool, name, "\"scope_id\":"), 1);
	assert_int_equal(tool_lines(tool, name, "\"interface\":"), 0);
	assert_int_equal(tool_lines(tool, "2001:db8:", "\"scope_id\":"), 0);
	tool_free(tool);
	tcp_close(&tcp);
	tcp_close(&other);
	net_free(net);
}

static void assert_chooses(const struct net *net, const struct tcp *tcp, const char *peer, bool wanted)
{
	struct tool *tool = list_at_a(net, "--peer", peer, "--csv");

	assert_int_equal(has_row(tool, tcp->client_port), wanted);
	assert_false(has_row(tool, tcp->server_port));
	tool_free(tool);
}

LIVE_TEST(list_chooses_by_scope, .once = true)
{
	struct net *net = net_new();
	struct tcp tcp = tcp_connect(net, TCP_LINK_LOCAL);
	const unsigned int index = net_cable_index(net, HOST_A);
	char peer[64];

	assert_chooses(net, &tcp, "fe80::2", true);
	assert_chooses(net, &tcp, "fe80::2%" CABLE, true);
	assert_chooses(net, &tcp, "fe80::2%lo", false);
	assert_chooses(net, &tcp, "fe80::%" CABLE "/127", false);
	assert_chooses(net, &tcp, "fe80::3%" CABLE "/127", true);
	snprintf(peer, sizeof(peer), "fe80::2%%%u", index);
	assert_chooses(net, &tcp, peer, true);
	snprintf(peer, sizeof(peer), "[fe80::2%%%u]:%u", index, tcp.server_port);
	assert_chooses(net, &tcp, peer, true);
	snprintf(peer, sizeof(peer), "fe80::2%%%u", index + 1);
	assert_chooses(net, &tcp, peer, false);
	tcp_close(&tcp);
	net_free(net);
}

/* From the first probe to the end, seen from host A. */
LIVE_TEST(life_scope)
{
	static const struct keepalive fast = { 1, 1, 2, 0 };
	struct net *net = net_new();
	char peer[64], row[128];
	const char *const args[] = { "--peer", peer, NULL };
	struct scene scene;

	snprintf(peer, sizeof(peer), "fe80::2%%" CABLE);
	net_enter(net, HOST_A);
	scene = scene_trace(net, args);
	net_leave(net);
	scene.tcp = tcp_connect(net, TCP_LINK_LOCAL);
	tcp_keepalive(scene.tcp.client, &fast);
	assert_true(scene_wait_said(&scene, 1, "answered in", 10));
	net_cable(net, HOST_B, false);
	assert_true(tcp_wait_death(scene.tcp.client, 20) > 0);
	assert_true(scene_wait_said(&scene, 1, "ended: ", 10));
	assert_int_equal(tool_stop(scene.tool), 0);
	snprintf(row, sizeof(row), "[fe80::1%%" CABLE "]:%u", scene.tcp.client_port);
	assert_int_equal(tool_lines(scene.tool, row, "probe 2/2"), 1);
	assert_int_equal(tool_lines(scene.tool, row, " - [fe80::2%" CABLE "]:"), 1); /* its timeline */
	scene_end(&scene);
}
