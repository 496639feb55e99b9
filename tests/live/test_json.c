// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Events as JSON for unattended runs: files, rotation, slow readers, full disks, and users. */
#include "live.h"

#include "must.h"
#include "net.h"
#include "tcp.h"
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct keepalive quick = { 1, 1, 9, 0 };

/* --- lines --- */

static const char *last_line(const char *text)
{
	const char *at = text + strlen(text);

	if (at > text)
		at--; /* its newline */
	while (at > text && at[-1] != '\n')
		at--;
	return at;
}

static unsigned long long number_after(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	assert_non_null(at);
	return strtoull(at + strlen(key), NULL, 10);
}

/* What a stretch of a run's lines adds up to. */
struct sums {
	uint64_t lines, missing; /* missing: from the gaps in sequence */
	uint64_t reported;       /* lost in the output, as events_lost has it */
};

/* Each line is whole and comes after the one before. */
static void add_lines(struct sums *sums, const char *text)
{
	uint64_t sequence;
	const char *end;
	char line[4096];

	for (; *text; text = end + 1) {
		end = strchr(text, '\n');
		assert_non_null(end);
		assert_true((size_t)(end - text) < sizeof(line));
		snprintf(line, sizeof(line), "%.*s", (int)(end - text), text);
		assert_ptr_equal(strstr(line, "{\"timestamp\":"), line);
		assert_string_equal(line + strlen(line) - 2, "}}");
		sequence = number_after(line, "\"sequence\":");
		assert_true(sequence > sums->lines + sums->missing);
		sums->missing = sequence - ++sums->lines;
		if (strstr(line, "\"stage\":\"output\""))
			sums->reported += number_after(line, "\"count\":");
	}
}

/* From started to stats, no line is missing except those reported as lost. */
static void assert_whole_run(const char *text)
{
	struct sums sums = { 0 };

	add_lines(&sums, text);
	assert_non_null(strstr(text, "\"event_name\":\"katrace.started\""));
	assert_true(strstr(text, "\"event_name\":\"katrace.started\"") < strchr(text, '\n'));
	assert_non_null(strstr(last_line(text), "\"event_name\":\"katrace.stats\""));
	assert_int_equal(number_after(last_line(text), "\"lost_output\":"), sums.missing);
	assert_int_equal(sums.reported, sums.missing);
}

static char *read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat info;
	char *text;

	must(fd >= 0 && fstat(fd, &info) == 0, path);
	text = calloc(1, (size_t)info.st_size + 1);
	must(text && read(fd, text, (size_t)info.st_size) == info.st_size, path);
	close(fd);
	return text;
}

static const char *name(const char *event)
{
	static char text[64];

	snprintf(text, sizeof(text), "\"event_name\":\"katrace.%s\"", event);
	return text;
}

static void wait_a_little(void)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	nanosleep(&pause, NULL);
}

/* Others use the same pipe: its mode must not change. */
static void assert_stdout_blocks(pid_t pid)
{
	char path[64], line[64];
	unsigned long flags = O_NONBLOCK;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/1", pid);
	file = fopen(path, "re");
	must(file, path);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, "flags:", strlen("flags:")) == 0)
			flags = strtoul(line + strlen("flags:"), NULL, 8);
	fclose(file);
	assert_int_equal(flags & O_NONBLOCK, 0);
}

/* --- tests --- */

