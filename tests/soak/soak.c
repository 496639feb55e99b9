// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * soak KATRACE: 20,000 connections with probes every second for $SOAK_S seconds (600), katrace writing JSON to a file
 * that is rotated every second. Each file is read, checked and deleted. Then the same connections under trouble: a
 * reader that stops, a full disk, a stopped katrace. Prints sums; fails when anything is missing that katrace does not
 * tell of, or when a connection's fate changed.
 */
#include "../live/must.h"
#include "../live/net.h"
#include "../live/tcp.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS 4 /* a process may have 20,000 descriptors only */
#define EACH 5000
#define CONNECTIONS (WORKERS * EACH)
#define BACKLOG "/proc/sys/net/core/netdev_max_backlog"
#define LINE_MAX_BYTES 4096

enum kind { SENT, DROPPED, ANSWERED, KINDS };

static const char *const kind_names[KINDS] = { "katrace.probe_sent", "katrace.probe_dropped",
					       "katrace.probe_answered" };
static const char *const sum_names[KINDS] = { "\"probes_sent\":", "\"probes_dropped\":", "\"probes_answered\":" };

static const char *tool_path;
static bool failed;

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void sleep_ms(long ms)
{
	const struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&pause, NULL);
}

__attribute__((format(printf, 2, 3))) static void expect(bool ok, const char *format, ...)
{
	va_list args;

	if (ok)
		return;
	failed = true;
	printf("soak: FAILED: ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

/* --- the connections: processes of their own, each told by a byte what to do --- */

struct worker {
	pid_t pid;
	int to, from;
};

static int count_dead(const int *fds, int n)
{
	struct pollfd one = { .events = POLLIN };
	int dead = 0;

	for (int i = 0; i < n; i++) {
		one.fd = fds[i];
		dead += poll(&one, 1, 0) != 0; /* nobody ever writes: only its end makes it readable */
	}
	return dead;
}

/* Spread over a second, or each tick would overflow the queues of this host. */
static void switch_on(const int *fds, int n)
{
	static const struct keepalive each_second = { 1, 1, 9, 0 };

	for (int i = 0; i < n; i++) {
		tcp_keepalive(fds[i], &each_second);
		if (i % (n / 100) == 0)
			sleep_ms(10);
	}
}

static void work(const struct net *net, int in, int out)
{
	static int clients[EACH], servers[EACH];
	char order;
	int dead;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	tcp_connect_many(net, clients, servers, EACH);
	dead = 0;
	while (write(out, &dead, sizeof(dead)) == sizeof(dead) && read(in, &order, 1) == 1) {
		if (order == 'g')
			switch_on(clients, EACH);
		dead = count_dead(clients, EACH) + count_dead(servers, EACH);
	}
	_exit(0);
}

static void start_workers(const struct net *net, struct worker *workers)
{
	int to[2], from[2], dead;

	for (int i = 0; i < WORKERS; i++) {
		must(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0, "pipe");
		workers[i].pid = fork();
		must(workers[i].pid >= 0, "fork");
		if (!workers[i].pid)
			work(net, to[0], from[1]);
		close(to[0]);
		close(from[1]);
		workers[i].to = to[1];
		workers[i].from = from[0];
	}
	for (int i = 0; i < WORKERS; i++)
		must(read(workers[i].from, &dead, sizeof(dead)) == sizeof(dead), "connect");
}

/* Returns how many connections are dead. */
static int order_workers(const struct worker *workers, char order)
{
	int dead, sum = 0;

	for (int i = 0; i < WORKERS; i++)
		must(write(workers[i].to, &order, 1) == 1, "order");
	for (int i = 0; i < WORKERS; i++) {
		must(read(workers[i].from, &dead, sizeof(dead)) == sizeof(dead), "answer of a worker");
		sum += dead;
	}
	return sum;
}

static void stop_workers(const struct worker *workers)
{
	for (int i = 0; i < WORKERS; i++) {
		kill(workers[i].pid, SIGKILL);
		waitpid(workers[i].pid, NULL, 0);
	}
}

/* --- what katrace wrote --- */

struct account {
	uint64_t bytes, lines, missing, last_sequence;
	uint64_t written[KINDS], late;
	uint64_t reported; /* by events_lost, stage output */
	char last[LINE_MAX_BYTES + 1];
	char part[LINE_MAX_BYTES + 1]; /* of a line, at the end of what was read */
	size_t part_size;
};

static uint64_t number_after(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static void take_kind(struct account *account, const char *line, const char *name)
{
	for (enum kind kind = 0; kind < KINDS; kind++)
		if (strncmp(name, kind_names[kind], strlen(kind_names[kind])) == 0)
			account->written[kind]++;
	if (strncmp(name, "katrace.probe_answered", strlen("katrace.probe_answered")) == 0)
		account->late += strstr(line, "\"late\":true") != NULL;
	if (strncmp(name, "katrace.events_lost", strlen("katrace.events_lost")) == 0 && strstr(line, "\"output\""))
		account->reported += number_after(line, "\"count\":");
}

/* line ends with a zero where its newline was */
static void take_line(struct account *account, const char *line, size_t n)
{
	static const char begin[] = "{\"timestamp\":", event[] = "\"event_name\":\"", sequence[] = "\"sequence\":";
	const char *name = strstr(line, event), *at = name ? strstr(name, sequence) : NULL;
	uint64_t number;

	expect(strncmp(line, begin, sizeof(begin) - 1) == 0 && at && n > 2 && strcmp(line + n - 2, "}}") == 0,
	       "not a whole line: %.200s", line);
	if (!at)
		return;
	number = strtoull(at + sizeof(sequence) - 1, NULL, 10);
	expect(number > account->last_sequence, "sequence %" PRIu64 " after %" PRIu64, number, account->last_sequence);
	account->missing += number - account->last_sequence - 1;
	account->last_sequence = number;
	account->lines++;
	account->bytes += n + 1;
	take_kind(account, line, name + sizeof(event) - 1);
	memcpy(account->last, line, n + 1);
}

static void take_bytes(struct account *account, char *bytes, size_t n)
{
	char *at = bytes, *end;
	size_t size;

	while (n > 0) {
		end = memchr(at, '\n', n);
		size = end ? (size_t)(end - at) : n;
		if (account->part_size + size > LINE_MAX_BYTES) {
			expect(false, "a line of more than %d bytes", LINE_MAX_BYTES);
			exit(1);
		}
		if (end && !account->part_size) {
			*end = '\0';
			take_line(account, at, size);
		} else {
			memcpy(account->part + account->part_size, at, size);
			account->part_size += size;
			account->part[account->part_size] = '\0';
			if (end) {
				take_line(account, account->part, account->part_size);
				account->part_size = 0;
			}
		}
		at += size + (end ? 1 : 0);
		n -= size + (end ? 1 : 0);
	}
}

/* What is there to read now; false at the end. */
static bool take_some(struct account *account, int fd)
{
	static char buf[1 << 20];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n > 0)
		take_bytes(account, buf, (size_t)n);
	return n > 0;
}

/* Each file ends with a whole line. */
static void take_file(struct account *account, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	must(fd >= 0, path);
	while (take_some(account, fd))
		;
	close(fd);
	expect(!account->part_size, "%s ends within a line", path);
	account->part_size = 0;
	unlink(path);
}

/* --- katrace --- */

struct tool {
	pid_t pid;
	int out; /* its stdout, or -1 */
	FILE *err;
	char said[16384];
};

static struct tool tool_start(const char *file)
{
	const char *argv[] = { "katrace", "-j", "-v", "--stats", "5", file ? "-o" : NULL, file, NULL };
	struct tool tool = { .out = -1, .err = tmpfile() };
	int out[2];

	must(tool.err && pipe2(out, O_CLOEXEC) == 0, "pipe");
	tool.pid = fork();
	must(tool.pid >= 0, "fork");
	if (!tool.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(out[1], STDOUT_FILENO);
		dup2(fileno(tool.err), STDERR_FILENO);
		execv(tool_path, (char *const *)argv);
		_exit(127);
	}
	close(out[1]);
	tool.out = out[0];
	return tool;
}

static bool said(struct tool *tool, const char *text)
{
	ssize_t n = pread(fileno(tool->err), tool->said, sizeof(tool->said) - 1, 0);

	tool->said[n > 0 ? n : 0] = '\0';
	return strstr(tool->said, text);
}

static void wait_said(struct tool *tool, const char *text)
{
	for (int i = 0; i < 3000; i++) {
		if (said(tool, text))
			return;
		sleep_ms(10);
	}
	printf("%s", tool->said);
	must(false, text);
}

static uint64_t rss_kib(pid_t pid)
{
	char path[64], line[256];
	uint64_t kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, "VmRSS:", 6) == 0)
			kib = strtoull(line + 6, NULL, 10);
	if (file)
		fclose(file);
	return kib;
}

