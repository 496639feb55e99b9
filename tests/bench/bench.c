// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * bench KATRACE: compares katrace list, and the owner lookup at the start of a trace, with ss on the same sockets:
 * 10,000, 100,000 and 200,000 of them, on loopback, in a network namespace that disappears with this process. Prints a
 * table for docs/cost.md.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define SOCKETS_EACH 2000
#define WORKERS_MAX 100
#define RUNS 5

struct worker {
	pid_t pid;
	int ready; /* readable once its sockets are there */
};

struct run {
	double seconds;
	uint64_t lines;
};

/* --- sockets --- */

static void set(int fd, int level, int option, int value)
{
	must(setsockopt(fd, level, option, &value, sizeof(value)) == 0, "setsockopt");
}

/* Half with keepalive, of which half with values of their own; none is due while this runs. */
static void set_up(int fd, int i)
{
	if (i % 2)
		return;
	if (i % 4 == 0)
		set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 1800 + i % 32);
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

static void open_sockets(int number, int n)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), client, server;

	address.sin_addr.s_addr = htonl(0x7f000100 + (uint32_t)number);
	must(listener >= 0 && bind(listener, (void *)&address, size) == 0 && listen(listener, 16) == 0 &&
		     getsockname(listener, (void *)&address, &size) == 0,
	     "listen");
	for (int i = 0; i < n / 2; i++) {
		client = socket(AF_INET, SOCK_STREAM, 0);
		must(client >= 0 && connect(client, (void *)&address, size) == 0, "connect");
		server = accept(listener, NULL, NULL);
		must(server >= 0, "accept");
		set_up(client, i);
		set_up(server, i + 1);
	}
	close(listener);
}

static struct worker worker_start(int number, int n)
{
	struct worker worker;
	int ready[2];

	must(pipe(ready) == 0, "pipe");
	worker.pid = fork();
	must(worker.pid >= 0, "fork");
	if (!worker.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ready[0]);
		open_sockets(number, n);
		must(write(ready[1], "x", 1) == 1, "write");
		for (;;)
			pause();
	}
	close(ready[1]);
	worker.ready = ready[0];
	return worker;
}

static int start_workers(struct worker *workers, int sockets)
{
	const int n = sockets / SOCKETS_EACH;
	char byte;

	for (int i = 0; i < n; i++)
		workers[i] = worker_start(i, SOCKETS_EACH);
	for (int i = 0; i < n; i++) {
		must(read(workers[i].ready, &byte, 1) == 1, "a worker failed");
		close(workers[i].ready);
	}
	return n;
}

static void stop_workers(const struct worker *workers, int n)
{
	for (int i = 0; i < n; i++)
		kill(workers[i].pid, SIGKILL);
	for (int i = 0; i < n; i++)
		waitpid(workers[i].pid, NULL, 0);
}

/* --- measurements --- */

static uint64_t count_lines(const char *text, ssize_t n)
{
	uint64_t lines = 0;

	for (ssize_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	return lines;
}

/* Runs a command and reads its output from a pipe. Output that fits in half of text is kept there. */
static struct run run(const char *const *argv, int from_fd, char *text, size_t size)
{
	const double begin = now_s();
	struct run run = { 0 };
	int out[2], status;
	size_t used = 0;
	ssize_t n;
	pid_t pid;

	must(pipe(out) == 0, "pipe");
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid) {
		dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		dup2(out[1], from_fd);
		close(out[0]);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(out[1]);
	while ((n = read(out[0], text + used, size - 1 - used)) > 0) {
		run.lines += count_lines(text + used, n);
		used += (size_t)n;
		text[used] = '\0';
		if (size - used < size / 2)
			used = 0;
	}
	close(out[0]);
	must(waitpid(pid, &status, 0) == pid, "wait");
	run.seconds = now_s() - begin;
	if (status) {
		fprintf(stderr, "bench: %s failed\n", argv[0]);
		exit(1);
	}
	return run;
}

static int compare_runs(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	return (x->seconds > y->seconds) - (x->seconds < y->seconds);
}

/* The median by time. */
static struct run run_often(const char *const *argv, int times, int sockets)
{
	static char text[1 << 16];
	struct run runs[RUNS];

	for (int i = 0; i < times; i++) {
		runs[i] = run(argv, STDOUT_FILENO, text, sizeof(text));
		must(runs[i].lines >= (uint64_t)sockets, "too few lines");
	}
	qsort(runs, (size_t)times, sizeof(runs[0]), compare_runs);
	return runs[times / 2];
}

/* What katrace trace -v prints about its first walk. */
static double owners_ms(const char *katrace)
{
	const char *const argv[] = { katrace, "trace", "-v", "-d", "1", NULL };
	static char text[1 << 16];
	const char *at;
	struct run first;

	first = run(argv, STDERR_FILENO, text, sizeof(text));
	(void)first;
	at = strstr(text, "descriptors took ");
	must(at, "katrace trace -v does not say how long its first walk took");
	return strtod(at + strlen("descriptors took "), NULL);
}

/* A line of /proc/PID/status, in KiB. */
static long status_kib(pid_t pid, const char *name)
{
	char path[64], line[256];
	long kib = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	must(file, path);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, name, strlen(name)) == 0)
			kib = strtol(line + strlen(name), NULL, 10);
	fclose(file);
	must(kib >= 0, name);
	return kib;
}