/* A life as a pipeline sees it; SIGTERM ends it as Ctrl-C does. */
LIVE_TEST(json_life, .once = true)
{
	static const struct keepalive three = { 1, 1, 3, 0 };
	const char *const args[] = { "-j", "--stats", "1", NULL };
	char port[32], pid[32];
	struct tool *tool;
	struct net *net;
	struct tcp tcp;

	net = net_new();
	tcp = tcp_connect(net, TCP_IPV4); /* before the first walk: its owner is known, however slow this host is */
	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	snprintf(port, sizeof(port), "\"port\":%u}", tcp.client_port);
	snprintf(pid, sizeof(pid), "\"pid\":%d,", getpid());
	tcp_keepalive(tcp.client, &three);
	assert_true(tool_wait_lines(tool, 2, port, name("probe_answered"), 10));
	assert_stdout_blocks(tool_pid(tool));
	net_cable(net, HOST_B, false);
	assert_true(tool_wait_lines(tool, 1, port, name("ended"), 10));
	tool_signal(tool, SIGTERM);
	assert_int_equal(tool_wait(tool, 30), 0);
	assert_whole_run(tool_stdout(tool));
	assert_true(tool_lines(tool, name("stats"), "") > 2);
	assert_int_equal(tool_lines(tool, port, name("configured")), 1);
	assert_int_equal(tool_lines(tool, port, "\"probe\":{\"number\":2,\"limit\":3}"), 1);
	assert_int_equal(tool_lines(tool, port, "\"severity_text\":\"WARN\""), 3);
	assert_int_equal(tool_lines(tool, port, pid), tool_lines(tool, port, ""));
	assert_int_equal(tool_lines(tool, port, "\"from_sysctl\":[]"), tool_lines(tool, port, ""));
	assert_int_equal(
		tool_lines(tool, port,
			   "\"verdict\":\"keepalive_timeout\",\"errno\":\"ETIMEDOUT\",\"probes_unanswered\":3"),
		1);
	assert_int_equal(tool_lines(tool, port, "\"error\":{\"type\":\"keepalive_timeout\"}"), 1);
	assert_int_equal(tool_lines(tool, port, "\"partial\":true"), 1);
	assert_true(number_after(last_line(tool_stdout(tool)), "\"timeouts\":") >= 1); /* of the whole host */
	tool_free(tool);
	tcp_close(&tcp);
	net_free(net);
}

/* The number of a key in the first such line; -1 when there is none. */
static long number_in(const char *text, const char *event, const char *port, const char *key)
{
	char line[4096];
	const char *at;

	for (; *text; text += strcspn(text, "\n") + 1) {
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
		at = strstr(line, key);
		if (at && strstr(line, event) && strstr(line, port))
			return strtol(at + strlen(key), NULL, 10);
		if (!text[strcspn(text, "\n")])
			break;
	}
	return -1;
}

/* The peer probes: what it sends is out of window, so keepalive does not count it, but it was heard. */
LIVE_TEST(json_heard)
{
	static const struct keepalive late = { 4, 1, 3, 0 };
	const char *const args[] = { "-j", NULL };
	long silent_us, heard_us;
	struct tool *tool;
	struct net *net;
	char local[48];
	struct tcp tcp;

	net = net_new();
	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	tcp = tcp_connect(net, TCP_IPV4);
	snprintf(local, sizeof(local), "\"port\":%u},\"peer\"", tcp.client_port);
	tcp_keepalive(tcp.server, &quick);
	tcp_keepalive(tcp.client, &late);
	assert_true(tool_wait_lines(tool, 1, local, name("probe_sent"), 20));
	silent_us = number_in(tool_stdout(tool), name("probe_sent"), local, "\"silent_us\":");
	heard_us = number_in(tool_stdout(tool), name("probe_sent"), local, "\"heard_us\":");
	print_message("silent for %ld us, heard %ld us ago\n", silent_us, heard_us);
	assert_true(silent_us >= 3900000);
	assert_true(heard_us >= 0 && heard_us <= 2500000);
	assert_int_equal(tool_stop(tool), 0);
	tool_free(tool);
	tcp_close(&tcp);
	net_free(net);
}

/* Unlike the one above, a connection that is younger than katrace was seen from its begin. */
LIVE_TEST(json_partial, .once = true)
{
	const char *const args[] = { "-j", NULL };
	struct tool *tool;
	struct net *net;
	char port[32];
	struct tcp tcp;

	net = net_new();
	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	tcp = tcp_connect(net, TCP_IPV4);
	snprintf(port, sizeof(port), "\"port\":%u}", tcp.client_port);
	tcp_keepalive(tcp.client, &quick);
	assert_true(tool_wait_lines(tool, 1, port, name("probe_answered"), 10));
	close(tcp.server);
	close(tcp.client);
	assert_true(tool_wait_lines(tool, 1, port, name("ended"), 10));
	assert_int_equal(tool_lines(tool, port, "\"partial\":false"), 1);
	assert_int_equal(tool_stop(tool), 0);
	assert_whole_run(tool_stdout(tool));
	tool_free(tool);
	net_free(net);
}

