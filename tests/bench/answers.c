// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * answers KATRACE: measures what katrace costs ordinary traffic. One-byte requests and responses go over loopback, with
 * keepalive on: without katrace, with it, with it but without its hook for answers, and once more without it, to see
 * the error of the measurement.
 *
 * A program that runs for 70 ns changes an exchange by about 1 %, which is less than one second differs from the next.
 * So one process has both ends, there are many short turns, and CPU time is measured. Each round runs every setup
 * twice, the second time in reverse order, so that slow drifts affect all setups equally. The result is the median of
 * the ratios of all rounds, with its confidence interval.
 */
#include "bench.h"
#include "programs.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define ROUNDS 60
#define CHUNKS 40            /* in a turn */
#define CHUNK 100            /* exchanges */
#define WARM_UP 400          /* before each turn */
#define OF_PROGRAMS 40000    /* while the run times of programs are counted */
#define SEGMENTS_EXCHANGED 2 /* the request, the response; each acknowledges the other */

enum setup { WITHOUT, WITH, NO_ANSWERS, AGAIN, SETUPS };

static const char *const names[SETUPS] = { "without katrace", "with katrace", "with katrace --no-answers",
					   "without katrace, again" };

struct pair {
	int client, server; /* the ends of a connection */
};

/* --- the traffic --- */

/* Of all CPUs it may use the last one: interrupts tend to go to the first. */
static void use_one_cpu(void)
{
	cpu_set_t cpus;
	int last = 0;

	must(sched_getaffinity(0, sizeof(cpus), &cpus) == 0, "sched_getaffinity");
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &cpus))
			last = cpu;
	CPU_ZERO(&cpus);
	CPU_SET(last, &cpus);
	must(sched_setaffinity(0, sizeof(cpus), &cpus) == 0, "sched_setaffinity");
}

static void use_every_cpu(void)
{
	cpu_set_t cpus;

	memset(&cpus, 0xff, sizeof(cpus));
	must(sched_setaffinity(0, sizeof(cpus), &cpus) == 0, "sched_setaffinity");
}

static void set(int fd, int level, int option)
{
	const int one = 1;

	must(setsockopt(fd, level, option, &one, sizeof(one)) == 0, "setsockopt");
}

static void set_up(int fd)
{
	set(fd, IPPROTO_TCP, TCP_NODELAY);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE);
	set(fd, SOL_SOCKET, SO_KEEPALIVE);
}

static struct pair pair_new(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pair pair = { .client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };

	must(listener >= 0 && pair.client >= 0, "socket");
	must(bind(listener, (void *)&address, size) == 0 && listen(listener, 1) == 0 &&
		     getsockname(listener, (void *)&address, &size) == 0 &&
		     connect(pair.client, (void *)&address, size) == 0,
	     "connect");
	pair.server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	must(pair.server >= 0, "accept");
	set_up(pair.client);
	set_up(pair.server);
	close(listener);
	return pair;
}

static void pass(int from, int to)
{
	char byte = 'x';

	must(write(from, &byte, 1) == 1 && read(to, &byte, 1) == 1, "exchange");
}

static void exchange(const struct pair *pair, int times)
{
	for (int i = 0; i < times; i++) {
		pass(pair->client, pair->server);
		pass(pair->server, pair->client);
	}
}

/* CPU time used so far. On loopback the work of receiving is done by the one that sends, so all of it is in here. */
static double cpu_ns(void)
{
	struct timespec ts;

	must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) == 0, "CPU time");
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* --- katrace --- */

