// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "runner.h"

#include "must.h"
#include "tool.h"
#include "warden.h"

#include <inttypes.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A test under way, in a process of its own. */
struct job {
	pid_t warden; /* 0: free */
	int run, output;
	double begin_s;
	uint64_t hidden; /* timer interrupts missed before it */
};

struct runner {
	const struct run *runs;
	int n, n_jobs, running;
	struct job *jobs;
	char *outcomes; /* of each run; NOT_RUN and UNDER_WAY until then */
	char *repeats;  /* of each run */
	hidden_fn hidden;
};

#define NOT_RUN ((char)-1)
#define UNDER_WAY ((char)-2)
#define REPEATS_MAX 2

static volatile sig_atomic_t interrupted;

static void note_signal(int signal)
{
	(void)signal;
	interrupted = 1;
}

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static uint64_t hidden_so_far(const struct runner *runner)
{
	return runner->hidden ? runner->hidden() : 0;
}

static struct job *job_of(const struct runner *runner, pid_t warden)
{
	for (int i = 0; i < runner->n_jobs; i++)
		if (runner->jobs[i].warden == warden)
			return &runner->jobs[i];
	return NULL;
}

static void start(struct runner *runner, int run)
{
	struct job *job = job_of(runner, 0);

	job->output = memfd_create("output", MFD_CLOEXEC);
	must(job->output >= 0, "memory for a test's output");
	fflush(NULL);
	job->run = run;
	job->begin_s = now_s();
	job->hidden = hidden_so_far(runner);
	runner->outcomes[run] = UNDER_WAY;
	job->warden = fork();
	must(job->warden >= 0, "fork");
	if (!job->warden) {
		tool_path = runner->runs[run].tool;
		warden_run(runner->runs[run].test, job->output);
	}
	runner->running++;
}

static void show_output(int fd)
{
	off_t at = 0;
	char text[4096];
	ssize_t n;

	for (; (n = pread(fd, text, sizeof(text), at)) > 0; at += n)
		fwrite(text, 1, (size_t)n, stdout);
}

static void report(const struct runner *runner, const struct job *job, enum outcome outcome)
{
	const struct run *run = &runner->runs[job->run];
	const double s = now_s() - job->begin_s;

	if (outcome == OUTCOME_PASSED) {
		printf("[       OK ] %s%s (%.1f s)\n", run->test->name, run->variant, s);
		return;
	}
	printf("[ RUN      ] %s%s (%.1f s)\n", run->test->name, run->variant, s);
	show_output(job->output);
	if (runner->outcomes[job->run] == NOT_RUN) {
		printf("[  AGAIN   ] %s%s: meanwhile this kernel ran no tracing programs in %" PRIu64
		       " timer interrupts\n",
		       run->test->name, run->variant, hidden_so_far(runner) - job->hidden);
		return;
	}
	printf("[  %s ] %s%s\n", outcome == OUTCOME_SKIPPED ? "SKIPPED" : "FAILED ", run->test->name, run->variant);
}

/* It failed, perhaps because katrace could not see what a timer did. Then it is to run again. */
static bool proves_nothing(const struct runner *runner, const struct job *job, enum outcome outcome)
{
	if (outcome != OUTCOME_FAILED || interrupted || runner->repeats[job->run] == REPEATS_MAX ||
	    hidden_so_far(runner) == job->hidden)
		return false;
	runner->repeats[job->run]++;
	return true;
}

static void signal_wardens(const struct runner *runner)
{
	for (int i = 0; i < runner->n_jobs; i++)
		if (runner->jobs[i].warden)
			kill(runner->jobs[i].warden, SIGTERM);
}

static void wait_for_one(struct runner *runner)
{
	enum outcome outcome = OUTCOME_FAILED;
	struct job *job;
	int status;
	pid_t pid = waitpid(-1, &status, 0);

	if (pid < 0 && errno == EINTR) {
		signal_wardens(runner);
		return;
	}
	job = job_of(runner, pid);
	must(job, "wait for a test");
	if (WIFEXITED(status) && WEXITSTATUS(status) <= OUTCOME_SKIPPED)
		outcome = (enum outcome)WEXITSTATUS(status);
	runner->outcomes[job->run] = proves_nothing(runner, job, outcome) ? NOT_RUN : (char)outcome;
	report(runner, job, outcome);
	fflush(stdout);
	close(job->output);
	job->warden = 0;
	runner->running--;
}

/* The next that is exclusive or not, -1: none is left. */
static int next_run(const struct runner *runner, bool exclusive)
{
	for (int i = 0; i < runner->n; i++)
		if (runner->outcomes[i] == NOT_RUN && runner->runs[i].test->exclusive == exclusive)
			return i;
	return -1;
}

/* Those that are exclusive or not, at most so many at a time. */
static void run_some(struct runner *runner, bool exclusive, int jobs)
{
	int next;

	for (;;) {
		next = interrupted ? -1 : next_run(runner, exclusive);
		if (next >= 0 && runner->running < jobs)
			start(runner, next);
		else if (runner->running)
			wait_for_one(runner);
		else
			break;
	}
}

static int count(const struct runner *runner, char outcome)
{
	int n = 0;

	for (int i = 0; i < runner->n; i++)
		n += runner->outcomes[i] == outcome;
	return n;
}

/* How many, and which. */
static void say_total(const struct runner *runner, char outcome, const char *title)
{
	const int n = count(runner, outcome);

	if (!n)
		return;
	printf("[  %s ] %d test(s)", title, n);
	if (outcome != OUTCOME_PASSED)
		for (int i = 0; i < runner->n; i++)
			if (runner->outcomes[i] == outcome)
				printf(" %s%s", runner->runs[i].test->name, runner->runs[i].variant);
	putchar('\n');
}

bool runner_run(const struct run *runs, int n, int jobs, hidden_fn hidden)
{
	const struct sigaction action = { .sa_handler = note_signal }; /* without SA_RESTART: waitpid(2) ends */
	struct runner runner = { .runs = runs, .n = n, .n_jobs = jobs, .hidden = hidden };
	const double begin_s = now_s();

	runner.jobs = calloc((size_t)jobs, sizeof(*runner.jobs));
	runner.outcomes = malloc((size_t)n + 1);
	runner.repeats = calloc((size_t)n + 1, 1);
	must(runner.jobs && runner.outcomes && runner.repeats, "memory");
	memset(runner.outcomes, NOT_RUN, (size_t)n);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	run_some(&runner, false, jobs);
	run_some(&runner, true, 1);
	printf("[==========] %d test(s) in %.1f s, up to %d at a time\n", n, now_s() - begin_s, jobs);
	say_total(&runner, OUTCOME_PASSED, "PASSED ");
	say_total(&runner, OUTCOME_SKIPPED, "SKIPPED");
	say_total(&runner, OUTCOME_FAILED, "FAILED ");
	say_total(&runner, NOT_RUN, "NOT RUN");
	n = count(&runner, OUTCOME_FAILED) + count(&runner, NOT_RUN);
	free(runner.jobs);
	free(runner.outcomes);
	free(runner.repeats);
	return n == 0;
}
