// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * answers KATRACE: what katrace costs ordinary traffic. Two processes exchange one byte requests and responses over
 * loopback, with keepalive on, as fast as they can: without katrace, with it, and with it but without its hook for
 * answers, in turns. Prints requests a second, the medians of all turns, and their ratios.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define TURNS 15
#define TURN_S 1.0

enum setup { WITHOUT, WITH, NO_ANSWERS, SETUPS };

static void set(int fd, int level, int option)
{
	const int one = 1;

	must(setsockopt(fd, level, option, &one, sizeof(one)) == 0, "setsockopt");
}

static void echo(int fd)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(fd, &byte, 1) == 1 && write(fd, &byte, 1) == 1)
		;
	_exit(0);
}

/* A connection to a process that echoes what it gets. */
static int connect_to_echo(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	const int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	int server;

	must(listener >= 0 && client >= 0, "socket");
	must(bind(listener, (void *)&address, size) == 0 && listen(listener, 1) == 0 &&
		     getsockname(listener, (void *)&address, &size) == 0 &&
		     connect(client, (void *)&address, size) == 0,
	     "connect");
	server = accept(listener, NULL, NULL);
	must(server >= 0, "accept");
	for (int i = 0; i < 2; i++) {
		set(i ? client : server, IPPROTO_TCP, TCP_NODELAY);
		set(i ? client : server, IPPROTO_TCP, TCP_KEEPIDLE);
		set(i ? client : server, SOL_SOCKET, SO_KEEPALIVE);
	}
	if (fork() == 0) {
		close(client);
		echo(server);
	}
	close(server);
	close(listener);
	return client;
}

/* Starts katrace and waits until it traces. */
static pid_t start_katrace(const char *katrace, enum setup setup)
{
	char text[4096];
	size_t used = 0;
	int err[2];
	ssize_t n;
	pid_t pid;

	if (setup == WITHOUT)
		return 0;
	must(pipe(err) == 0, "pipe");
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(err[1], STDERR_FILENO);
		close(STDOUT_FILENO);
		must(fopen("/dev/null", "w"), "/dev/null");
		execl(katrace, katrace, setup == NO_ANSWERS ? "--no-answers" : NULL, NULL);
		_exit(127);
	}
	close(err[1]);
	do {
		n = read(err[0], text + used, sizeof(text) - 1 - used);
		must(n > 0, "katrace did not start");
		used += (size_t)n;
		text[used] = '\0';
	} while (!strstr(text, "katrace: tracing"));
	close(err[0]);
	return pid;
}

static void stop_katrace(pid_t pid)
{
	if (!pid)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static double requests_a_second(int fd)
{
	const double begin = now_s();
	uint64_t requests = 0;
	char byte = 'x';

	do {
		for (int i = 0; i < 100; i++, requests++)
			must(write(fd, &byte, 1) == 1 && read(fd, &byte, 1) == 1, "exchange");
	} while (now_s() - begin < TURN_S);
	return (double)requests / (now_s() - begin);
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static const char *const names[SETUPS] = { "without katrace", "with katrace", "with katrace --no-answers" };
	double rates[SETUPS][TURNS];
	pid_t pid;
	int fd;

	must(argc == 2, "usage: answers KATRACE");
	must(unshare(CLONE_NEWNET) == 0, "new network namespace: as root");
	loopback_up();
	fd = connect_to_echo();
	for (int turn = 0; turn < TURNS; turn++) {
		for (enum setup setup = 0; setup < SETUPS; setup++) {
			pid = start_katrace(argv[1], setup);
			rates[setup][turn] = requests_a_second(fd);
			stop_katrace(pid);
		}
	}
	printf("| request and response on loopback | a second | of that without |\n| --- | --- | --- |\n");
	for (enum setup setup = 0; setup < SETUPS; setup++) {
		qsort(rates[setup], TURNS, sizeof(rates[setup][0]), compare);
		printf("| %s | %.0f | %.1f %% |\n", names[setup], rates[setup][TURNS / 2],
		       100 * rates[setup][TURNS / 2] / rates[WITHOUT][TURNS / 2]);
	}
	return 0;
}