/* Text for people and lines to be replayed from one run: both whole, and they tell the same. */
LIVE_TEST(json_recorded_beside_text, .once = true)
{
	static const struct keepalive three = { 1, 1, 3, 0 };
	char dir[] = "/tmp/katrace-test-XXXXXX", path[64], port[16];
	const char *const args[] = { "--port", port, "--record", path, NULL };
	const char *const replay[] = { "replay", path, NULL };
	struct tool *tool, *again;
	struct net *net;
	struct tcp tcp;
	char *lines;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/incident.json", dir);
	net = net_new();
	tcp = tcp_connect(net, TCP_IPV4);
	snprintf(port, sizeof(port), "%u", tcp.client_port);
	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	tcp_keepalive(tcp.client, &three);
	assert_true(tool_wait_lines(tool, 1, "answered in", "", 10));
	net_cable(net, HOST_B, false);
	assert_true(tool_wait_lines(tool, 1, "ended: ", "", 10));
	tool_signal(tool, SIGHUP); /* is for the recording */
	assert_int_equal(tool_stop(tool), 0);
	lines = read_file(path);
	tool_keep_lines(lines);
	assert_whole_run(lines);
	assert_int_equal(number_after(last_line(lines), "\"lost_output\":"), 0);
	again = tool_start(replay);
	assert_int_equal(tool_wait(again, 30), 0);
	assert_non_null(strstr(tool_stdout(tool), "The peer answered none of 3 probes"));
	assert_string_equal(tool_stdout(again), tool_stdout(tool));
	tool_free(again);
	tool_free(tool);
	free(lines);
	unlink(path);
	rmdir(dir);
	tcp_close(&tcp);
	net_free(net);
}

enum { BUSY = 200, ROTATIONS = 20 };

/* Away with the file, and a new one in its place. */
static void rotate(struct tool *tool, const char *path, const char *old)
{
	must(rename(path, old) == 0, path);
	tool_signal(tool, SIGHUP);
	for (int i = 0; i < 1000 && access(path, F_OK); i++)
		wait_a_little();
	assert_int_equal(access(path, F_OK), 0);
}

/* Rotates repeatedly while events arrive, like logrotate; the last time the file cannot be opened. */
LIVE_TEST(json_rotation, .once = true)
{
	char dir[] = "/tmp/katrace-test-XXXXXX", path[64], old[96];
	const char *const args[] = { "-j", "-o", path, NULL };
	int clients[BUSY], servers[BUSY];
	struct stat info;
	struct tool *tool;
	struct net *net;
	char *all = NULL, *text;
	size_t used = 0;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/events", dir);
	net = net_new();
	tcp_connect_many(net, clients, servers, BUSY);
	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0640);
	for (int i = 0; i < BUSY; i += 10) { /* spread, so that there are events at any time */
		tcp_probe_all(net, clients + i, 10, &quick, 0);
		for (int pause = 0; pause < 5; pause++)
			wait_a_little();
	}
	for (int i = 0; i < ROTATIONS; i++) {
		snprintf(old, sizeof(old), "%s.%02d", path, i);
		rotate(tool, path, old);
		tcp_probe_all(net, clients, 0, &quick, 1);
	}
	snprintf(old, sizeof(old), "%s.%02d", path, ROTATIONS);
	must(rename(path, old) == 0 && mkdir(path, 0700) == 0, path);
	tool_signal(tool, SIGHUP);
	assert_true(tool_wait_said(tool, "katrace: cannot reopen", 10));
	tcp_probe_all(net, clients, 0, &quick, BUSY);
	tool_signal(tool, SIGTERM);
	assert_int_equal(tool_wait(tool, 30), 0);
	assert_string_equal(tool_stdout(tool), "");
	for (int i = 0; i <= ROTATIONS; i++) {
		snprintf(old, sizeof(old), "%s.%02d", path, i);
		text = read_file(old);
		all = realloc(all, used + strlen(text) + 1);
		memcpy(all + used, text, strlen(text) + 1);
		used += strlen(text);
		free(text);
		unlink(old);
	}
	rmdir(path);
	rmdir(dir);
	assert_whole_run(all);
	assert_non_null(strstr(last_line(all), "\"lost_output\":0,"));
	tool_keep_lines(all);
	free(all);
	tool_free(tool);
	tcp_abort_many(clients, BUSY);
	tcp_abort_many(servers, BUSY);
	net_free(net);
}

