// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Events as JSON lines: what they say, slow readers, and a clock that is set. */
#include "live.h"

#include "lines.h"
#include "must.h"
#include "scene.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct keepalive quick = { 1, 1, 9, 0 }, three = { 1, 1, 3, 0 };
static const char *const json[] = { "-j", NULL };

/* Others use the same pipe: its mode must not change. */
static void assert_stdout_blocks(pid_t pid)
{
	char path[64], line[64];
	unsigned long flags = O_NONBLOCK;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/1", pid);
	file = fopen(path, "re");
	must(file, path);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, "flags:", strlen("flags:")) == 0)
			flags = strtoul(line + strlen("flags:"), NULL, 8);
	fclose(file);
	assert_int_equal(flags & O_NONBLOCK, 0);
}

/* A life as a pipeline sees it; SIGTERM ends it as Ctrl-C does. */
LIVE_TEST(json_life, .once = true)
{
	static const char verdict[] =
		"\"verdict\":\"keepalive_timeout\",\"errno\":\"ETIMEDOUT\",\"probes_unanswered\":3";
	const char *const args[] = { "-j", "--stats", "1", NULL };
	struct net *net = net_new();
	/* before the first walk: its owner is known, however slow this host is */
	const struct tcp older = tcp_connect(net, TCP_IPV4);
	struct scene scene = scene_trace(net, args);
	const char *port = port_key(&older);

	scene.tcp = older;
	tcp_keepalive(scene.tcp.client, &three);
	assert_true(tool_wait_lines(scene.tool, 2, port, event_key("probe_answered"), 10));
	assert_stdout_blocks(tool_pid(scene.tool));
	net_deaf(net, HOST_B, true); /* not net_cable(): a refused probe would be one more warning */
	assert_true(tool_wait_lines(scene.tool, 1, port, event_key("ended"), 10));
	tool_signal(scene.tool, SIGTERM);
	assert_int_equal(tool_wait(scene.tool, 30), 0);
	assert_whole_run(tool_stdout(scene.tool));
	assert_true(tool_lines(scene.tool, event_key("stats"), "") > 2);
	assert_int_equal(tool_lines(scene.tool, port, event_key("configured")), 1);
	assert_int_equal(tool_lines(scene.tool, port, "\"probe\":{\"number\":2,\"limit\":3}"), 1);
	assert_int_equal(tool_lines(scene.tool, port, "\"severity_text\":\"WARN\""), 3);
	assert_int_equal(tool_lines(scene.tool, port, pid_key()), tool_lines(scene.tool, port, ""));
	assert_int_equal(tool_lines(scene.tool, port, "\"from_sysctl\":[]"), tool_lines(scene.tool, port, ""));
	assert_int_equal(tool_lines(scene.tool, port, verdict), 1);
	assert_int_equal(tool_lines(scene.tool, port, "\"error\":{\"type\":\"keepalive_timeout\"}"), 1);
	assert_int_equal(tool_lines(scene.tool, port, "\"partial\":true"), 1);
	assert_true(number_after(last_line(tool_stdout(scene.tool)), "\"timeouts\":") >= 1); /* of the whole host */
	scene_end(&scene);
}

/* The peer probes: what it sends is out of window, so keepalive does not count it, but it was heard. */
LIVE_TEST(json_heard)
{
	static const struct keepalive late = { 4, 1, 3, 0 };
	struct scene scene = scene_trace(net_new(), json);
	unsigned long long silent_us, heard_us;
	char local[48], line[4096];

	scene.tcp = tcp_connect(scene.net, TCP_IPV4);
	snprintf(local, sizeof(local), "\"port\":%u},\"peer\"", scene.tcp.client_port);
	tcp_keepalive(scene.tcp.server, &quick);
	tcp_keepalive(scene.tcp.client, &late);
	assert_true(tool_wait_lines(scene.tool, 1, local, event_key("probe_sent"), 20));
	assert_true(line_with(tool_stdout(scene.tool), event_key("probe_sent"), local, line, sizeof(line)));
	silent_us = number_after(line, "\"silent_us\":");
	heard_us = number_after(line, "\"heard_us\":");
	print_message("silent for %llu us, heard %llu us ago\n", silent_us, heard_us);
	assert_true(silent_us >= 3900000);
	assert_true(heard_us <= 2500000);
	assert_int_equal(tool_stop(scene.tool), 0);
	scene_end(&scene);
}