/* Its end; and how much of a processor it took, in percent of the time it ran. */
static void tool_end(struct tool *tool, int64_t began_ms)
{
	struct rusage usage;
	double cpu_ms;
	int status;

	must(wait4(tool->pid, &status, 0, &usage) == tool->pid, "wait");
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "katrace ended with status %#x", status);
	cpu_ms = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
		 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
	printf("soak:   katrace took %.1f %% of a processor, at most %ld KiB of memory\n",
	       100 * cpu_ms / (double)(now_ms() - began_ms), usage.ru_maxrss);
	close(tool->out);
}

/* --- does it add up? --- */

/* "katrace: lost of NAME: 5 in the ring, 7 in the output" */
static void lost_of(struct tool *tool, const char *name, uint64_t *ring, uint64_t *output)
{
	char key[128];
	const char *at;

	*ring = *output = 0;
	snprintf(key, sizeof(key), "lost of %s: ", name);
	if (!said(tool, key))
		return;
	at = strstr(tool->said, key) + strlen(key);
	must(sscanf(at, "%" SCNu64 " in the ring, %" SCNu64, ring, output) == 2, "line about losses");
}

/*
 * Everything that was produced was written or is told as lost. An answer whose probe was lost makes no event, and one
 * only found later has no record: those two may differ by what was lost, and by what the kernel did not run the
 * programs for (docs/architecture.md, last fact).
 */