static void read_lines(int fd, uint64_t lines)
{
	static char text[1 << 16];
	ssize_t n;

	for (uint64_t seen = 0; seen < lines; seen += count_lines(text, n)) {
		n = read(fd, text, sizeof(text));
		must(n > 0, "katrace list --watch ended");
	}
}

/*
 * By how much a walk raises the peak of katrace's memory: the second walk of katrace list --watch, because loading the
 * programs has a peak of its own. /proc/PID/clear_refs forgets the peak so far.
 */
static double bytes_each(const char *katrace, int sockets)
{
	const struct timespec pause = { .tv_nsec = 500000000 };
	char path[64];
	int out[2], fd;
	long before, peak;
	pid_t pid;

	must(pipe(out) == 0, "pipe");
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(out[1], STDOUT_FILENO);
		execl(katrace, katrace, "list", "--watch=2", NULL);
		_exit(127);
	}
	close(out[1]);
	read_lines(out[0], (uint64_t)sockets + 1);
	nanosleep(&pause, NULL); /* it has freed the table */
	snprintf(path, sizeof(path), "/proc/%d/clear_refs", pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	must(fd >= 0 && write(fd, "5", 1) == 1, path);
	close(fd);
	before = status_kib(pid, "VmRSS:");
	read_lines(out[0], (uint64_t)sockets + 1);
	peak = status_kib(pid, "VmHWM:");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(out[0]);
	return (double)(peak - before) * 1024 / sockets;
}

static void measure(const char *katrace, int sockets, bool with_ss)
{
	const char *const list[] = { katrace, "list", NULL };
	const char *const ss_timers[] = { "ss", "-tnop", NULL };
	const char *const ss_owners[] = { "ss", "-tnp", NULL };
	static struct worker workers[WORKERS_MAX];
	const int n = start_workers(workers, sockets);
	const struct run listed = run_often(list, RUNS, sockets);
	const double memory = bytes_each(katrace, sockets);
	const double owners_s = owners_ms(katrace) / 1000;
	const struct run timers = with_ss ? run_often(ss_timers, 1, sockets) : (struct run){ 0 };
	const struct run owners = with_ss ? run_often(ss_owners, 1, sockets) : (struct run){ 0 };

	stop_workers(workers, n);
	printf("| %d | %.3f s | %.2f s | %.0f | %.1f bytes | %.3f s | %.2f s | %.0f |\n", sockets, listed.seconds,
	       timers.seconds, timers.seconds / listed.seconds, memory, owners_s, owners.seconds,
	       owners.seconds / owners_s);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static const int sizes[] = { 10000, 100000, 200000 };
	const bool with_ss = argc <= 2;

	must(argc > 1, "usage: bench KATRACE");
	must(unshare(CLONE_NEWNET) == 0, "new network namespace: as root");
	loopback_up();
	printf("| sockets | `katrace list` | `ss -tnop` | times faster | memory a socket | owners at start of "
	       "a trace | `ss -tnp` | times faster |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		measure(argv[1], sizes[i], with_ss);
	return 0;
}
