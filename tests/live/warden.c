// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "warden.h"

#include "must.h"
#include "net.h"
#include "stall.h"
#include "tool.h"
#include "until.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NUMBERS 512   /* of tests at the same time on one machine */
#define GRACE_MS 2000 /* from SIGTERM to SIGKILL */
#define STEP_MS 10
#define UNUSED_MAX 256 /* after so many descriptors that are not open there are no more */

/* The test's own: set before it is forked. */
static char directory[] = "/tmp/katrace-live-XXXXXX";
static int number;
static pid_t test_pid;

const char *live_directory(void)
{
	return directory;
}

int live_number(void)
{
	return number;
}

/* --- in the test's process --- */

/*
 * A connection closed while its network is dead would live on, and its network namespace with it, until
 * retransmission gives up: minutes.
 */
static void abort_connections(void)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };
	int unused = 0;

	stall_give_up(); /* setsockopt(2) waits for a socket that is locked */
	for (int fd = STDERR_FILENO + 1; unused < UNUSED_MAX; fd++)
		if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0 || errno != EBADF)
			unused = 0;
		else
			unused++;
}

/* Told to end, or crashed: what katrace has said is shown even so. */
static void end_by_signal(int signal)
{
	abort_connections();
	if (getpid() == test_pid)
		tool_show_all();
	raise(signal); /* with its default effect: SA_RESETHAND */
}

static void catch_signals(void)
{
	static const int signals[] = { SIGTERM, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	const struct sigaction action = { .sa_handler = end_by_signal, .sa_flags = (int)SA_RESETHAND };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

static void at_exit(int status, void *unused)
{
	(void)unused;
	abort_connections();
	if (getpid() != test_pid)
		return;
	fflush(NULL);
	if (status == EXPECT_FAILED)
		tool_show_all();
	tool_free_all();
}

void live_end_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

__attribute__((noreturn)) static void run_test(const struct live_test *test, int output)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	test_pid = getpid();
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	setvbuf(stdout, NULL, _IONBF, 0); /* or it would be there twice after each fork(2) */
	net_set_number(number);
	catch_signals();
	on_exit(at_exit, NULL);
	if (!test->any_user && geteuid() != 0)
		skip("%s needs root", test->name);
	test->run();
	exit(EXPECT_PASSED);
}

/* --- in the warden --- */

static volatile sig_atomic_t told_to_end;

static void note_signal(int signal)
{
	(void)signal;
	told_to_end = 1;
}

/* A number is taken by binding a name that vanishes with this process. */
static int take_number(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(fd >= 0, "socket");
	for (int i = 1; i < NUMBERS; i++) {
		const int length = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "katrace-live-%d", i);

		if (bind(fd, (struct sockaddr *)&name,
			 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) == 0)
			return i;
	}
	must(false, "a number for the test");
	return 0;
}

/* Waits until the test has ended. False if it had not by then, or this process was told to end. */
static bool wait_for_end(pid_t pid, int64_t limit_ms)
{
	const int64_t deadline = wait_now_ms() + limit_ms;
	struct pollfd ended = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	bool has_ended = false;

	must(ended.fd >= 0, "pidfd_open");
	while (!has_ended && !told_to_end && wait_now_ms() < deadline)
		has_ended = poll(&ended, 1, (int)(deadline - wait_now_ms())) == 1;
	close(ended.fd);
	return has_ended;
}

/* To every child of this process: with those that come to it when their parents end. */
static void signal_children(int signal)
{
	char path[64];
	FILE *file;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	file = fopen(path, "re");
	must(file, path);
	while (fscanf(file, "%d", &pid) == 1)
		kill(pid, signal);
	fclose(file);
}

/* Ends all there is below this process, asking first. */
static void end_children(void)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	const int64_t deadline = wait_now_ms() + GRACE_MS;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, NULL, WNOHANG);
		if (pid < 0)
			return;
		if (pid > 0)
			continue;
		signal_children(wait_now_ms() < deadline ? SIGTERM : SIGKILL);
		signal_children(SIGCONT);
		nanosleep(&step, NULL);
	}
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
	(void)info;
	(void)type;
	(void)at;
	return remove(path);
}

static enum outcome judge(const struct live_test *test, int status)
{
	if (WIFSIGNALED(status)) {
		printf("%s: killed by signal %d (%s)\n", test->name, WTERMSIG(status), strsignal(WTERMSIG(status)));
		return OUTCOME_FAILED;
	}
	if (WEXITSTATUS(status) == EXPECT_SKIPPED)
		return OUTCOME_SKIPPED;
	return WEXITSTATUS(status) == EXPECT_PASSED ? OUTCOME_PASSED : OUTCOME_FAILED;
}

/* Its end in time, or by force. */
static enum outcome wait_for_outcome(const struct live_test *test, pid_t pid)
{
	const int limit_s = test->limit_s ? test->limit_s : LIVE_LIMIT_S;
	int status;

	if (!wait_for_end(pid, limit_s * 1000LL)) {
		if (!told_to_end)
			printf("%s: still not at its end after %d s\n", test->name, limit_s);
		kill(pid, SIGCONT);
		kill(pid, SIGTERM);
		told_to_end = 0;
		if (!wait_for_end(pid, GRACE_MS))
			kill(pid, SIGKILL);
	}
	must(waitpid(pid, &status, 0) == pid, "wait for a test");
	return judge(test, status);
}

void warden_run(const struct live_test *test, int output)
{
	const struct sigaction action = { .sa_handler = note_signal };
	enum outcome outcome;
	pid_t pid;

	/* not of the terminal's group: the runner passes on what Ctrl-C means */
	must(setsid() >= 0 && prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0,
	     "set up a test's process");
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	setvbuf(stdout, NULL, _IONBF, 0);
	sigaction(SIGTERM, &action, NULL);
	number = take_number();
	must(mkdtemp(directory) && chmod(directory, 0755) == 0, directory);
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid)
		run_test(test, output);
	outcome = wait_for_outcome(test, pid);
	end_children();
	if (test->clean_up)
		test->clean_up();
	nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	_exit((int)outcome);
}
