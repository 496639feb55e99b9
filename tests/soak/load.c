// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "load.h"

#include "../live/must.h"
#include "../live/tcp.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EACH 5000 /* connections of a worker: its 20,000 descriptors are enough for both ends */
#define MAX_WORKERS 64
#define STEPS 100 /* a worker starts probing its connections in so many groups, within a second */
#define BACKLOG "/proc/sys/net/core/netdev_max_backlog"

/* A process that holds connections. A byte tells it what to do; it answers with the number of dead connections. */
struct worker {
	pid_t pid;
	int to, from;
};

struct load {
	struct worker workers[MAX_WORKERS];
	int n;
};

enum { ORDER_PROBE = 'p', ORDER_COUNT = 'c' };

/* --- the host's packet queue --- */

static char old_backlog[32]; /* empty: it was not changed */

/* Also in a signal handler. */
static void write_backlog(const char *value)
{
	const int fd = open(BACKLOG, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, value, strlen(value)) < 0) {
		/* there is no one to report it to */
	}
	close(fd);
}

static void restore_backlog(void)
{
	if (*old_backlog)
		write_backlog(old_backlog);
	*old_backlog = '\0';
}

static void on_signal(int signal)
{
	restore_backlog();
	_exit(128 + signal);
}

static void raise_backlog(void)
{
	FILE *file = fopen(BACKLOG, "re");

	must(file && fgets(old_backlog, sizeof(old_backlog), file), BACKLOG);
	fclose(file);
	atexit(restore_backlog);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	write_backlog("200000");
}

/* --- the workers --- */

static int count_dead(const int *fds, int n)
{
	struct pollfd one = { .events = POLLIN };
	int dead = 0;

	for (int i = 0; i < n; i++) {
		one.fd = fds[i];
		dead += poll(&one, 1, 0) != 0; /* no data is ever sent: only the end makes it readable */
	}
	return dead;
}

/* Spread over a second: all at once would overflow the queues of this host. */
static void probe(const int *fds, int n)
{
	static const struct keepalive each_second = { 1, 1, 9, 0 };
	const struct timespec step = { .tv_nsec = 1000000000 / STEPS };
	int begun = 0;

	for (int i = 1; i <= STEPS; i++) {
		for (; begun < n * i / STEPS; begun++)
			tcp_keepalive(fds[begun], &each_second);
		nanosleep(&step, NULL);
	}
}

static void work(const struct net *net, int n, int in, int out)
{
	static int clients[EACH], servers[EACH];
	int dead = 0;
	char order;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	tcp_connect_many(net, clients, servers, n);
	while (write(out, &dead, sizeof(dead)) == sizeof(dead) && read(in, &order, 1) == 1) {
		if (order == ORDER_PROBE)
			probe(clients, n);
		dead = count_dead(clients, n) + count_dead(servers, n);
	}
	_exit(0);
}

static struct worker worker_start(const struct net *net, int n)
{
	struct worker worker;
	int to[2], from[2];

	must(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0, "pipe");
	worker.pid = fork();
	must(worker.pid >= 0, "fork");
	if (!worker.pid)
		work(net, n, to[0], from[1]);
	close(to[0]);
	close(from[1]);
	worker.to = to[1];
	worker.from = from[0];
	return worker;
}

/* Waits for the answers of all workers; returns how many connections are dead. */
static int await(const struct load *load)
{
	int dead, sum = 0;

	for (int i = 0; i < load->n; i++) {
		must(read(load->workers[i].from, &dead, sizeof(dead)) == sizeof(dead), "answer of a worker");
		sum += dead;
	}
	return sum;
}

static int order(const struct load *load, char what)
{
	for (int i = 0; i < load->n; i++)
		must(write(load->workers[i].to, &what, 1) == 1, "order");
	return await(load);
}

struct load *load_new(const struct net *net, int n)
{
	const struct rlimit files = { 20000, 20000 };
	struct load *load = calloc(1, sizeof(*load));

	must(load, "memory");
	must(n > 0 && n <= MAX_WORKERS * EACH, "number of connections");
	setrlimit(RLIMIT_NOFILE, &files);
	for (int left = n; left > 0; left -= EACH)
		load->workers[load->n++] = worker_start(net, left < EACH ? left : EACH);
	await(load);
	raise_backlog(); /* after the fork: a worker that ends must not restore it */
	order(load, ORDER_PROBE);
	return load;
}

void load_free(struct load *load)
{
	if (!load)
		return;
	for (int i = 0; i < load->n; i++)
		kill(load->workers[i].pid, SIGKILL);
	for (int i = 0; i < load->n; i++) {
		waitpid(load->workers[i].pid, NULL, 0);
		close(load->workers[i].to);
		close(load->workers[i].from);
	}
	restore_backlog();
	free(load);
}

int load_dead(const struct load *load)
{
	return order(load, ORDER_COUNT);
}
