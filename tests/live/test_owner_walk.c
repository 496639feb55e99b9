// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A walk over millions of descriptors: katrace goes on with everything else meanwhile. */
#include "live.h"

#include "kernel/walk.h"
#include "must.h"
#include "scene.h"
#include "until.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
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

/* Reads on until a line contains this. Returns the longest time without a line of others meanwhile. */
static int64_t longest_silence_until(struct tool *tool, const char *port, const char *others)
{
	int64_t longest = 0, last = wait_now_ms(), now;
	int lines = tool_lines(tool, others, ""), more;

	for (const struct wait wait = wait_begin("the new connection"); !tool_lines(tool, port, "probe 1/3");) {
		tool_read_until(tool, wait_now_ms() + 5);
		wait_step(&wait);
		more = tool_lines(tool, others, "");
		if (more == lines)
			continue;
		lines = more;
		now = wait_now_ms();
		longest = now - last > longest ? now - last : longest;
		last = now;
	}
	return longest;
}

/* Lines about connections whose owner is known come out while that of a new one is looked up. */
LIVE_TEST(owner_walk_stops_nothing, .exclusive = true, .once = true)
{
	const char *const args[] = { NULL };
	const struct timespec apart = { .tv_nsec = 25000000 };
	const struct walk_options options = { 0 };
	int clients[CONNECTIONS], servers[CONNECTIONS], n;
	struct scene scene = scene_trace(net_new(), args);
	pid_t hoarders[HOARDERS_MAX];
	char others[64];
	int64_t silence, walk_took;
	struct walk *walk;
	unsigned int port;

	must(walk_new(&walk, &options) == 0, "walk");
	port = tcp_connect_many(scene.net, clients, servers, CONNECTIONS);
	snprintf(others, sizeof(others), "%s:%u  ", net_addr4(HOST_B), port);
	for (int i = 0; i < CONNECTIONS; i++) {
		tcp_keepalive(clients[i], &quick);
		nanosleep(&apart, NULL);
	}
	assert_true(tool_wait_lines(scene.tool, CONNECTIONS, others, "  probe 1/3", 20));
	n = hoard_until(hoarders, walk, LONG_WALK_MS);
	walk_took = walk_ms(walk);
	scene.tcp = tcp_connect(scene.net, TCP_IPV4);
	tcp_keepalive(scene.tcp.client, &quick);
	silence = longest_silence_until(scene.tool, local_port(scene.tcp.client_port), others);
	print_message("a walk takes %lld ms; %lld ms without a line\n", (long long)walk_took, (long long)silence);
	assert_true(silence < walk_took / 2);
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
