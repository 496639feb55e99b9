// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * soak KATRACE: 20,000 connections with probes every second for $SOAK_S seconds (600), katrace writing JSON to a file
 * that is rotated every second. Each file is read, checked and deleted. Then the same connections under trouble: a
 * reader that stops, a full disk, a stopped katrace. Prints totals; fails if anything is missing that katrace does not
 * report, or if a connection ends unexpectedly.
 *
 * soak --load [N]: only N connections (20,000) with probes every second, until SIGTERM or SIGINT. It leaves nothing
 * behind.
 */
#include "../live/must.h"
#include "../live/net.h"
#include "../live/tool.h"
#include "../live/until.h"
#include "account.h"
#include "check.h"
#include "load.h"
#include "model/timeline.h"

#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 20000
#define TOOL_END_S 60

static void sleep_ms(long ms)
{
	const struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&pause, NULL);
}

/* --- katrace beside the load --- */

struct stage {
	const struct net *net;
	const struct load *load;
	char dir[64], file[96];
};

/* One start of katrace, and what it wrote. */
struct run {
	const struct stage *stage;
	struct tool *tool;
	struct account *account;
	int64_t began_ms;
	double children_ms;  /* of CPU, before */
	uint64_t keepalives; /* the kernel's count, before */
};

/* CPU time of all children that have ended. */
static double children_ms(void)
{
	struct rusage usage;

	must(getrusage(RUSAGE_CHILDREN, &usage) == 0, "getrusage");
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

/* A line of /proc/PID/status: "VmHWM:" is the most memory it ever had, "RssAnon:" what it has of its own now. */
static uint64_t status_kib(pid_t pid, const char *name)
{
	char path[64], line[256];
	uint64_t kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, name, strlen(name)) == 0)
			kib = strtoull(line + strlen(name), NULL, 10);
	if (file)
		fclose(file);
	return kib;
}

static void wait_said(const struct run *run, const char *text)
{
	if (tool_wait_said(run->tool, text, 30))
		return;
	printf("%s", tool_stderr(run->tool));
	must(false, text);
}

/* It writes to the stage's file, or to stdout. */
static struct run run_begin(const struct stage *stage, bool to_file)
{
	const char *args[] = { "-j", "-v", "--stats", "5", to_file ? "-o" : NULL, stage->file, NULL };
	struct run run = {
		.stage = stage,
		.account = account_new(),
		.began_ms = wait_now_ms(),
		.children_ms = children_ms(),
		.keepalives = net_keepalives(stage->net, HOST_A),
	};

	run.tool = tool_start(args);
	wait_said(&run, "katrace: tracing");
	return run;
}

/* Ends katrace, and prints how much CPU time it used, in percent of the time it ran. */
static void run_stop(struct run *run)
{
	const uint64_t most = status_kib(tool_pid(run->tool), "VmHWM:");
	int status;

	tool_signal(run->tool, SIGTERM);
	status = tool_wait(run->tool, TOOL_END_S);
	check(status == 0, "katrace ended with status %d", status);
	printf("soak:   katrace took %.1f %% of a processor, at most %" PRIu64 " KiB of memory\n",
	       100 * (children_ms() - run->children_ms) / (double)(wait_now_ms() - run->began_ms), most);
}

/* What the kernel counts itself; a kernel that hides firings from programs counts more. */
static void check_attempts(const struct run *run)
{
	const uint64_t kernel = net_keepalives(run->stage->net, HOST_A) - run->keepalives;
	const uint64_t seen = account_attempts(run->account);
	const int dead = load_dead(run->stage->load);

	printf("soak:   attempts: %" PRIu64 " seen, %" PRIu64
	       " by TcpExt:TCPKeepAlive, which also counts what came before "
	       "the start and after the end; dead connections: %d\n",
	       seen, kernel, dead);
	check(seen <= kernel, "more attempts than the kernel made");
	check(dead == 0, "%d connections died", dead);
}

/* After run_stop(), when all its output is in the account: do the counts balance? */
static void run_settle(struct run *run, bool nothing_lost)
{
	check_attempts(run);
	account_settle(run->account, tool_stderr(run->tool), nothing_lost);
	account_free(run->account);
	tool_free(run->tool);
}

static void rotate(const struct run *run, const char *old)
{
	const char *file = run->stage->file;

	must(rename(file, old) == 0, file);
	tool_signal(run->tool, SIGHUP);
	for (int i = 0; i < 1000 && access(file, F_OK); i++)
		sleep_ms(10);
	must(access(file, F_OK) == 0, "a new file after SIGHUP");
}

/* --- the parts --- */

/* Without katrace: how many attempts per second, and how many connections end. */
static void baseline(const struct stage *stage)
{
	const uint64_t before = net_keepalives(stage->net, HOST_A);
	const int64_t began = wait_now_ms();
	int dead;

	sleep_ms(5000);
	dead = load_dead(stage->load);
	printf("soak: without katrace: %.0f attempts a second, dead connections: %d\n",
	       1e3 * (double)(net_keepalives(stage->net, HOST_A) - before) / (double)(wait_now_ms() - began), dead);
	check(dead == 0, "%d connections died without katrace", dead);
}

/*
 * Memory may grow by 1 %, and by the timelines if the host is too busy to answer in time: each late probe, the one
 * before it and the run after it are entries of a timeline, whose array doubles.
 */
static void check_memory(const struct run *run, uint64_t first, uint64_t most)
{
	const uint64_t timelines = account_unanswered(run->account) * 6 * sizeof(struct entry) / 1024;

	printf("soak:   its own memory: %" PRIu64 " KiB, at most %" PRIu64
	       " KiB later; timelines may have grown by %" PRIu64 " KiB\n",
	       first, most, timelines);
	check(most <= first + first / 100 + timelines, "memory grew from %" PRIu64 " to %" PRIu64 " KiB", first, most);
}