/* Unlike the one above, a connection that is younger than katrace was seen from its begin. */
LIVE_TEST(json_partial, .once = true)
{
	struct scene scene = scene_begin_with(json, TCP_IPV4, &quick);
	const char *port = port_key(&scene.tcp);

	assert_true(tool_wait_lines(scene.tool, 1, port, event_key("probe_answered"), 10));
	tcp_finish(&scene.tcp);
	assert_true(tool_wait_lines(scene.tool, 1, port, event_key("ended"), 10));
	assert_int_equal(tool_lines(scene.tool, port, "\"partial\":false"), 1);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_whole_run(tool_stdout(scene.tool));
	scene_end(&scene);
}

/* A pipe that is not read for so long that events must be dropped: the reported number is correct. */
LIVE_TEST(json_reader_stops, .once = true, .exclusive = true)
{
	enum { N = 2000 };
	static int clients[N], servers[N];
	struct net *net = net_new();
	struct scene scene;

	tcp_connect_many(net, clients, servers, N);
	scene = scene_trace(net, json);
	tool_stop_reading(scene.tool, false);
	tcp_probe_all(net, clients, N, &quick, 5 * N);
	tool_read_on(scene.tool);
	assert_true(tool_wait_lines(scene.tool, 1, event_key("events_lost"), "\"stage\":\"output\"", 20));
	tool_signal(scene.tool, SIGTERM);
	assert_int_equal(tool_wait(scene.tool, 30), 0);
	assert_whole_run(tool_stdout(scene.tool));
	assert_null(strstr(last_line(tool_stdout(scene.tool)), "\"lost_output\":0,"));
	assert_non_null(strstr(last_line(tool_stdout(scene.tool)), "\"lost_ring\":0,"));
	tcp_abort_many(clients, N);
	tcp_abort_many(servers, N);
	scene_end(&scene);
}

LIVE_TEST(json_broken_pipe, .once = true)
{
	struct tool *tool = tool_start(json);

	assert_true(tool_wait_started(tool));
	tool_stop_reading(tool, true);
	assert_int_equal(tool_wait(tool, 10), 0);
	assert_null(strstr(tool_stderr(tool), "annot"));
	tool_free(tool);
}

static void step_clock(time_t seconds)
{
	struct timespec now;

	must(clock_gettime(CLOCK_REALTIME, &now) == 0, "read the clock");
	now.tv_sec += seconds;
	must(clock_settime(CLOCK_REALTIME, &now) == 0, "set the clock");
}

/* The clock is set while katrace waits for events: the first after that has the new time. In a virtual machine only. */
LIVE_TEST(json_clock_step, .once = true, .exclusive = true)
{
	struct scene scene;
	const char *line;
	time_t now;

	if (!getenv("KATRACE_STRICT"))
		skip("it would set the clock of this machine");
	scene = scene_trace(net_new(), json);
	scene.tcp = tcp_connect(scene.net, TCP_IPV4);
	sleep(1); /* it has fallen quiet, and has no reason to look at a clock */
	step_clock(3600);
	now = time(NULL);
	tcp_keepalive(scene.tcp.client, &quick);
	assert_true(tool_wait_lines(scene.tool, 1, event_key("configured"), "", 10));
	line = strstr(tool_stdout(scene.tool), event_key("configured"));
	while (line > tool_stdout(scene.tool) && line[-1] != '\n')
		line--;
	assert_in_range((time_t)timestamp_of(line) - now, 0, 60);
	step_clock(-3600);
	assert_int_equal(tool_stop(scene.tool), 0);
	scene_end(&scene);
}

LIVE_TEST(json_schema, .once = true, .any_user = true)
{
	const char *const args[] = { "schema", NULL };
	struct tool *tool = tool_start(args);

	assert_int_equal(tool_wait(tool, 10), 0);
	assert_non_null(strstr(tool_stdout(tool), "\"https://json-schema.org/draft/2020-12/schema\""));
	assert_string_equal(last_line(tool_stdout(tool)), "}\n");
	tool_free(tool);
}