/* A pipe that is not read for so long that events must be dropped: the reported number is correct. */
LIVE_TEST(json_reader_stops, .once = true, .exclusive = true)
{
	enum { N = 2000 };
	const char *const args[] = { "-j", NULL };
	static int clients[N], servers[N];
	struct tool *tool;
	struct net *net;

	net = net_new();
	tcp_connect_many(net, clients, servers, N);
	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	tool_stop_reading(tool, false);
	tcp_probe_all(net, clients, N, &quick, 5 * N);
	tool_read_on(tool);
	assert_true(tool_wait_lines(tool, 1, name("events_lost"), "\"stage\":\"output\"", 20));
	tool_signal(tool, SIGTERM);
	assert_int_equal(tool_wait(tool, 30), 0);
	assert_whole_run(tool_stdout(tool));
	assert_null(strstr(last_line(tool_stdout(tool)), "\"lost_output\":0,"));
	assert_non_null(strstr(last_line(tool_stdout(tool)), "\"lost_ring\":0,"));
	tool_free(tool);
	tcp_abort_many(clients, N);
	tcp_abort_many(servers, N);
	net_free(net);
}

/* --- in mounts of its own --- */

struct mounts {
	int ns, dir; /* where this process came from */
};

/* From now on this process and its children have mounts of their own. */
static struct mounts mounts_enter(void)
{
	struct mounts before = {
		.ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC),
		.dir = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC),
	};

	must(before.ns >= 0 && before.dir >= 0 && unshare(CLONE_NEWNS) == 0, "mounts of its own");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return before;
	must(errno == EINVAL, "mounts of its own");
	skip("the root directory is no mount point here, as in a plain chroot: mounts cannot be made private");
}

static void mounts_leave(const struct mounts *before)
{
	must(setns(before->ns, CLONE_NEWNS) == 0 && fchdir(before->dir) == 0, "back to the mounts before");
	close(before->ns);
	close(before->dir);
}

static void fill(const char *path, size_t n)
{
	char *zeros = calloc(1, n);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	must(zeros && fd >= 0 && write(fd, zeros, n) == (ssize_t)n, path);
	close(fd);
	free(zeros);
}

/* While there is no space events wait; the file holds whole lines; when there is space again nothing is missing. */
LIVE_TEST(json_full_disk, .once = true)
{
	enum { N = 100 };
	char dir[] = "/tmp/katrace-test-XXXXXX", path[64], filler[64];
	const char *const args[] = { "-j", "-o", path, NULL };
	int clients[N], servers[N];
	struct mounts before;
	struct tool *tool;
	struct net *net;
	char *text;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/events", dir);
	snprintf(filler, sizeof(filler), "%s/filler", dir);
	net = net_new();
	tcp_connect_many(net, clients, servers, N);
	before = mounts_enter();
	must(mount("none", dir, "tmpfs", 0, "size=128k") == 0, "mount");
	fill(filler, 96UL * 1024);
	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	tcp_probe_all(net, clients, N, &quick, N);
	assert_true(tool_wait_said(tool, "katrace: no space left for ", 20));
	text = read_file(path);
	add_lines(&(struct sums){ 0 }, text);
	free(text);
	tcp_probe_all(net, clients, 0, &quick, N);
	unlink(filler);
	tcp_probe_all(net, clients, 0, &quick, 1);
	for (int i = 0; i < N; i++)
		tcp_keepalive_off(clients[i]);
	mount("none", dir, NULL, MS_REMOUNT, "size=4m");
	tool_signal(tool, SIGTERM);
	assert_int_equal(tool_wait(tool, 30), 0);
	text = read_file(path);
	assert_whole_run(text);
	tool_keep_lines(text);
	free(text);
	tool_free(tool);
	mounts_leave(&before);
	rmdir(dir);
	tcp_abort_many(clients, N);
	tcp_abort_many(servers, N);
	net_free(net);
}

LIVE_TEST(json_broken_pipe, .once = true)
{
	const char *const args[] = { "-j", NULL };
	struct tool *tool;

	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	tool_stop_reading(tool, true);
	assert_int_equal(tool_wait(tool, 10), 0);
	assert_null(strstr(tool_stderr(tool), "annot"));
	tool_free(tool);
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	must(file && fputs(text, file) >= 0 && fclose(file) == 0, path);
}

/* Lines of /proc/PID/status, and of each thread of it. */
static void assert_privileges(pid_t pid)
{
	static const char *const expected[] = {
		"\nUid:\t12345\t12345\t12345\t12345\n",
		"\nGid:\t12346\t12346\t12346\t12346\n",
		"\nGroups:\t12346 12347 \n",
		"\nCapInh:\t0000000000000000\n",
		"\nCapPrm:\t000000c000000000\n",
		"\nCapEff:\t000000c000000000\n",
		"\nCapBnd:\t0000000000000000\n",
		"\nCapAmb:\t0000000000000000\n",
		"\nNoNewPrivs:\t1\n",
		"\nThreads:\t2\n",
	};
	char path[64], text[8192];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	must(file, path);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		if (!strstr(text, expected[i]))
			print_error("not there: %s%s", expected[i], text);
		assert_non_null(strstr(text, expected[i]));
	}
}

