// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Events as JSON in files, for unattended runs: recordings, rotation, full disks, and users. */
#include "live.h"

#include "lines.h"
#include "mounts.h"
#include "must.h"
#include "scene.h"
#include "until.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct keepalive quick = { 1, 1, 9, 0 };

/* A file of the test's own. */
static void name_file(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", live_directory(), name);
}

/* Text for people and lines to be replayed from one run: both whole, and they tell the same. */
LIVE_TEST(json_recorded_beside_text, .once = true)
{
	static const struct keepalive three = { 1, 1, 3, 0 };
	struct net *net = net_new();
	const struct tcp older = tcp_connect(net, TCP_IPV4);
	char path[64], port[16];
	const char *const args[] = { "--port", port, "--record", path, NULL };
	const char *const replay[] = { "replay", path, NULL };
	struct tool *again;
	struct scene scene;
	char *lines;

	name_file(path, sizeof(path), "incident.json");
	snprintf(port, sizeof(port), "%u", older.client_port);
	scene = scene_trace(net, args);
	scene.tcp = older;
	tcp_keepalive(scene.tcp.client, &three);
	assert_true(scene_wait_said(&scene, 1, "answered in", 10));
	net_cable(net, HOST_B, false);
	assert_true(scene_wait_said(&scene, 1, "ended: ", 10));
	tool_signal(scene.tool, SIGHUP); /* is for the recording */
	assert_int_equal(tool_stop(scene.tool), 0);
	lines = read_file(path);
	tool_keep_lines(lines);
	assert_whole_run(lines);
	assert_int_equal(number_after(last_line(lines), "\"lost_output\":"), 0);
	again = tool_start(replay);
	assert_int_equal(tool_wait(again, 30), 0);
	assert_non_null(strstr(tool_stdout(scene.tool), "The peer answered none of 3 probes"));
	assert_string_equal(tool_stdout(again), tool_stdout(scene.tool));
	tool_free(again);
	free(lines);
	scene_end(&scene);
}

static int count_lines(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

/* The reader of the text exits while events wait: they are still recorded. */
LIVE_TEST(json_recorded_to_the_end, .once = true)
{
	enum { N = 100 };
	char path[64];
	const char *const args[] = { "--record", path, NULL };
	int clients[N], servers[N];
	struct net *net = net_new();
	struct scene scene;
	uint64_t probes;
	char *lines;

	name_file(path, sizeof(path), "incident.json");
	tcp_connect_many(net, clients, servers, N);
	scene = scene_trace(net, args);
	tcp_probe_all(net, clients, N, &quick, N);
	tool_signal(scene.tool, SIGSTOP);
	tcp_probe_all(net, clients, 0, &quick, 5 * N);
	probes = net_keepalives(net, HOST_A);
	tool_stop_reading(scene.tool, true);
	tool_signal(scene.tool, SIGCONT);
	tool_wait(scene.tool, 30);
	lines = read_file(path);
	tool_keep_lines(lines);
	assert_whole_run(lines);
	assert_true((uint64_t)count_lines(lines, event_key("probe_sent")) >= probes);
	free(lines);
	tcp_abort_many(clients, N);
	tcp_abort_many(servers, N);
	scene_end(&scene);
}

/* --- rotation --- */

enum { BUSY = 200, ROTATIONS = 20 };

/* Away with the file, and a new one in its place. */
static void rotate(struct tool *tool, const char *path, const char *old)
{
	must(rename(path, old) == 0, path);
	tool_signal(tool, SIGHUP);
	WAIT_UNTIL(access(path, F_OK) == 0);
}

static void name_rotated(char *old, size_t size, const char *path, int i)
{
	snprintf(old, size, "%s.%02d", path, i);
}

/* What the files hold together. The caller frees it. */
static char *read_rotated(const char *path, int n)
{
	char *all = calloc(1, 1), *text;
	size_t used = 0;
	char old[96];

	for (int i = 0; i < n; i++) {
		name_rotated(old, sizeof(old), path, i);
		text = read_file(old);
		all = realloc(all, used + strlen(text) + 1);
		must(all, "memory");
		memcpy(all + used, text, strlen(text) + 1);
		used += strlen(text);
		free(text);
	}
	return all;
}

/* Ten at a time, so that there are events at any time. */
static void probe_spread(const struct net *net, const int *clients, int n)
{
	const struct timespec pause = { .tv_nsec = 50000000 };

	for (int i = 0; i < n; i += 10) {
		tcp_probe_all(net, clients + i, 10, &quick, 0);
		nanosleep(&pause, NULL);
	}
}

/* Rotates repeatedly while events arrive, like logrotate; the last time the file cannot be opened. */
LIVE_TEST(json_rotation, .once = true)
{
	char path[64], old[96];
	const char *const args[] = { "-j", "-o", path, NULL };
	int clients[BUSY], servers[BUSY];
	struct net *net = net_new();
	struct scene scene;
	struct stat info;
	char *all;

	name_file(path, sizeof(path), "events");
	tcp_connect_many(net, clients, servers, BUSY);
	scene = scene_trace(net, args);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0640);
	probe_spread(net, clients, BUSY);
	for (int i = 0; i < ROTATIONS; i++) {
		name_rotated(old, sizeof(old), path, i);
		rotate(scene.tool, path, old);
		tcp_probe_all(net, clients, 0, &quick, 1);
	}
	name_rotated(old, sizeof(old), path, ROTATIONS);
	must(rename(path, old) == 0 && mkdir(path, 0700) == 0, path);
	tool_signal(scene.tool, SIGHUP);
	assert_true(tool_wait_said(scene.tool, "katrace: cannot reopen", 10));
	tcp_probe_all(net, clients, 0, &quick, BUSY);
	tool_signal(scene.tool, SIGTERM);
	assert_int_equal(tool_wait(scene.tool, 30), 0);
	assert_string_equal(tool_stdout(scene.tool), "");
	all = read_rotated(path, ROTATIONS + 1);
	assert_whole_run(all);
	assert_non_null(strstr(last_line(all), "\"lost_output\":0,"));
	tool_keep_lines(all);
	free(all);
	tcp_abort_many(clients, BUSY);
	tcp_abort_many(servers, BUSY);
	scene_end(&scene);
}

