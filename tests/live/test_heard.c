// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Peers that send no ACK and no data, but something: their own keepalive probes, or segments that are refused. */
#include "live.h"

#include "puppet.h"
#include "rows.h"
#include "until.h"
#include "verdict.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

static const struct keepalive quick = { 1, 1, 9, 0 };

/* The row of the socket with this local port, which must be there. */
static void row_of(const char *const *args, unsigned int port, char *line, size_t size)
{
	struct tool *tool = run_list(args);
	const char *text = tool_stdout(tool);
	char key[16];

	snprintf(key, sizeof(key), ":%u ", port);
	for (*line = '\0'; *text && !strstr(line, key); text += strcspn(text, "\n") + 1)
		snprintf(line, size, "%.*s", (int)strcspn(text, "\n"), text);
	assert_non_null(strstr(line, key));
	tool_free(tool);
}

static bool is_shown(const char *option, unsigned int port)
{
	const char *const args[] = { "--csv", "-p", own_pid(), option, NULL };
	struct tool *tool = run_list(args);
	const bool shown = has_row(tool, port);

	tool_free(tool);
	return shown;
}

/* Two servers without keepalive: the client of one probes, that of the other is silent. */
LIVE_TEST(list_heard, .once = true)
{
	const char *const args[] = { "-p", own_pid(), NULL };
	const char *const summary[] = { "--summary", "-p", own_pid(), "--zombies=3s", NULL };
	struct net *net = net_new();
	struct tcp probing = tcp_connect(net, TCP_IPV4), silent = tcp_connect(net, TCP_IPV4);
	struct tool *tool;
	char line[512];

	tcp_keepalive(probing.client, &quick);
	WAIT_UNTIL(tcp_silent_us(probing.server) > 5000000 && tcp_silent_us(silent.server) > 5000000);
	assert_false(is_shown("--zombies=3s", probing.server_port));
	assert_true(is_shown("--zombies=3s", silent.server_port));
	assert_false(is_shown("--silent-over=3s", probing.server_port));
	assert_true(is_shown("--silent-over=3s", silent.server_port));
	row_of(args, probing.server_port, line, sizeof(line));
	print_message("%s\n", line);
	assert_true(strstr(line, " off ") && strstr(line, "no keepalive"));
	assert_true(strstr(line, "ms") || strstr(line, " 1."));
	tool = run_list(summary);
	assert_non_null(strstr(tool_stdout(tool), "2 connections perhaps half open")); /* silent's two ends */
	tool_free(tool);
	tcp_close(&probing);
	tcp_close(&silent);
	net_free(net);
}

/* What refuses every probe is there, but its connection dies, as the kernel's keepalive does not count it. */
LIVE_TEST(heard_but_no_answer)
{
	const struct keepalive limited = { 1, 1, 5, 0 };
	const char *const args[] = { "-p", own_pid(), "--failures", NULL };
	struct scene scene = verdict_scene(NULL);
	struct life life = life_begin(&scene, &limited);
	struct puppet *puppet = puppet_new(scene.net, &life.tcp);
	char line[512];

	for (int i = 0; i < limited.limit; i++) {
		puppet_wait_probe(puppet);
		puppet_say(puppet, TH_ACK, -1, 1000);
		if (i != 3)
			continue;
		row_of(args, life.tcp.client_port, line, sizeof(line));
		print_message("%s\n", line);
		assert_true(strstr(line, " unanswered, something arrived ") && strstr(line, " ago"));
	}
	assert_ended(&life, "keepalive timeout, ETIMEDOUT", 6);
	assert_int_equal(tool_stop(scene.tool), 0);
	assert_int_equal(life_said(&life, "  answered"), 0);
	assert_int_equal(life_said(&life, ", 2 unanswered, but something arrived "), 1);
	assert_sentence(&life, " Something arrived ");
	assert_sentence(&life, " before the end, but no answer: the peer's own probes, or segments");
	puppet_free(puppet);
	life_end(&life);
	scene_end(&scene);
}