/* As a user of its own with two capabilities; it still finds the owner of a connection made later. */
LIVE_TEST(json_user, .once = true)
{
	char dir[] = "/tmp/katrace-test-XXXXXX", path[64], port[32], pid[32];
	const char *const args[] = { "-j", "--user", "katrace-test", "-o", path, NULL };
	struct mounts before;
	struct stat info;
	struct tool *tool;
	struct net *net;
	struct tcp tcp;
	char *text;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(chown(dir, 12345, 0), 0);
	snprintf(path, sizeof(path), "%s/events", dir);
	net = net_new();
	mkdir("/etc", 0755); /* there is none in a virtual machine */
	before = mounts_enter();
	must(mount("none", "/etc", "tmpfs", 0, NULL) == 0, "mount");
	write_text("/etc/passwd", "root:x:0:0::/:/bin/sh\nkatrace-test:x:12345:12346::/:/bin/false\n");
	write_text("/etc/group", "root:x:0:\nmine:x:12346:\nothers:x:12348:root\nlogs:x:12347:root,katrace-test\n");
	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	assert_privileges(tool_pid(tool));
	tcp = tcp_connect(net, TCP_IPV4);
	tcp_probe_all(net, &tcp.client, 1, &quick, 2);
	tool_signal(tool, SIGTERM);
	assert_int_equal(tool_wait(tool, 30), 0);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_uid, 12345);
	assert_int_equal(info.st_gid, 12346);
	text = read_file(path);
	assert_whole_run(text);
	snprintf(port, sizeof(port), "\"port\":%u}", tcp.client_port);
	snprintf(pid, sizeof(pid), "\"pid\":%d,", getpid());
	assert_non_null(strstr(text, port));
	assert_non_null(strstr(text, pid));
	tool_keep_lines(text);
	free(text);
	unlink(path);
	tool_free(tool);
	mounts_leave(&before);
	rmdir(dir);
	tcp_close(&tcp);
	net_free(net);
}

/* Seconds of a line's timestamp. */
static time_t time_of(const char *line)
{
	struct tm tm = { 0 };
	const char *at = strstr(line, "\"timestamp\":\"");

	assert_non_null(at);
	assert_non_null(strptime(at + strlen("\"timestamp\":\""), "%Y-%m-%dT%H:%M:%S", &tm));
	return timegm(&tm);
}

static void step_clock(time_t seconds)
{
	struct timespec now;

	must(clock_gettime(CLOCK_REALTIME, &now) == 0, "read the clock");
	now.tv_sec += seconds;
	must(clock_settime(CLOCK_REALTIME, &now) == 0, "set the clock");
}

/* The clock is set while katrace waits for events: the first after that has the new time. In a virtual machine only. */
LIVE_TEST(json_clock_step, .once = true, .exclusive = true)
{
	const char *const args[] = { "-j", NULL };
	const char *line;
	struct tool *tool;
	struct net *net;
	struct tcp tcp;
	time_t now;

	if (!getenv("KATRACE_STRICT"))
		skip("it would set the clock of this machine");
	net = net_new();
	tcp = tcp_connect(net, TCP_IPV4);
	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	sleep(1); /* it has fallen quiet, and has no reason to look at a clock */
	step_clock(3600);
	now = time(NULL);
	tcp_keepalive(tcp.client, &quick);
	assert_true(tool_wait_lines(tool, 1, name("configured"), "", 10));
	line = strstr(tool_stdout(tool), name("configured"));
	while (line > tool_stdout(tool) && line[-1] != '\n')
		line--;
	assert_in_range(time_of(line) - now, 0, 60);
	step_clock(-3600);
	assert_int_equal(tool_stop(tool), 0);
	tool_free(tool);
	tcp_close(&tcp);
	net_free(net);
}

LIVE_TEST(json_schema, .once = true, .any_user = true)
{
	const char *const args[] = { "schema", NULL };
	struct tool *tool = tool_start(args);

	assert_int_equal(tool_wait(tool, 10), 0);
	assert_non_null(strstr(tool_stdout(tool), "\"https://json-schema.org/draft/2020-12/schema\""));
	assert_string_equal(last_line(tool_stdout(tool)), "}\n");
	tool_free(tool);
}
