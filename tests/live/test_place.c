// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Where the output goes, and what is said if it cannot go there. */
#include "live.h"

#include "lines.h"
#include "must.h"
#include "scene.h"
#include "until.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct keepalive quick = { 1, 1, 9, 0 };

/* It ends with 1, prints nothing on stdout, and one line on stderr. */
static void assert_not_started(const char *const *args, const char *why)
{
	struct tool *tool = tool_start(args);

	assert_int_equal(tool_wait(tool, 30), 1);
	assert_non_null(strstr(tool_stderr(tool), why));
	assert_ptr_equal(strchr(tool_stderr(tool), '\n'), strrchr(tool_stderr(tool), '\n'));
	assert_string_equal(tool_stdout(tool), "");
	tool_free(tool);
}

LIVE_TEST(place_of_two_outputs, .once = true)
{
	char path[64], twin[80];
	const struct {
		const char *args[5], *why;
	} cases[] = {
		{ { "--record", "/proc/self/fd/1" }, "to /proc/self/fd/1: it is the same file as the standard output" },
		{ { "-o", "/proc/self/fd/1", "--record", "-" },
		  "to the standard output: it is the same file as /proc/self/fd/1" },
		{ { "--record", "-" }, "two outputs cannot both go to the standard output" },
		{ { "-o", path, "--record", path }, "two outputs cannot both go to /" },
		{ { "-o", path, "--record", twin }, "it is the same file as /" },
	};

	snprintf(path, sizeof(path), "%s/out", live_directory());
	snprintf(twin, sizeof(twin), "%s/./out", live_directory());
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_not_started(cases[i].args, cases[i].why);
}

/* -o - is stdout, and no file of that name. */
LIVE_TEST(place_dash, .once = true)
{
	static const char *const args[] = { "-o", "-", NULL };
	struct scene scene = scene_begin_with(args, TCP_IPV4, &quick);

	assert_true(scene_wait_said(&scene, 1, "answered in", 10));
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(access("-", F_OK), -1);
	scene_end(&scene);
}

LIVE_TEST(place_fifo_without_reader, .once = true)
{
	char path[64];
	const char *const args[] = { "--json", "-o", path, NULL };

	snprintf(path, sizeof(path), "%s/fifo", live_directory());
	must(mkfifo(path, 0600) == 0, path);
	assert_not_started(args, "nobody reads this FIFO; start its reader first");
}

/* A file that may not grow further: that is what is said, the file has whole lines, and losses are counted. */
LIVE_TEST(place_of_limited_size, .once = true)
{
	const struct rlimit small = { 16384, RLIM_INFINITY }, none = { RLIM_INFINITY, RLIM_INFINITY };
	char path[64], old[80];
	const char *const args[] = { "--json", "-o", path, NULL };
	struct net *net = net_new();
	struct scene scene;
	char *lines;

	snprintf(path, sizeof(path), "%s/events.json", live_directory());
	snprintf(old, sizeof(old), "%s.old", path);
	must(setrlimit(RLIMIT_FSIZE, &small) == 0, "setrlimit");
	scene = scene_trace(net, args);
	must(setrlimit(RLIMIT_FSIZE, &none) == 0, "setrlimit");
	scene.tcp = tcp_connect(net, TCP_IPV4);
	tcp_keepalive(scene.tcp.client, &quick);
	assert_true(tool_wait_said(scene.tool, "the limit of file sizes (ulimit -f) is reached by ", 60));
	assert_true(tool_runs(scene.tool));
	lines = read_file(path);
	assert_whole_lines(lines);
	free(lines);
	must(rename(path, old) == 0, path);
	tool_signal(scene.tool, SIGHUP);
	WAIT_UNTIL(access(path, F_OK) == 0);
	assert_int_equal(tool_stop(scene.tool), 0);
	lines = read_file(path);
	assert_whole_lines(lines);
	assert_non_null(strstr(last_line(lines), event_key("stats")));
	free(lines);
	scene_end(&scene);
}

/* Too few files may be open: nothing is begun, and the reason is not sought in the kernel. */
LIVE_TEST(place_for_open_files, .once = true)
{
	static const char *const trace[] = { "--port", "9", NULL }, *const list[] = { "list", NULL };
	const struct rlimit few = { 25, 25 };

	must(setrlimit(RLIMIT_NOFILE, &few) == 0, "setrlimit");
	assert_not_started(trace,
			   "only 25 files may be open at once; katrace needs 64: raise the limit (ulimit -n 64)");
	assert_not_started(list, "only 25 files may be open at once; katrace needs 64: raise the limit (ulimit -n 64)");
}
