// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * demo KATRACE: two hosts, a connection between them with short keepalive settings, and a cable that is pulled after a
 * few answered probes; katrace shows it. The demo prints to stderr; only katrace prints to stdout.
 */
#include "net.h"
#include "tcp.h"
#include "until.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWERED_PROBES 3

static void say(const char *text)
{
	fprintf(stderr, "demo: %s\n", text);
}

static void fail(const char *what)
{
	fprintf(stderr, "demo: %s: %s\n", what, strerror(errno));
	exit(1);
}

struct katrace {
	pid_t pid;
	int err; /* the read end of its stderr */
};

/* One character of katrace's stderr, in time. False at its end. */
static bool read_one(const struct katrace *katrace, const struct wait *wait, char *to)
{
	struct pollfd readable = { .fd = katrace->err, .events = POLLIN };
	const int64_t left_ms = wait->deadline_ms - wait_now_ms();

	errno = ETIMEDOUT;
	if (left_ms <= 0 || poll(&readable, 1, (int)left_ms) != 1)
		fail(wait->what);
	return read(katrace->err, to, 1) == 1;
}

/* Copies katrace's stderr, up to the line that contains text, or to its end. False at its end. */
static bool pass_on_until(const struct katrace *katrace, const char *wanted)
{
	const struct wait wait = wait_begin(wanted ? "wait for katrace to trace" : "wait for the end of katrace");
	char line[512];
	size_t used = 0;

	while (read_one(katrace, &wait, line + used)) {
		fputc(line[used], stderr);
		if (used < sizeof(line) - 1 && line[used] != '\n') {
			used++;
			continue;
		}
		line[used] = '\0';
		if (wanted && strstr(line, wanted))
			return true;
		used = 0;
	}
	return false;
}

static int wait_for(const struct katrace *katrace)
{
	int status;

	WAIT_UNTIL(waitpid(katrace->pid, &status, WNOHANG) == katrace->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Starts katrace on this terminal; it traces when this returns. */
static struct katrace start_katrace(const char *path, const char *pid)
{
	struct katrace katrace;
	int err[2];

	if (pipe(err))
		fail("pipe");
	katrace.pid = fork();
	if (katrace.pid < 0)
		fail("fork");
	if (!katrace.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(err[1], STDERR_FILENO);
		close(err[0]);
		close(err[1]);
		execl(path, "katrace", "-p", pid, (char *)NULL);
		fail(path);
	}
	close(err[1]);
	katrace.err = err[0];
	if (!pass_on_until(&katrace, "katrace: tracing"))
		exit(wait_for(&katrace));
	return katrace;
}

/* Every probe is one more in the kernel's own count. */
static void wait_for_probes(const struct net *net, uint64_t n)
{
	const uint64_t before = net_keepalives(net, HOST_A);

	WAIT_UNTIL(net_keepalives(net, HOST_A) >= before + n);
}

int main(int argc, char **argv)
{
	const struct keepalive settings = { 1, 1, 3, 0 };
	struct katrace katrace;
	struct net *net;
	struct tcp tcp;
	char pid[16];
	int error, status;

	if (argc != 2) {
		fprintf(stderr, "usage: demo KATRACE\n");
		return 2;
	}
	net = net_new();
	tcp = tcp_connect(net, TCP_IPV4);
	say("two network namespaces and a TCP connection between them");
	snprintf(pid, sizeof(pid), "%d", getpid());
	katrace = start_katrace(argv[1], pid);
	tcp_keepalive(tcp.client, &settings);
	wait_for_probes(net, ANSWERED_PROBES);
	net_cable(net, HOST_B, false);
	say("the peer's cable is pulled: nothing answers from here on");
	error = tcp_wait_death(tcp.client, 10);
	fprintf(stderr, "demo: the application's read() fails: %s\n",
		error > 0 ? strerrordesc_np(error) : "no, it does not");
	kill(katrace.pid, SIGINT);
	pass_on_until(&katrace, NULL);
	status = wait_for(&katrace);
	tcp_close(&tcp);
	net_free(net);
	return error == ETIMEDOUT ? status : 1;
}
