// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* More connections than katrace remembers. */
#include "live.h"

#include "lines.h"
#include "maps.h"
#include "must.h"
#include "scene.h"
#include "until.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct keepalive quick = { 1, 1, 3, 0 };

enum { N = 4 };

static void probe(struct scene *scene, const struct tcp *tcp)
{
	tcp_keepalive(tcp->client, &quick);
	assert_true(scene_wait_said_of(scene, tcp, 1, "answered in", 10));
}

/* Those that are remembered stay, the others are shown and counted once each, and a place that is free is taken. */
LIVE_TEST(limit_of_connections, .exclusive = true)
{
	static const char *const args[] = { "--max-connections", "2", NULL };
	struct scene scene = scene_trace(net_new(), args);
	struct tcp tcp[N];

	for (int i = 0; i < N; i++)
		tcp[i] = tcp_connect(scene.net, TCP_IPV4);
	for (int i = 0; i < N; i++)
		probe(&scene, &tcp[i]);
	for (int i = 0; i < N; i++)
		assert_true(scene_wait_said_of(&scene, &tcp[i], 3, "answered in", 10));
	for (int i = 0; i < N; i++)
		assert_int_equal(scene_said_of(&scene, &tcp[i], "  keepalive: "), 1);
	tcp_close(&tcp[0]);
	assert_true(scene_wait_said_of(&scene, &tcp[0], 1, "ended: ", 10));
	WAIT_UNTIL(tool_wait_lines(scene.tool, N + 1, "  keepalive: 1s idle", "", 1)); /* the timeline of one begins */
	net_deaf(scene.net, HOST_B, true);
	for (int i = 1; i < N; i++)
		assert_true(scene_wait_said_of(&scene, &tcp[i], 1, "ended: keepalive timeout, ETIMEDOUT", 15));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, " of 3 probes; after ", ""), 2); /* timelines that end so */
	assert_int_equal(tool_lines(scene.tool, "ended  ", ""), 3);
	assert_non_null(strstr(tool_stderr(scene.tool), "of 4 connections;"));
	assert_non_null(strstr(tool_stderr(scene.tool), " 2 connections\n"));
	assert_non_null(strstr(tool_stderr(scene.tool), "no room for 2 connections beyond 2: "));
	for (int i = 1; i < N; i++)
		tcp_close(&tcp[i]);
	scene_end(&scene);
}

/* In JSON: one id for each connection, whether there is room for it or not, and one loss for each without. */
LIVE_TEST(limit_in_json, .once = true, .exclusive = true)
{
	static const char *const args[] = { "--json", "--max-connections", "1", NULL };
	struct scene scene = scene_trace(net_new(), args);
	const struct tcp tcp[2] = { tcp_connect(scene.net, TCP_IPV4), tcp_connect(scene.net, TCP_IPV4) };
	char *out;

	for (int i = 0; i < 2; i++) {
		tcp_keepalive(tcp[i].client, &quick);
		assert_true(tool_wait_lines(scene.tool, 3, port_key(&tcp[i]), event_key("probe_answered"), 15));
	}
	assert_true(
		tool_wait_lines(scene.tool, 1, event_key("events_lost"), "\"stage\":\"connections\",\"count\":1", 10));
	assert_int_equal(tool_stop(scene.tool), 0);
	out = strdup(tool_stdout(scene.tool));
	assert_whole_lines(out);
	assert_int_equal(number_after(last_line(out), "\"lost_connections\":"), 1);
	assert_int_equal(number_after(last_line(out), "\"connections\":"), 2);
	for (int i = 0; i < 2; i++)
		assert_int_equal(tool_lines(scene.tool, port_key(&tcp[i]), i ? "-2\"" : "-1\""),
				 tool_lines(scene.tool, port_key(&tcp[i]), ""));
	free(out);
	for (int i = 0; i < 2; i++)
		tcp_close((struct tcp *)&tcp[i]);
	scene_end(&scene);
}

/* With these filters the kernel side has room for three: only of them it tells a normal end. */
LIVE_TEST(limit_of_the_kernel_side, .exclusive = true)
{
	static const char *const args[] = { "--max-connections", "2", NULL };
	struct scene scene = scene_trace(net_new(), args);
	struct tcp tcp[N];

	for (int i = 0; i < N; i++) {
		tcp[i] = tcp_connect(scene.net, TCP_IPV4);
		probe(&scene, &tcp[i]);
	}
	tcp_finish(&tcp[2]);
	assert_true(scene_wait_said_of(&scene, &tcp[2], 1, "ended: ", 10));
	tcp_finish(&tcp[0]);
	assert_true(scene_wait_said_of(&scene, &tcp[0], 1, "ended: ", 10));
	assert_true(scene_wait_said_of(&scene, &tcp[3], 2, "  keepalive: 1s idle", 10)); /* it takes the place */
	tcp_finish(&tcp[3]);
	assert_true(scene_wait_said_of(&scene, &tcp[3], 1, "ended: ", 10));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_non_null(strstr(tool_stderr(scene.tool), "no room for 2 connections beyond 2: "));
	tcp_close(&tcp[1]);
	scene_end(&scene);
}

