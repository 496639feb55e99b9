// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * live [-j JOBS] [KATRACE [PATTERN...]] [+ KATRACE [PATTERN...]]...: runs the live tests with that katrace, all of them
 * or those that match a pattern, side by side. After a "+" come tests to run with another katrace at the same time.
 *
 * KATRACE_JOBS: as -j. KATRACE_MODE: only tests that depend on the mode, in that one.
 */
#include "must.h"
#include "runner.h"
#include "tool.h"
#include "witness.h"

#include <fnmatch.h>
#include <signal.h>
#include <unistd.h>

#define RUNS_MAX 1024
#define JOBS_MAX 64

static struct live_test *tests; /* the last one registered first */
static bool left_out;           /* a test matched, but does not depend on the mode */

void live_register(struct live_test *test)
{
	test->next = tests;
	tests = test;
}

const char *local_port(unsigned int port)
{
	static char text[2][16];
	static int which;

	which = !which;
	snprintf(text[which], sizeof(text[which]), ":%u  ", port);
	return text[which];
}

const char *own_pid(void)
{
	static char text[16];

	snprintf(text, sizeof(text), "%d", getpid());
	return text;
}

/* No pattern matches everything. */
static bool matches(const char *name, char *const *patterns, int n)
{
	for (int i = 0; i < n; i++)
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	return n == 0;
}

/* Adds the runs of one group of arguments: a katrace and patterns. Returns how many there are then. */
static int add_runs(struct run *runs, int n, const char *variant, char *const *args, int n_args)
{
	const char *tool = n_args ? args[0] : tool_path;

	for (const struct live_test *test = tests; test; test = test->next) {
		if (!matches(test->name, args + 1, n_args ? n_args - 1 : 0))
			continue;
		if (test->once && getenv("KATRACE_MODE")) {
			left_out = true;
			continue;
		}
		must(n < RUNS_MAX, "too many tests");
		runs[n++] = (struct run){ .test = test, .tool = tool, .variant = variant };
	}
	return n;
}

/* " (katrace-asan)" */
static const char *variant_of(const char *tool)
{
	const char *slash = strrchr(tool, '/');
	char *text;

	must(asprintf(&text, " (%s)", slash ? slash + 1 : tool) > 0, "memory");
	return text;
}

static int collect_runs(struct run *runs, char *const *args, int n_args)
{
	int n = 0, begin = 0;

	for (int i = 0; i <= n_args; i++) {
		if (i < n_args && strcmp(args[i], "+") != 0)
			continue;
		n = add_runs(runs, n, begin ? variant_of(args[begin]) : "", args + begin, i - begin);
		begin = i + 1;
	}
	return n;
}

/*
 * Most tests sleep most of the time. A virtual machine (KATRACE_STRICT) has one CPU, and time that passes at once when
 * nothing runs.
 */
static int default_jobs(void)
{
	return getenv("KATRACE_STRICT") ? 1 : (int)(5 * sysconf(_SC_NPROCESSORS_ONLN));
}

static int parse_jobs(const char *text)
{
	char *end;
	const long jobs = strtol(text, &end, 10);

	if (end != text && !*end && jobs >= 1 && jobs <= JOBS_MAX)
		return (int)jobs;
	fprintf(stderr, "live: not a number of jobs from 1 to %d: '%s'\n", JOBS_MAX, text);
	exit(2);
}

int main(int argc, char **argv)
{
	static struct run runs[RUNS_MAX];
	const char *jobs = getenv("KATRACE_JOBS");
	int option, n;

	if (argc > 1 && strcmp(argv[argc - 1], "--pause") == 0) /* what a test's process becomes by exec */
		for (;;)
			pause();
	while ((option = getopt(argc, argv, "+j:")) != -1) {
		if (option != 'j')
			return 2;
		jobs = optarg;
	}
	signal(SIGPIPE, SIG_IGN);
	n = collect_runs(runs, argv + optind, argc - optind);
	if (!n) {
		fprintf(stderr, "live: %s\n",
			left_out ? "none of these tests depends on the hook mode" : "no such test");
		return left_out ? 0 : 2;
	}
	/* in a virtual machine PID 1 only sleeps: nothing is hidden there */
	return runner_run(runs, n, jobs && *jobs ? parse_jobs(jobs) : default_jobs(),
			  getenv("KATRACE_STRICT") ? NULL : witness_hidden)
		       ? 0
		       : 1;
}