static void long_run(const struct stage *stage, int seconds)
{
	const int settled = seconds > 120 ? 60 : seconds / 2;
	uint64_t kib, first = 0, most = 0;
	char old[2][128];
	struct run run;

	printf("soak: %d connections, %d s, a new file every second\n", CONNECTIONS, seconds);
	run = run_begin(stage, true);
	for (int i = 0; i < seconds; i++) {
		snprintf(old[i % 2], sizeof(old[0]), "%s.%d", stage->file, i % 2);
		rotate(&run, old[i % 2]);
		if (i > 0) /* the one before: katrace is done with it since it has written to the one after */
			account_take_file(run.account, old[(i + 1) % 2]);
		kib = status_kib(tool_pid(run.tool), "RssAnon:");
		if (i == settled)
			first = kib;
		if (i >= settled && kib > most)
			most = kib;
		tool_read_until(run.tool, run.began_ms + 1000LL * (i + 1));
	}
	run_stop(&run);
	account_take_file(run.account, old[(seconds + 1) % 2]);
	account_take_file(run.account, stage->file);
	check_memory(&run, first, most);
	run_settle(&run, true);
}

static void take_stdout(struct run *run)
{
	const char *text = tool_stdout(run->tool);
	FILE *lines = fmemopen((char *)text, strlen(text), "r");

	must(lines, "stdout of katrace");
	account_take(run->account, lines);
	fclose(lines);
}

static void stopped_reader(const struct stage *stage, int seconds)
{
	struct run run;

	printf("soak: a reader that stops for %d s\n", seconds);
	run = run_begin(stage, false);
	tool_read_until(run.tool, wait_now_ms() + 3000);
	tool_stop_reading(run.tool, false);
	tool_read_until(run.tool, wait_now_ms() + 1000LL * seconds);
	tool_read_on(run.tool);
	tool_read_until(run.tool, wait_now_ms() + 3000);
	run_stop(&run);
	take_stdout(&run);
	check(account_missing(run.account) > 0, "nothing was lost: the reader did not stop for long enough");
	run_settle(&run, false);
}

static void stopped_katrace(const struct stage *stage, int seconds)
{
	struct run run;

	printf("soak: katrace stopped for %d s\n", seconds);
	run = run_begin(stage, true);
	sleep_ms(2000);
	tool_signal(run.tool, SIGSTOP);
	sleep_ms(1000L * seconds);
	tool_signal(run.tool, SIGCONT);
	tool_read_until(run.tool, wait_now_ms() + 4000);
	run_stop(&run);
	account_take_file(run.account, stage->file);
	check(account_lost_ring(run.account) > 0, "nothing was lost: katrace did not stop for long enough");
	run_settle(&run, false);
}

static void full_disk(const struct stage *stage, int seconds)
{
	char old[128];
	struct run run;

	printf("soak: a disk that is full for %d s\n", seconds);
	must(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		     mount("none", stage->dir, "tmpfs", 0, "size=32m") == 0,
	     "a small tmpfs");
	run = run_begin(stage, true);
	wait_said(&run, "katrace: no space left");
	tool_read_until(run.tool, wait_now_ms() + 1000LL * seconds);
	snprintf(old, sizeof(old), "%s.old", stage->file);
	rotate(&run, old);
	sleep_ms(100);
	account_take_file(run.account, old); /* deleted: there is space again */
	must(mount("none", stage->dir, NULL, MS_REMOUNT, "size=4g") == 0, "more space");
	tool_read_until(run.tool, wait_now_ms() + 4000);
	run_stop(&run);
	account_take_file(run.account, stage->file);
	umount(stage->dir);
	check(account_missing(run.account) > 0, "nothing was lost: the disk was not full for long enough");
	run_settle(&run, false);
}

/* --- the two ways to run it --- */

static int only_load(int n)
{
	struct net *net = net_new();
	struct load *load;
	sigset_t ends;
	int signal;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	load = load_new(net, n);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	printf("soak: %d connections are probed every second, until SIGTERM or SIGINT\n", n);
	sigwait(&ends, &signal);
	load_free(load);
	net_free(net);
	return 0;
}

static int soak(int seconds)
{
	struct stage stage = { .dir = "/tmp/katrace-soak-XXXXXX" };
	struct net *net = net_new();
	struct load *load = load_new(net, CONNECTIONS);

	must(mkdtemp(stage.dir) != NULL, stage.dir);
	snprintf(stage.file, sizeof(stage.file), "%s/events", stage.dir);
	stage.net = net;
	stage.load = load;
	baseline(&stage);
	long_run(&stage, seconds);
	stopped_reader(&stage, 30);
	stopped_katrace(&stage, 10);
	full_disk(&stage, 10);
	load_free(load);
	net_free(net);
	rmdir(stage.dir);
	printf("soak: %s\n", check_failed() ? "FAILED" : "passed");
	return check_failed();
}

static int usage(void)
{
	fprintf(stderr, "usage: soak KATRACE, with SOAK_S=10 or more, or soak --load [CONNECTIONS]\n");
	return 2;
}

int main(int argc, char **argv)
{
	const char *text = getenv("SOAK_S");
	const int seconds = text && *text ? atoi(text) : 600;
	int connections;

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	if (argc > 1 && strcmp(argv[1], "--load") == 0) {
		connections = argc > 2 ? atoi(argv[2]) : CONNECTIONS;
		return argc > 3 || connections <= 0 ? usage() : only_load(connections);
	}
	if (argc != 2 || seconds < 10)
		return usage();
	tool_path = argv[1];
	return soak(seconds);
}