/* The kernel side's map of a katrace that remembers two. */
static int open_stories(pid_t pid)
{
	const struct map_shape stories = { BPF_MAP_TYPE_HASH, 3, sizeof(uint32_t) };

	return map_open(pid, &stories);
}

/* Connections whose end the kernel side has not seen are in the way for seconds, not for good. */
LIVE_TEST(limit_of_stale_entries, .exclusive = true)
{
	static const char *const args[] = { "--max-connections", "2", NULL };
	static const struct keepalive often = { 1, 1, 9, 0 };
	struct scene scene = scene_trace(net_new(), args);
	const int stories = open_stories(tool_pid(scene.tool));
	const uint32_t flags = 0;

	assert_true(stories >= 0);
	for (uint64_t sock = 1; sock <= 3; sock++)
		assert_int_equal(bpf_map_update_elem(stories, &sock, &flags, BPF_ANY), 0);
	scene.tcp = tcp_connect(scene.net, TCP_IPV4);
	tcp_keepalive(scene.tcp.client, &often);
	assert_true(scene_wait_said(&scene, 1, "answered in", 10));
	assert_true(scene_wait_said(&scene, 2, "  keepalive: 1s idle", 30)); /* now it is remembered */
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(tool_lines(scene.tool, "  Still open.", ""), 1);
	assert_non_null(strstr(tool_stderr(scene.tool), "no room for 1 connection beyond 2: "));
	scene_end(&scene);
}

/* Those that do not match fill the kernel side's map; when they are silent, others take their places in it. */
LIVE_TEST(limit_of_those_that_do_not_match, .exclusive = true)
{
	enum { SILENT = 32, BUSY = 24, ALL = SILENT + BUSY };
	static const char *const args[] = { "--max-connections", "32", "--port", "9", NULL };
	struct scene scene = scene_trace(net_new(), args);
	int clients[ALL], servers[ALL];
	unsigned long long records;
	uint64_t probes;

	tcp_connect_many(scene.net, clients, servers, ALL);
	tcp_probe_all(scene.net, clients, SILENT, &quick, SILENT);
	for (int i = 0; i < SILENT; i++)
		tcp_keepalive_off(clients[i]);
	tcp_probe_all(scene.net, clients + SILENT, BUSY, &quick, 8UL * BUSY);
	probes = net_keepalives(scene.net, HOST_A);
	assert_int_equal(tool_stop(scene.tool), 0);
	/* that of the whole machine: a few more than the two of each in 8 s */
	records = number_after(tool_stderr(scene.tool), "before filters: ");
	assert_true(records > 0 && records <= probes * 2 / 3);
	tcp_abort_many(clients, ALL);
	tcp_abort_many(servers, ALL);
	scene_end(&scene);
}

/* --- memory --- */

/* A memory cgroup of the test's own, of either version. */
static void name_memory_cgroup(char *path, size_t size)
{
	const char *root =
		access("/sys/fs/cgroup/memory/tasks", F_OK) == 0 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";

	snprintf(path, size, "%s/katrace-memory-%d", root, live_number());
}

static void remove_memory_cgroup(void)
{
	char path[64];

	name_memory_cgroup(path, sizeof(path));
	rmdir(path);
}

static bool write_in(const char *directory, const char *name, long long value)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "r+");
	if (!file)
		return false;
	fprintf(file, "%lld\n", value);
	must(fclose(file) == 0, path);
	return true;
}

/* This process, and those that it starts, may have 100 MB. */
static void limit_memory(void)
{
	const long long most = 100 * 1000 * 1000;
	char path[64];

	name_memory_cgroup(path, sizeof(path));
	if (mkdir(path, 0755) ||
	    (!write_in(path, "memory.max", most) && !write_in(path, "memory.limit_in_bytes", most)))
		skip("the memory of a cgroup cannot be limited here");
	must(write_in(path, "cgroup.procs", getpid()), "cgroup.procs");
}

/* Not the hooks are to blame. */
LIVE_TEST(limit_of_memory, .clean_up = remove_memory_cgroup)
{
	static const char *const args[] = { "--max-connections", "10000000", "--all", "--port", "9", NULL };
	struct tool *tool;

	limit_memory();
	tool = tool_start(args);
	assert_int_equal(tool_wait(tool, 60), 1);
	assert_string_equal(
		tool_stderr(tool),
		"katrace: not enough memory in the kernel for 10000000 connections and a buffer of 16384 KiB: "
		"lower --max-connections or --buffer, or give this host or katrace's cgroup more memory\n");
	assert_string_equal(tool_stdout(tool), "");
	tool_free(tool);
}
