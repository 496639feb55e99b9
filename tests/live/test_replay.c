// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace replay of what katrace --json has just recorded. */
#include "live.h"

#include "must.h"
#include "scene.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A life, recorded. Returns its client's port. */
static unsigned int record_life(const char *path)
{
	static const struct keepalive three = { 1, 1, 3, 0 };
	const char *const args[] = { "--record", path, NULL };
	struct scene scene = scene_begin_with(args, TCP_IPV4, &three);
	const unsigned int port = scene.tcp.client_port;

	assert_true(scene_wait_said(&scene, 2, "answered in", 10));
	net_cable(scene.net, HOST_B, false);
	assert_true(scene_wait_said(&scene, 1, "ended: ", 10));
	assert_int_equal(tool_stop(scene.tool), 0);
	scene_end(&scene);
	return port;
}

/* A recording shows the same as the live run. */
LIVE_TEST(replay_life, .once = true)
{
	char path[64], port[16], local[32];
	const char *const args[] = { "replay", "--port", port, path, NULL };
	struct tool *tool;

	snprintf(path, sizeof(path), "%s/recording", live_directory());
	snprintf(port, sizeof(port), "%u", record_life(path));
	snprintf(local, sizeof(local), "%s:", net_addr4(HOST_A));
	must(chmod(path, 0600) == 0, path);
	tool = tool_start_with(RIGHTS_NONE, args);
	assert_int_equal(tool_wait(tool, 30), 1); /* of another user, who may not read it */
	assert_non_null(strstr(tool_stderr(tool), "Permission denied"));
	tool_free(tool);
	tool = tool_start(args);
	assert_int_equal(tool_wait(tool, 30), 0);
	assert_int_equal(tool_lines(tool, "keepalive: 1s idle, then 3 probes 1s apart", local), 1);
	assert_true(tool_lines(tool, "answered in", local) >= 2);
	assert_int_equal(tool_lines(tool, "probe 3/3 after", "2 unanswered"), 1);
	assert_int_equal(tool_lines(tool, "ended: keepalive timeout, ETIMEDOUT", ""), 1);
	assert_int_equal(tool_lines(tool, "ended        keepalive timeout, ETIMEDOUT", ""), 1);
	assert_int_equal(
		tool_lines(tool, "The peer answered none of 3 probes; after ", "the application gets ETIMEDOUT"), 1);
	assert_null(strstr(tool_stderr(tool), "skipped"));
	tool_free(tool);
}
