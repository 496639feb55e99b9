// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* When a dead peer is noticed: what list foretells, compared with real deaths. */
#include "live.h"

#include "lines.h"
#include "system/clock.h"
#include "until.h"
#include "verdict.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * After a probe the timer restarts at the interval: one longer than the idle time makes a difference then. latest_s is
 * what detection_after_heard() says of these settings; its unit test has them too.
 */
static const struct {
	struct keepalive keepalive;
	double latest_s;
} table[] = {
	{ { 2, 2, 3, 0 }, 8 },    { { 3, 1, 2, 0 }, 5 },    { { 2, 6, 2, 0 }, 18 },
	{ { 1, 4, 5, 6000 }, 9 }, { { 4, 2, 9, 5000 }, 6 }, { { 1, 5, 2, 1000 }, 10 },
};

enum { ROWS = sizeof(table) / sizeof(table[0]), LIVES = 2 * ROWS };

struct prospect {
	struct life life;
	bool listed;       /* it had not died yet */
	double noticed_s;  /* from when list looked on */
	double silent_s;   /* till then */
	double looking_s;  /* list looks some time after its timestamp */
	const char *words; /* of its end */
};

/* NULL: it is not listed. */
static const char *line_of(const struct tool *list, const struct tcp *tcp)
{
	const char *at = strstr(tool_stdout(list), port_key(tcp));

	while (at && at > tool_stdout(list) && at[-1] != '\n')
		at--;
	return at;
}

/* What list says of them all. On a busy host it takes seconds. */
static void foretell(const struct scene *scene, struct prospect *prospects)
{
	char netns[16];
	const char *const args[] = { "list", "--json", "--netns", netns, NULL };
	struct tool *list;
	double begun_s;

	for (int i = 0; i < LIVES; i++)
		life_counts(&prospects[i].life);
	begun_s = (double)clock_ns(CLOCK_REALTIME) / 1e9;
	net_name(scene->net, HOST_A, netns, sizeof(netns));
	list = tool_start(args);
	assert_int_equal(tool_wait(list, 30), 0);
	for (int i = 0; i < LIVES; i++) {
		const char *line = line_of(list, &prospects[i].life.tcp);

		prospects[i].looking_s = (double)clock_ns(CLOCK_REALTIME) / 1e9 - begun_s;
		prospects[i].listed = line;
		if (!line)
			continue;
		prospects[i].noticed_s = (double)number_after(line, "\"detection_us\":") / 1e6;
		prospects[i].silent_s = (double)number_after(line, "\"silent_us\":") / 1e6;
	}
	tool_free(list);
}

/* The longest silence of those with the same settings is what these allow. */
static void assert_latest(const struct prospect *probed, const struct prospect *not_probed, double latest_s)
{
	const double a = probed->silent_s + probed->noticed_s, b = not_probed->silent_s + not_probed->noticed_s;
	const double longest = a > b ? a : b;

	if (!probed->listed || !not_probed->listed)
		return;
	if (longest > latest_s + 1 || longest < latest_s - 1)
		fail_msg("noticed after %.3f s of silence instead of %.3f s", longest, latest_s);
}

/*
 * The application gets ETIMEDOUT, and katrace says when. A probe that this host refuses (a burst of others overflows
 * its queue, net.core.netdev_max_backlog) takes the kernel half a second more: TCP_RESOURCE_PROBE_INTERVAL.
 */
static void assert_died_in_time(const struct prospect *prospect)
{
	const struct life *life = &prospect->life;
	double ended_s, latest_s = prospect->noticed_s + prospect->looking_s + 1;

	assert_int_equal(tcp_wait_death(life->tcp.client, 30), ETIMEDOUT);
	ended_s = life_ended_s(life, prospect->words);
	latest_s += 0.5 * life_said_within(life, "not sent", ended_s);
	if (ended_s > latest_s || (prospect->listed && ended_s < prospect->noticed_s - 1))
		fail_msg("died after %.3f s, and not after %.3f s to %.3f s", ended_s, prospect->noticed_s - 1,
			 latest_s);
}

/* Some have been probed already, others not, and each timer is somewhere else. */
static void begin_lives(const struct scene *scene, struct prospect *prospects)
{
	for (int i = 0; i < ROWS; i++)
		prospects[i].life = life_begin(scene, &table[i].keepalive);
	for (int i = 0; i < ROWS; i++)
		assert_true(life_wait_said(&prospects[i].life, 1, "answered"));
	for (int i = ROWS; i < LIVES; i++)
		prospects[i].life = life_begin(scene, &table[i - ROWS].keepalive);
	for (int i = 0; i < LIVES; i++)
		prospects[i].words = table[i % ROWS].keepalive.user_timeout_ms ? "user timeout, ETIMEDOUT"
									       : "keepalive timeout, ETIMEDOUT";
}

/* The peer dies that long after the last connection began: list foretells when each ends, and trace says so then. */
static void assert_foretold_when_cut(double s)
{
	struct scene scene = verdict_scene(NULL);
	struct prospect prospects[LIVES] = { 0 };

	begin_lives(&scene, prospects);
	WAIT_UNTIL(life_age_s(&prospects[LIVES - 1].life) >= s);
	net_deaf(scene.net, HOST_B, true);
	foretell(&scene, prospects);
	for (int i = 0; i < ROWS && s == 0; i++)
		assert_latest(&prospects[i], &prospects[i + ROWS], table[i].latest_s);
	for (int i = 0; i < LIVES; i++)
		assert_died_in_time(&prospects[i]);
	assert_int_equal(tool_stop(scene.tool), 0);
	for (int i = 0; i < LIVES; i++)
		life_end(&prospects[i].life);
	scene_end(&scene);
}

LIVE_TEST(detection_is_as_foretold)
{
	assert_foretold_when_cut(0);
}

/* At other moments between the probes. */
LIVE_TEST(detection_is_as_foretold_soon_after)
{
	assert_foretold_when_cut(0.7);
}

LIVE_TEST(detection_is_as_foretold_amid_probes)
{
	assert_foretold_when_cut(2.4);
}

LIVE_TEST(detection_is_as_foretold_later)
{
	assert_foretold_when_cut(5.1);
}