static void settle(struct tool *tool, const struct account *account, bool nothing_lost)
{
	const uint64_t lost_output = number_after(account->last, "\"lost_output\":");
	const uint64_t lost_ring = number_after(account->last, "\"lost_ring\":");
	uint64_t produced, ring, output;

	expect(strstr(account->last, "katrace.stats"), "the last line is no katrace.stats: %.200s", account->last);
	expect(account->missing == lost_output, "%" PRIu64 " lines are missing, lost_output says %" PRIu64,
	       account->missing, lost_output);
	expect(account->reported == lost_output, "events_lost told of %" PRIu64 ", lost_output of %" PRIu64,
	       account->reported, lost_output);
	printf("soak:   %" PRIu64 " lines, %" PRIu64 " MB; missing in sequence %" PRIu64 ", lost_output %" PRIu64
	       ", lost_ring %" PRIu64 ", lost_hook %" PRIu64 "\n",
	       account->lines, account->bytes / 1000000, account->missing, lost_output, lost_ring,
	       number_after(account->last, "\"lost_hook\":"));
	for (enum kind kind = 0; kind < KINDS; kind++) {
		produced = number_after(account->last, sum_names[kind]);
		lost_of(tool, kind_names[kind], &ring, &output);
		printf("soak:   %-22s  produced %10" PRIu64 " = written %10" PRIu64 " + lost in the ring %" PRIu64
		       " + in the output %" PRIu64,
		       kind_names[kind], produced, account->written[kind], ring, output);
		if (kind == ANSWERED)
			printf(" - late %" PRIu64 " + without a probe %" PRId64, account->late,
			       (int64_t)(produced + account->late - account->written[kind] - ring - output));
		else
			expect(produced == account->written[kind] + ring + output, "that does not add up");
		printf("\n");
	}
	expect(!nothing_lost || lost_output + lost_ring == 0, "events were lost");
}

/* --- the parts --- */

