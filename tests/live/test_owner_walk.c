// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A walk over millions of descriptors: katrace goes on with everything else meanwhile. */
#include "live.h"

#include "kernel/walk.h"
#include "lines.h"
#include "must.h"
#include "scene.h"
#include "until.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LONG_WALK_MS 600
#define HOARDERS_MAX 400
#define CONNECTIONS 40

static const struct keepalive quick = { 1, 1, 3, 0 };

/* A process with as many descriptors as it may have. */
static pid_t hoard(void)
{
	struct rlimit limit;
	const pid_t pid = fork();

	must(pid >= 0, "fork");
	if (pid)
		return pid;
	live_end_with_parent();
	must(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	must(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
	for (int fd = open("/dev/null", O_RDONLY); fd >= 0 && fd < 20000;)
		fd = dup(fd);
	for (;;)
		pause();
}

static void nothing(void *ctx, const struct katrace_owner *owner)
{
	(void)ctx;
	(void)owner;
}

static int64_t walk_ms(struct walk *walk)
{
	const int64_t begin = wait_now_ms();

	must(walk_run(walk, nothing, NULL) == 0, "walk");
	return wait_now_ms() - begin;
}

/* Until a walk takes that long. Returns how many there are. */
static int hoard_until(pid_t hoarders[HOARDERS_MAX], struct walk *walk, int64_t ms)
{
	int n = 0;

	do
		hoarders[n++] = hoard();
	while (n < HOARDERS_MAX && (n % 10 || walk_ms(walk) < ms));
	return n;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/*
 * Reads on until the first probe of the connection is told. Returns for how long katrace wrote nothing at most, counted
 * from the event that it could have written: while nothing happens, or this kernel hides it, there is nothing to write.
 */
static double longest_silence_until(struct tool *tool, const char *port)
{
	size_t seen = strlen(tool_stdout(tool));
	double longest = 0, last = now_s(), from;

	for (const struct wait wait = wait_begin("the new connection"); !tool_lines(tool, port, "probe_sent");) {
		tool_read_until(tool, wait_now_ms() + 5);
		wait_step(&wait);
		if (!strchr(tool_stdout(tool) + seen, '\n'))
			continue;
		from = timestamp_of(tool_stdout(tool) + seen);
		from = from > last ? from : last;
		last = now_s();
		longest = last - from > longest ? last - from : longest;
		seen = (size_t)(strrchr(tool_stdout(tool), '\n') + 1 - tool_stdout(tool));
	}
	return longest;
}

/* Lines about connections whose owner is known come out while that of a new one is looked up. */
LIVE_TEST(owner_walk_stops_nothing, .exclusive = true, .once = true)
{
	const char *const args[] = { "--json", NULL };
	const struct timespec apart = { .tv_nsec = 25000000 };
	const struct walk_options options = { 0 };
	int clients[CONNECTIONS], servers[CONNECTIONS], n;
	struct scene scene = scene_trace(net_new(), args);
	pid_t hoarders[HOARDERS_MAX];
	struct walk *walk;
	int64_t walk_took;
	double silence;

	must(walk_new(&walk, &options) == 0, "walk");
	tcp_connect_many(scene.net, clients, servers, CONNECTIONS);
	for (int i = 0; i < CONNECTIONS; i++) {
		tcp_keepalive(clients[i], &quick);
		nanosleep(&apart, NULL);
	}
	assert_true(tool_wait_lines(scene.tool, CONNECTIONS, event_key("probe_sent"), "", 20));
	n = hoard_until(hoarders, walk, LONG_WALK_MS);
	walk_took = walk_ms(walk);
	scene.tcp = tcp_connect(scene.net, TCP_IPV4);
	tcp_keepalive(scene.tcp.client, &quick);
	silence = longest_silence_until(scene.tool, port_key(&scene.tcp));
	print_message("a walk takes %lld ms; %.0f ms without a line\n", (long long)walk_took, 1000 * silence);
	assert_true(1000 * silence < (double)walk_took / 2);
	for (int i = 0; i < n; i++)
		kill(hoarders[i], SIGKILL);
	for (int i = 0; i < n; i++)
		waitpid(hoarders[i], NULL, 0);
	assert_int_equal(tool_stop(scene.tool), 0);
	tcp_abort_many(clients, CONNECTIONS);
	tcp_abort_many(servers, CONNECTIONS);
	walk_free(walk);
	scene_end(&scene);
}
