// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The names of network namespaces, as ip netns gives them. */
#include "live.h"

#include "lines.h"
#include "mounts.h"
#include "must.h"
#include "rows.h"
#include "scene.h"

#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static const struct keepalive quick = { 1, 1, 3, 0 };

/* Hostile, as any name: it must not reach the terminal as it is. */
#define NAME "bl\033ue"
#define AS_TEXT "bl\\x1bue"
#define AS_JSON "\"netns_name\":\"bl\\u001bue\""

static int lines_of_list(const char *const *args, const char *a, const char *b)
{
	struct tool *tool = run_list(args);
	const int n = tool_lines(tool, a, b);

	tool_free(tool);
	return n;
}

LIVE_TEST(list_names_namespaces, .once = true)
{
	char number[16];
	const char *const all[] = { "-p", own_pid(), NULL }, *const json[] = { "-p", own_pid(), "--json", NULL };
	const char *const csv[] = { "-p", own_pid(), "--csv", NULL };
	const char *const chosen[] = { "-p", own_pid(), "--netns", NAME, NULL };
	const char *const sysctls[] = { "--sysctl", NULL }, *const sums[] = { "--sysctl", "--json", NULL };
	struct net *net = net_new();
	struct tcp tcp = tcp_connect(net, TCP_IPV4);
	struct mounts before = mounts_enter();

	net_name(net, HOST_A, number, sizeof(number));
	mounts_make_netns();
	assert_int_equal(lines_of_list(all, number, ""), 1);
	mounts_name_netns(net, HOST_A, NAME);
	assert_int_equal(lines_of_list(all, number, ""), 0);
	assert_int_equal(lines_of_list(all, AS_TEXT, local_port(tcp.client_port)), 1);
	assert_int_equal(lines_of_list(all, AS_TEXT, ""), 1); /* host B has no name */
	assert_int_equal(lines_of_list(chosen, AS_TEXT, ""), 1);
	assert_int_equal(lines_of_list(json, number, AS_JSON), 1);
	assert_int_equal(lines_of_list(json, "netns_name", ""), 1);
	assert_int_equal(lines_of_list(csv, number, ",\"" AS_TEXT "\""), 1);
	assert_int_equal(lines_of_list(sysctls, AS_TEXT "  ", ""), 1);
	assert_int_equal(lines_of_list(sums, number, AS_JSON), 1);
	mounts_leave(&before);
	tcp_close(&tcp);
	net_free(net);
}

/* The block of the connection with that port. */
static int blocks_with(const struct tool *tool, unsigned int port, const char *netns)
{
	char begin[32];

	snprintf(begin, sizeof(begin), ":%u - ", port);
	return tool_lines(tool, begin, netns);
}

/* One that has its name before katrace starts, and one that gets it later. The recording shows the same. */
LIVE_TEST(netns_names, .once = true)
{
	char path[64], server[64], numbers[2][16];
	const char *const args[] = { "--record", path, NULL };
	const char *const again[] = { "replay", path, NULL }, *const late[] = { "replay", "--netns", "late", path,
										NULL };
	struct net *net = net_new();
	struct mounts before = mounts_enter();
	struct scene scene;
	struct tool *tool;
	char *recording;

	snprintf(path, sizeof(path), "%s/recording", live_directory());
	net_name(net, HOST_A, numbers[0], sizeof(numbers[0]));
	net_name(net, HOST_B, numbers[1], sizeof(numbers[1]));
	mounts_make_netns();
	mounts_name_netns(net, HOST_A, NAME);
	scene = scene_trace(net, args);
	mounts_name_netns(net, HOST_B, "late");
	scene.tcp = tcp_connect(net, TCP_IPV4);
	tcp_keepalive(scene.tcp.client, &quick);
	assert_true(scene_wait_said(&scene, 1, "answered in", 10));
	tcp_keepalive(scene.tcp.server, &quick);
	snprintf(server, sizeof(server), "%s:%u  %s:", net_addr4(HOST_B), scene.tcp.server_port, net_addr4(HOST_A));
	assert_true(tool_wait_lines(scene.tool, 1, server, "answered in", 10));
	assert_int_equal(tool_stop(scene.tool), 0);
	recording = read_file(path);
	tool_keep_lines(recording);
	assert_non_null(strstr(recording, AS_JSON));
	free(recording);
	must(umount("/run/netns/late") == 0 && unlink("/run/netns/late") == 0, "no names any more");
	tool = tool_start(again);
	assert_int_equal(tool_wait(tool, 30), 0);
	for (int i = 0; i < 2; i++) {
		const struct tool *shown = i ? tool : scene.tool;

		assert_int_equal(blocks_with(shown, scene.tcp.client_port, "  netns " AS_TEXT), 1);
		assert_int_equal(blocks_with(shown, scene.tcp.server_port, "  netns late"), 1);
		assert_int_equal(tool_lines(shown, "netns ", numbers[0]), 0);
		assert_int_equal(tool_lines(shown, "netns ", numbers[1]), 0);
	}
	tool_free(tool);
	tool = tool_start(late);
	assert_int_equal(tool_wait(tool, 30), 0);
	assert_int_equal(tool_lines(tool, "  netns late", ""), 1);
	assert_int_equal(tool_lines(tool, "  netns ", ""), 1);
	tool_free(tool);
	mounts_leave(&before);
	scene_end(&scene);
}