struct stage {
	const struct net *net;
	const struct worker *workers;
	char dir[64], file[96];
};

static uint64_t attempts_begin(const struct stage *stage)
{
	return net_keepalives(stage->net, HOST_A);
}

/* What the kernel counts itself; a kernel that hides firings from programs counts more. */
static void attempts_end(const struct stage *stage, uint64_t before, const struct account *account)
{
	const uint64_t kernel = net_keepalives(stage->net, HOST_A) - before;
	const uint64_t seen =
		number_after(account->last, sum_names[SENT]) + number_after(account->last, sum_names[DROPPED]);
	const int dead = order_workers(stage->workers, '?');

	printf("soak:   attempts: %" PRIu64 " seen, %" PRIu64
	       " by TcpExt:TCPKeepAlive, which also counts what came before "
	       "the start and after the end; dead connections: %d\n",
	       seen, kernel, dead);
	expect(seen <= kernel, "more attempts than the kernel made");
	expect(dead == 0, "%d connections died", dead);
}

static void rotate(const struct stage *stage, const struct tool *tool, const char *old)
{
	must(rename(stage->file, old) == 0, stage->file);
	kill(tool->pid, SIGHUP);
	for (int i = 0; i < 1000 && access(stage->file, F_OK); i++)
		sleep_ms(10);
	must(access(stage->file, F_OK) == 0, "a new file after SIGHUP");
}

/* Flat: from then on it grows by no more than a hundredth, in which a page more or less does not count. */
static void check_memory(int second, int settled, uint64_t kib, uint64_t *first, uint64_t *most)
{
	if (second < settled)
		return;
	if (!*first)
		*first = kib;
	if (kib > *most)
		*most = kib;
}

static void long_run(const struct stage *stage, int seconds)
{
	static struct account account;
	const int settled = seconds > 120 ? 60 : seconds / 2;
	char old[2][128];
	uint64_t before = attempts_begin(stage), first = 0, most = 0;
	const int64_t began = now_ms();
	struct tool tool = tool_start(stage->file);

	printf("soak: %d connections, %d s, a new file every second\n", CONNECTIONS, seconds);
	wait_said(&tool, "katrace: tracing");
	for (int i = 0; i < seconds; i++) {
		const int64_t next = began + 1000LL * (i + 1);

		snprintf(old[i % 2], sizeof(old[0]), "%s.%d", stage->file, i % 2);
		rotate(stage, &tool, old[i % 2]);
		if (i > 0) /* the one before: katrace is done with it since it has written to the one after */
			take_file(&account, old[(i + 1) % 2]);
		check_memory(i, settled, rss_kib(tool.pid), &first, &most);
		if (next > now_ms())
			sleep_ms(next - now_ms());
	}
	kill(tool.pid, SIGTERM);
	tool_end(&tool, began);
	take_file(&account, old[(seconds + 1) % 2]);
	take_file(&account, stage->file);
	printf("soak:   memory in use after %d s: %" PRIu64 " KiB, at most %" PRIu64 " KiB later\n", settled, first,
	       most);
	expect(most <= first + first / 100, "memory grew from %" PRIu64 " to %" PRIu64 " KiB", first, most);
	attempts_end(stage, before, &account);
	settle(&tool, &account, true);
}

static void stopped_reader(const struct stage *stage, int seconds)
{
	static struct account account;
	uint64_t before = attempts_begin(stage);
	const int64_t began = now_ms();
	struct tool tool = tool_start(NULL);
	int64_t until;

	printf("soak: a reader that stops for %d s\n", seconds);
	wait_said(&tool, "katrace: tracing");
	until = now_ms() + 3000;
	while (now_ms() < until && take_some(&account, tool.out))
		;
	sleep_ms(1000L * seconds);
	until = now_ms() + 3000;
	while (now_ms() < until && take_some(&account, tool.out))
		;
	kill(tool.pid, SIGTERM);
	while (take_some(&account, tool.out))
		;
	tool_end(&tool, began);
	expect(account.missing > 0, "nothing was lost: the reader did not stop for long enough");
	attempts_end(stage, before, &account);
	settle(&tool, &account, false);
}

