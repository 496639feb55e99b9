// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Every hook mode reports the same events for the same connections. */
#include "live.h"

#include "net.h"
#include "tcp.h"
#include "tool.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char *const modes[] = { "fentry", "kprobe", "tracepoint" };
#define N_MODES 3

enum { LIVES, DIES, TIMES_OUT, IS_RESET, SENDS, CONNECTIONS };

static const struct keepalive settings[CONNECTIONS] = {
	[LIVES] = { 1, 1, 30, 0 },    [DIES] = { 1, 1, 3, 0 },   [TIMES_OUT] = { 1, 1, 9, 2500 },
	[IS_RESET] = { 1, 1, 30, 0 }, [SENDS] = { 1, 1, 30, 0 },
};

struct story {
	struct net *net;
	struct tcp tcp[CONNECTIONS];
	struct tool *tools[N_MODES]; /* NULL: the kernel does not offer the mode */
};

/* Waits until every katrace has printed this n times about that connection. */
static void wait_all(const struct story *story, int connection, int n, const char *what)
{
	for (int i = 0; i < N_MODES; i++)
		if (story->tools[i])
			assert_true(tool_wait_lines(story->tools[i], n, local_port(story->tcp[connection].client_port),
						    what, 60));
}

static int start_all(struct story *story)
{
	int n = 0;

	for (int i = 0; i < N_MODES; i++) {
		const char *const args[] = { "--mode", modes[i], NULL };

		story->tools[i] = tool_start(args);
		if (tool_wait_started(story->tools[i])) {
			n++;
			continue;
		}
		assert_int_equal(tool_wait(story->tools[i], 10), 1);
		tool_free(story->tools[i]);
		story->tools[i] = NULL;
	}
	return n;
}

static void live_through(struct story *story)
{
	for (int i = 0; i < CONNECTIONS; i++) {
		story->tcp[i] = tcp_connect(story->net, i == DIES ? TCP_IPV6 : TCP_IPV4);
		tcp_keepalive(story->tcp[i].client, &settings[i]);
	}
	for (int i = 0; i < CONNECTIONS; i++)
		wait_all(story, i, 2, "answered in");

	net_refuse(story->net, HOST_A, true);
	wait_all(story, LIVES, 3, "probe 1/30 not sent");
	net_refuse(story->net, HOST_A, false);
	wait_all(story, LIVES, 3, "answered in");

	net_deaf(story->net, HOST_B, true);
	assert_int_equal(send(story->tcp[SENDS].client, "hello world", 11, 0), 11);
	wait_all(story, SENDS, 1, "suppressed: 11 bytes unacknowledged");
	net_deaf(story->net, HOST_B, false);
	wait_all(story, SENDS, 1, "no longer suppressed");

	net_cable(story->net, HOST_B, false);
	tcp_abort(story->tcp[IS_RESET].server);
	story->tcp[IS_RESET].server = -1;
	wait_all(story, DIES, 1, "ended: keepalive timeout, ETIMEDOUT");
	wait_all(story, TIMES_OUT, 1, "ended: user timeout, ETIMEDOUT");
	net_cable(story->net, HOST_B, true);
	wait_all(story, IS_RESET, 1, "ended: reset by peer, ECONNRESET");

	/* Open connections would cause events until each katrace is stopped. */
	tcp_keepalive_off(story->tcp[LIVES].client);
	tcp_keepalive_off(story->tcp[SENDS].client);
}

/* "155us", or with a comma after it */
static bool is_duration(const char *word)
{
	const size_t length = strcspn(word, ",");

	return isdigit((unsigned char)word[0]) && word[length - 1] == 's';
}

/*
 * The events of one connection, one per line, without times and owner: one katrace may find the owner before another.
 * The caller frees it.
 */
static char *told(const struct tool *tool, unsigned int port)
{
	char *text = strdup(tool_stdout(tool)), *all = calloc(1, strlen(text) + 1);
	char *line, *word, *lines_at, *words_at;

	for (line = strtok_r(text, "\n", &lines_at); line; line = strtok_r(NULL, "\n", &lines_at)) {
		if (!strstr(line, local_port(port)))
			continue;
		strtok_r(line, " ", &words_at); /* the time of day */
		strtok_r(NULL, " ", &words_at); /* pid */
		strtok_r(NULL, " ", &words_at); /* name */
		while ((word = strtok_r(NULL, " ", &words_at))) {
			strcat(all, is_duration(word) ? "T" : word);
			strcat(all, " ");
		}
		strcat(all, "\n");
	}
	free(text);
	return all;
}

LIVE_TEST(story_is_the_same_in_every_mode)
{
	struct story story = { 0 };
	char *first, *other;
	int n_modes;

	story.net = net_new();
	n_modes = start_all(&story);
	print_message("modes this kernel offers: %d\n", n_modes);
	assert_non_null(story.tools[N_MODES - 1]); /* tracepoint: every kernel */
	live_through(&story);
	for (int i = 0; i < N_MODES; i++)
		if (story.tools[i])
			assert_int_equal(tool_stop(story.tools[i]), 0);
	for (int connection = 0; connection < CONNECTIONS; connection++) {
		first = told(story.tools[N_MODES - 1], story.tcp[connection].client_port);
		assert_true(strlen(first) > 0);
		for (int i = 0; i < N_MODES - 1; i++) {
			if (!story.tools[i])
				continue;
			other = told(story.tools[i], story.tcp[connection].client_port);
			assert_string_equal(other, first);
			free(other);
		}
		free(first);
	}
	for (int i = 0; i < CONNECTIONS; i++)
		tcp_close(&story.tcp[i]);
	for (int i = 0; i < N_MODES; i++)
		tool_free(story.tools[i]);
	net_free(story.net);
}