/* Starts katrace and waits until it traces; 0 for a setup without katrace. */
static pid_t start_katrace(const char *katrace, enum setup setup)
{
	char text[4096];
	size_t used = 0;
	int err[2];
	ssize_t n;
	pid_t pid;

	if (setup == WITHOUT || setup == AGAIN)
		return 0;
	must(pipe2(err, O_CLOEXEC) == 0, "pipe");
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		use_every_cpu();
		dup2(err[1], STDERR_FILENO);
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
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

/* --- results --- */

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct estimate {
	double median, low, high;
};

/*
 * The median and its confidence interval of 95 %, for any distribution: the number of values below the true median is
 * binomial, approximated here by the normal distribution.
 */
static struct estimate estimate(double *values, int n)
{
	const int off = (int)ceil(1.96 * sqrt(n) / 2);
	const int low = n / 2 - off, high = (n - 1) / 2 + off;

	qsort(values, (size_t)n, sizeof(values[0]), compare);
	return (struct estimate){ (values[n / 2] + values[(n - 1) / 2]) / 2, values[low > 0 ? low : 0],
				  values[high < n ? high : n - 1] };
}

/*
 * CPU time of an exchange, in ns: the lower quartile of the turn's chunks, because other work of the machine makes an
 * exchange more expensive, never cheaper.
 */
static double turn(const struct pair *pair)
{
	double begin, chunks[CHUNKS];

	exchange(pair, WARM_UP);
	for (int i = 0; i < CHUNKS; i++) {
		begin = cpu_ns();
		exchange(pair, CHUNK);
		chunks[i] = (cpu_ns() - begin) / CHUNK;
	}
	qsort(chunks, CHUNKS, sizeof(chunks[0]), compare);
	return chunks[CHUNKS / 4];
}

/* In ns: the sum of a setup's two turns of a round. */
struct round {
	double cost[SETUPS];
};

static void play(const char *katrace, const struct pair *pair, struct round *round)
{
	static const enum setup order[] = { WITHOUT, WITH, NO_ANSWERS, AGAIN, AGAIN, NO_ANSWERS, WITH, WITHOUT };
	pid_t pid;

	memset(round, 0, sizeof(*round));
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		pid = start_katrace(katrace, order[i]);
		round->cost[order[i]] += turn(pair);
		stop_katrace(pid);
	}
}

/* The additional cost compared with no katrace, in percent. */
static struct estimate more(const struct round *rounds, enum setup setup)
{
	double values[ROUNDS];

	for (int i = 0; i < ROUNDS; i++)
		values[i] = 100 * (rounds[i].cost[setup] / rounds[i].cost[WITHOUT] - 1);
	return estimate(values, ROUNDS);
}

static double most(const struct estimate *estimate)
{
	return fmax(fabs(estimate->low), fabs(estimate->high));
}

/* Reports no difference that could also occur between two turns without katrace. */
static void print_cost(const struct round *rounds, enum setup setup, double base_ns)
{
	const struct estimate null = more(rounds, AGAIN), found = more(rounds, setup);
	const bool seen = found.low * found.high > 0 && fabs(found.median) > most(&null);

	printf("| %s | ", names[setup]);
	if (setup == WITHOUT)
		printf("%.0f ns | - | - |\n", base_ns);
	else if (setup == AGAIN || !seen)
		printf("%.0f ns | less than the noise of %.1f %% | %+.1f to %+.1f %% |\n",
		       base_ns * (1 + found.median / 100), fmax(most(&null), most(&found)), found.low, found.high);
	else
		printf("%.0f ns | %+.1f %%, %+.0f ns per segment | %+.1f to %+.1f %% |\n",
		       base_ns * (1 + found.median / 100), found.median,
		       found.median / 100 * base_ns / SEGMENTS_EXCHANGED, found.low, found.high);
}

static void compare_setups(const char *katrace, const struct pair *pair)
{
	static struct round rounds[ROUNDS];
	double base[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		play(katrace, pair, &rounds[i]);
		base[i] = rounds[i].cost[WITHOUT] / 2;
	}
	printf("| request and response on loopback | CPU time | compared with no tracing | 95 %% interval |\n"
	       "| --- | --- | --- | --- |\n");
	for (enum setup setup = 0; setup < SETUPS; setup++)
		print_cost(rounds, setup, estimate(base, ROUNDS).median);
}

static void measure_programs(const char *katrace, const struct pair *pair)
{
	const pid_t pid = start_katrace(katrace, WITH);
	struct programs *programs = programs_of(pid);

	exchange(pair, WARM_UP);
	programs_begin(programs);
	exchange(pair, OF_PROGRAMS);
	programs_end(programs);
	printf("\n| program | runs an exchange | time a run |\n| --- | --- | --- |\n");
	programs_print(programs, OF_PROGRAMS);
	programs_free(programs);
	stop_katrace(pid);
}

int main(int argc, char **argv)
{
	struct pair pair;

	must(argc == 2, "usage: answers KATRACE");
	must(unshare(CLONE_NEWNET) == 0, "new network namespace: as root");
	loopback_up();
	use_one_cpu();
	pair = pair_new();
	compare_setups(argv[1], &pair);
	measure_programs(argv[1], &pair);
	return 0;
}