static void full_disk(const struct stage *stage, int seconds)
{
	static struct account account;
	uint64_t before = attempts_begin(stage);
	const int64_t began = now_ms();
	char old[128];
	struct tool tool;

	printf("soak: a disk that is full for %d s\n", seconds);
	must(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		     mount("none", stage->dir, "tmpfs", 0, "size=32m") == 0,
	     "a small tmpfs");
	tool = tool_start(stage->file);
	wait_said(&tool, "katrace: no space left");
	sleep_ms(1000L * seconds);
	snprintf(old, sizeof(old), "%s.old", stage->file);
	rotate(stage, &tool, old);
	sleep_ms(100);
	take_file(&account, old); /* deleted: there is space again */
	must(mount("none", stage->dir, NULL, MS_REMOUNT, "size=4g") == 0, "more space");
	sleep_ms(4000);
	kill(tool.pid, SIGTERM);
	tool_end(&tool, began);
	take_file(&account, stage->file);
	umount(stage->dir);
	expect(account.missing > 0, "nothing was lost: the disk was not full for long enough");
	attempts_end(stage, before, &account);
	settle(&tool, &account, false);
}

static void stopped_katrace(const struct stage *stage, int seconds)
{
	static struct account account;
	uint64_t before = attempts_begin(stage);
	const int64_t began = now_ms();
	struct tool tool = tool_start(stage->file);

	printf("soak: katrace stopped for %d s\n", seconds);
	wait_said(&tool, "katrace: tracing");
	sleep_ms(2000);
	kill(tool.pid, SIGSTOP);
	sleep_ms(1000L * seconds);
	kill(tool.pid, SIGCONT);
	sleep_ms(4000);
	kill(tool.pid, SIGTERM);
	tool_end(&tool, began);
	take_file(&account, stage->file);
	expect(number_after(account.last, "\"lost_ring\":") > 0,
	       "nothing was lost: katrace did not stop for long enough");
	attempts_end(stage, before, &account);
	settle(&tool, &account, false);
}

/* The same without katrace: how many attempts a second, and how many connections die of it. */
static void baseline(const struct stage *stage)
{
	const uint64_t before = attempts_begin(stage);
	const int64_t began = now_ms();
	int dead;

	sleep_ms(5000);
	dead = order_workers(stage->workers, '?');
	printf("soak: without katrace: %.0f attempts a second, dead connections: %d\n",
	       1e3 * (double)(net_keepalives(stage->net, HOST_A) - before) / (double)(now_ms() - began), dead);
	expect(dead == 0, "%d connections died without katrace", dead);
}

/* --- around it --- */

static char old_backlog[32];

static void write_backlog(const char *value)
{
	FILE *file = fopen(BACKLOG, "we");

	if (file) {
		fputs(value, file);
		fclose(file);
	}
}

static void restore_backlog(void)
{
	write_backlog(old_backlog);
}

static void on_signal(int signal)
{
	(void)signal;
	exit(1);
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

int main(int argc, char **argv)
{
	const char *text = getenv("SOAK_S");
	const int seconds = text && *text ? atoi(text) : 600;
	const struct rlimit files = { 20000, 20000 };
	struct worker workers[WORKERS];
	struct stage stage = { .dir = "/tmp/katrace-soak-XXXXXX", .workers = workers };

	must(argc == 2 && seconds >= 10, "soak KATRACE, with SOAK_S=10 or more");
	tool_path = argv[1];
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_NOFILE, &files);
	must(mkdtemp(stage.dir) != NULL, stage.dir);
	snprintf(stage.file, sizeof(stage.file), "%s/events", stage.dir);
	stage.net = net_new();
	start_workers(stage.net, workers);
	raise_backlog(); /* after the fork: a worker that ends must not restore it */
	order_workers(workers, 'g');
	baseline(&stage);
	long_run(&stage, seconds);
	stopped_reader(&stage, 30);
	stopped_katrace(&stage, 10);
	full_disk(&stage, 10);
	stop_workers(workers);
	rmdir(stage.dir);
	printf("soak: %s\n", failed ? "FAILED" : "passed");
	return failed;
}