/* --- in mounts of its own --- */

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
	char path[64], filler[64];
	const char *const args[] = { "-j", "-o", path, NULL };
	int clients[N], servers[N];
	struct net *net = net_new();
	struct mounts before;
	struct scene scene;
	char *text;

	name_file(path, sizeof(path), "events");
	name_file(filler, sizeof(filler), "filler");
	tcp_connect_many(net, clients, servers, N);
	before = mounts_enter();
	must(mount("none", live_directory(), "tmpfs", 0, "size=128k") == 0, "mount");
	fill(filler, 96UL * 1024);
	scene = scene_trace(net, args);
	tcp_probe_all(net, clients, N, &quick, N);
	assert_true(tool_wait_said(scene.tool, "katrace: no space left for ", 20));
	text = read_file(path);
	assert_whole_lines(text);
	free(text);
	tcp_probe_all(net, clients, 0, &quick, N);
	unlink(filler);
	tcp_probe_all(net, clients, 0, &quick, 1);
	for (int i = 0; i < N; i++)
		tcp_keepalive_off(clients[i]);
	must(mount("none", live_directory(), NULL, MS_REMOUNT, "size=4m") == 0, "more space");
	tool_signal(scene.tool, SIGTERM);
	assert_int_equal(tool_wait(scene.tool, 30), 0);
	text = read_file(path);
	assert_whole_run(text);
	tool_keep_lines(text);
	free(text);
	mounts_leave(&before);
	tcp_abort_many(clients, N);
	tcp_abort_many(servers, N);
	scene_end(&scene);
}

/*
 * As with sudo in the directory of a user: root without capabilities may not write there, so the file is opened before.
 * It cannot be reopened then.
 */
LIVE_TEST(json_in_a_users_directory, .once = true)
{
	char path[64], old[96];
	const char *const args[] = { "-j", "-o", path, NULL };
	struct scene scene;

	name_file(path, sizeof(path), "events");
	name_rotated(old, sizeof(old), path, 0);
	must(chown(live_directory(), 12345, 12346) == 0 && chmod(live_directory(), 0700) == 0, live_directory());
	scene = scene_trace(net_new(), args);
	must(rename(path, old) == 0, path);
	tool_signal(scene.tool, SIGHUP);
	assert_true(tool_wait_said(scene.tool,
				   "Permission denied; still writing to the old file; start katrace with --user", 10));
	tool_signal(scene.tool, SIGTERM);
	assert_int_equal(tool_wait(scene.tool, 30), 0);
	assert_int_equal(access(path, F_OK), -1);
	scene_end(&scene);
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

/* A user of its own, in groups of its own. In mounts of its own. */
static void add_user(void)
{
	mkdir("/etc", 0755); /* there is none in a virtual machine */
	must(mount("none", "/etc", "tmpfs", 0, NULL) == 0, "mount");
	write_text("/etc/passwd", "root:x:0:0::/:/bin/sh\nkatrace-test:x:12345:12346::/:/bin/false\n");
	write_text("/etc/group", "root:x:0:\nmine:x:12346:\nothers:x:12348:root\nlogs:x:12347:root,katrace-test\n");
}

/* As a user of its own with two capabilities; it still finds the owner of a connection made later. */
LIVE_TEST(json_user, .once = true)
{
	char path[64];
	const char *const args[] = { "-j", "--user", "katrace-test", "-o", path, NULL };
	struct net *net = net_new();
	struct mounts before;
	struct scene scene;
	struct stat info;
	char *text;

	assert_int_equal(chown(live_directory(), 12345, 0), 0);
	name_file(path, sizeof(path), "events");
	before = mounts_enter();
	add_user();
	scene = scene_trace(net, args);
	assert_privileges(tool_pid(scene.tool));
	scene.tcp = tcp_connect(net, TCP_IPV4);
	tcp_probe_all(net, &scene.tcp.client, 1, &quick, 2);
	tool_signal(scene.tool, SIGTERM);
	assert_int_equal(tool_wait(scene.tool, 30), 0);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_uid, 12345);
	assert_int_equal(info.st_gid, 12346);
	text = read_file(path);
	assert_whole_run(text);
	assert_non_null(strstr(text, port_key(&scene.tcp)));
	assert_non_null(strstr(text, pid_key()));
	tool_keep_lines(text);
	free(text);
	mounts_leave(&before);
	scene_end(&scene);
}
