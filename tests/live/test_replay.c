// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace replay of what katrace --json has just recorded. */
#include "live.h"

#include "must.h"
#include "net.h"
#include "tcp.h"
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A life, recorded. The caller frees it. */
static char *record_life(unsigned int *port)
{
	static const struct keepalive three = { 1, 1, 3, 0 };
	const char *const args[] = { "-j", NULL };
	struct tool *tool;
	struct net *net = net_new();
	struct tcp tcp;
	char text[32];
	char *recording;

	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	tcp = tcp_connect(net, TCP_IPV4);
	*port = tcp.client_port;
	snprintf(text, sizeof(text), "\"port\":%u}", tcp.client_port);
	tcp_keepalive(tcp.client, &three);
	assert_true(tool_wait_lines(tool, 2, text, "\"katrace.probe_answered\"", 10));
	net_cable(net, HOST_B, false);
	assert_true(tool_wait_lines(tool, 1, text, "\"katrace.ended\"", 10));
	assert_int_equal(tool_stop(tool), 0);
	recording = strdup(tool_stdout(tool));
	must(recording, "strdup");
	tool_free(tool);
	tcp_close(&tcp);
	net_free(net);
	return recording;
}

/* A recording shows the same as the live run. */
LIVE_TEST(replay_life, .once = true)
{
	char path[] = "/tmp/katrace-replay.XXXXXX", port[16], local[32];
	const char *const args[] = { "replay", "--port", port, path, NULL };
	unsigned int number;
	struct tool *tool;
	char *recording;
	int fd;

	recording = record_life(&number);
	snprintf(local, sizeof(local), "%s:", net_addr4(HOST_A));
	snprintf(port, sizeof(port), "%u", number);
	fd = mkstemp(path);
	must(fd >= 0 && write(fd, recording, strlen(recording)) == (ssize_t)strlen(recording), path);
	close(fd);
	tool = tool_start_with(RIGHTS_NONE, args);
	assert_int_equal(tool_wait(tool, 30), 1); /* of another user, who may not read it */
	assert_non_null(strstr(tool_stderr(tool), "Permission denied"));
	tool_free(tool);
	tool = tool_start(args);
	assert_int_equal(tool_wait(tool, 30), 0);
	unlink(path);
	assert_int_equal(tool_lines(tool, "keepalive: 1s idle, then 3 probes 1s apart", local), 1);
	assert_true(tool_lines(tool, "answered in", local) >= 2);
	assert_int_equal(tool_lines(tool, "probe 3/3 after", "2 unanswered"), 1);
	assert_int_equal(tool_lines(tool, "ended: keepalive timeout, ETIMEDOUT", ""), 1);
	assert_int_equal(tool_lines(tool, "ended        keepalive timeout, ETIMEDOUT", ""), 1);
	assert_int_equal(tool_lines(tool, "The peer answered none of 3 probes; the application got ETIMEDOUT", ""), 1);
	assert_null(strstr(tool_stderr(tool), "skipped"));
	tool_free(tool);
	free(recording);
}
