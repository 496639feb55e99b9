// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace as a command: bad input, privileges, beginning and ending. */
#include "live.h"

#include "mode.h"
#include "must.h"
#include "net.h"
#include "tcp.h"
#include "tool.h"
#include "until.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct keepalive quick = { 1, 1, 3, 0 };

static int count_newlines(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* Ends with this status and one line on stderr that contains why; nothing on stdout. */
static void assert_refused(enum tool_rights rights, const char *const *args, int status, const char *why)
{
	struct tool *tool = tool_start_with(rights, args);
	const int got = tool_wait(tool, 30);

	if (got != status || count_newlines(tool_stderr(tool)) != 1 || !strstr(tool_stderr(tool), why))
		print_error("%s %s: status %d, stderr: %s\n", args[0], args[0] ? args[1] : "", got, tool_stderr(tool));
	assert_int_equal(got, status);
	assert_int_equal(count_newlines(tool_stderr(tool)), 1);
	assert_non_null(strstr(tool_stderr(tool), why));
	assert_string_equal(tool_stdout(tool), "");
	tool_free(tool);
}

LIVE_TEST(cli_bad_input, .any_user = true)
{
	static const struct {
		const char *const args[4];
		const char *why;
	} cases[] = {
		{ { "--no-such-option" }, "--no-such-option" },
		{ { "-z" }, "'-z'" },
		{ { "-p", "0" }, "'0'" },
		{ { "-p", "-1" }, "'-1'" },
		{ { "-p", "abc" }, "'abc'" },
		{ { "-p", "99999999999" }, "'99999999999'" },
		{ { "-p", "4194304" }, "no process 4194304" },
		{ { "-p", "1," }, "''" },
		{ { "-p", "" }, "''" },
		{ { "-p", "1 " }, "'1 '" },
		{ { "-p", "+1" }, "'+1'" },
		{ { "-p" }, "requires an argument" },
		{ { "-d", "0x" }, "'0x'" },
		{ { "-d", "0" }, "'0'" },
		{ { "-d", "10x" }, "'10x'" },
		{ { "-d", "99999999999999999999" }, "'99999999999999999999'" },
		{ { "-n", "1.5" }, "'1.5'" },
		{ { "-n", "" }, "''" },
		{ { "--mode", "magic" }, "'magic'" },
		{ { "--stats", "0" }, "'0'" },
		{ { "-o", "" }, "''" },
		{ { "--user", "no-such-user" }, "'no-such-user'" },
		{ { "--btf", "/no/such/file" }, "/no/such/file" },
		{ { "--buffer", "5" }, "'5'" },
		{ { "--peer", "10.0.0.0/33" }, "'10.0.0.0/33'" },
		{ { "--local", "localhost" }, "'localhost'" },
		{ { "--local", "" }, "''" },
		{ { "--port", "0" }, "'0'" },
		{ { "--port", "22,70000" }, "'70000'" },
		{ { "--netns", "/no/such/netns" }, "there is no '/no/such/netns'" },
		{ { "--netns", "4194304" }, "there is no '4194304'" },
		{ { "-c", "" }, "''" },
		{ { "--cgroup", "system.slice" }, "'system.slice'" },
		{ { "--cgroup", "/no/such/cgroup" }, "there is no '/no/such/cgroup'" },
		{ { "--container", "nginx" }, "'nginx'" },
		{ { "--children" }, "--children requires --pid" },
		{ { "--middlebox-timeout", "0" }, "'0'" },
		{ { "--cuont=5" }, "did you mean '--count'?); see katrace trace --help" },
		{ { "--watch" }, "--watch is an option of katrace list" },
		{ { "list", "--summary", "--listening" }, "not with --listening" },
		{ { "--port", "90-80" }, "'90-80'" },
		{ { "junk" }, "'junk'" },
		{ { "help", "lsit" }, "did you mean 'list'?); see katrace --help" },
		{ { "trace", "junk" }, "'junk'" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(RIGHTS_ALL, cases[i].args, 2, cases[i].why);
}

LIVE_TEST(cli_missing_privileges)
{
	const char *const args[] = { NULL, NULL };

	assert_refused(RIGHTS_NONE, args, 1, "CAP_BPF and CAP_PERFMON");
}

/* The two capabilities are enough for every event. */
LIVE_TEST(cli_two_capabilities)
{
	static const char *const events[] = { "keepalive: 1s idle", "probe 1/3", "answered in", "probe 3/3",
					      "ended: keepalive timeout, ETIMEDOUT" };
	const char *const args[] = { NULL };
	struct tool *tools[2];
	char port[16];
	struct net *net;
	struct tcp tcp;
	char pid[16];

	net = net_new();
	tcp = tcp_connect(net, TCP_IPV4); /* before the walk at katrace's start: every line names its owner */
	tools[0] = tool_start_with(RIGHTS_TWO, args);
	tools[1] = tool_start(args);
	assert_true(tool_wait_started(tools[0]) && tool_wait_started(tools[1]));
	snprintf(port, sizeof(port), ":%u  ", tcp.client_port);
	snprintf(pid, sizeof(pid), "  %d  ", getpid());
	tcp_keepalive(tcp.client, &quick);
	assert_true(tool_wait_lines(tools[0], 1, port, "answered in", 10));
	net_cable(net, HOST_B, false);
	assert_true(tool_wait_lines(tools[0], 1, port, "ended: ", 10));
	assert_true(tool_wait_lines(tools[1], 1, port, "ended: ", 10));
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		assert_true(tool_lines(tools[0], port, events[i]) > 0);
		assert_int_equal(tool_lines(tools[0], port, events[i]), tool_lines(tools[1], port, events[i]));
	}
	assert_int_equal(tool_lines(tools[0], port, pid), tool_lines(tools[0], port, ""));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(tool_stop(tools[i]), 0);
		tool_free(tools[i]);
	}
	tcp_close(&tcp);
	net_free(net);
}

/* In a mount namespace of its own, where the kernel's BTF is covered. */
static int run_without_btf(void)
{
	const char *const args[] = { NULL };
	struct tool *tool;
	int status;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/sys", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/sys/kernel/btf", "tmpfs", 0, NULL))
		return 100;
	tool = tool_start(args);
	status = tool_wait(tool, 30);
	if (!strstr(tool_stderr(tool), "no BTF") || !strstr(tool_stderr(tool), "--btf FILE"))
		return 101;
	return status;
}

LIVE_TEST(cli_no_btf)
{
	int status;
	pid_t pid;

	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(run_without_btf());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

/* Types are taken from the file: a copy of the kernel's own works, one cut short does not. */
LIVE_TEST(cli_btf_file)
{
	char path[64];
	const char *const args[] = { "--btf", path, "-d", "1", NULL };
	int from, to, status[2];
	bool explained = false;
	struct tool *tool;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/btf", live_directory());
	from = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(from >= 0 && to >= 0);
	while ((n = sendfile(to, from, NULL, 1 << 20)) > 0)
		;
	assert_int_equal(n, 0);
	for (int i = 0; i < 2; i++) {
		tool = tool_start(args);
		status[i] = tool_wait(tool, 60);
		explained = strstr(tool_stderr(tool), "is not a BTF file");
		tool_free(tool);
		assert_int_equal(ftruncate(to, 4096), 0);
	}
	close(from);
	close(to);
	assert_int_equal(status[0], 0);
	assert_int_equal(status[1], 1);
	assert_true(explained);
}

LIVE_TEST(cli_duration_and_count)
{
	const char *const one_second[] = { "-d", "1", NULL };
	const char *const four_events[] = { "--count=4", "-p", own_pid(), NULL };
	struct tool *tool;
	struct net *net;
	struct tcp tcp;

	net = net_new();
	tool = tool_start(one_second);
	assert_int_equal(tool_wait(tool, 10), 0);
	tool_free(tool);

	tool = tool_start(four_events);
	assert_true(tool_wait_started(tool));
	tcp = tcp_connect(net, TCP_IPV4);
	tcp_keepalive(tcp.client, &quick);
	assert_int_equal(tool_wait(tool, 20), 0);
	assert_int_equal(tool_lines(tool, local_port(tcp.client_port), ""), 4);
	assert_non_null(strstr(tool_stderr(tool), "katrace: 4 events of 1 connection;"));
	tool_free(tool);
	tcp_close(&tcp);
	net_free(net);
}

LIVE_TEST(cli_broken_pipe)
{
	const char *const args[] = { NULL };
	struct tool *tool;

	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	tool_stop_reading(tool, true);
	assert_int_equal(tool_wait(tool, 10), 0);
	assert_null(strstr(tool_stderr(tool), "annot"));
	tool_free(tool);
}

/* Started without stdout and stderr: its messages do not get into the file that it opens. */
LIVE_TEST(cli_without_streams)
{
	char path[128], line[4096];
	int status, lines = 0;
	FILE *file;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/events", live_directory());
	pid = fork();
	if (pid == 0) {
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		execl(tool_path, tool_path, "-j", "-d", "1", "--peer", "192.0.2.1", "-o", path, NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	file = fopen(path, "re");
	assert_non_null(file);
	for (; fgets(line, sizeof(line), file); lines++)
		assert_int_equal(line[0], '{');
	assert_int_equal(lines, 2);
	fclose(file);
}

/* Whether a SIGINT would end it at once: while it traces, it blocks the signal and reads of it. */
static bool heeds_interrupt(pid_t pid)
{
	unsigned long long blocked = ~0ULL;
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	must(file, path);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "SigBlk: %llx", &blocked) == 1)
			break;
	fclose(file);
	return !(blocked & 1ULL << (SIGINT - 1));
}

/* A full pipe without a reader: the first SIGINT cannot finish, the next one ends katrace. */
LIVE_TEST(cli_second_interrupt)
{
	enum { N = 500 };
	const char *const args[] = { NULL };
	int clients[N], servers[N];
	struct net *net;
	struct tool *tool;

	net = net_new();
	tcp_connect_many(net, clients, servers, N);
	tool = tool_start(args);
	assert_true(tool_wait_started(tool));
	tool_stop_reading(tool, false);
	tcp_probe_all(net, clients, N, &quick, 2 * N);
	assert_false(heeds_interrupt(tool_pid(tool)));
	tool_signal(tool, SIGINT);
	WAIT_UNTIL(!tool_runs(tool) || heeds_interrupt(tool_pid(tool)));
	assert_true(tool_runs(tool));
	tool_signal(tool, SIGINT);
	WAIT_UNTIL(!tool_runs(tool));
	assert_int_equal(tool_wait(tool, 1), 128 + SIGINT);
	tcp_abort_many(clients, N);
	tcp_abort_many(servers, N);
	tool_free(tool);
	net_free(net);
}

/* The mode chosen is the best of those that this kernel offers. */
LIVE_TEST(cli_verbose)
{
	const char *const args[] = { "-v", "-d", "1", NULL };
	const char *forced = getenv("KATRACE_MODE");
	char mode[64];
	struct tool *tool;

	tool = tool_start(args);
	assert_int_equal(tool_wait(tool, 10), 0);
	snprintf(mode, sizeof(mode), "%s mode, ", forced ? forced : mode_expected());
	assert_non_null(strstr(tool_stderr(tool), mode));
	assert_non_null(strstr(tool_stderr(tool), "tp_btf/inet_sock_set_state: attached"));
	tool_free(tool);
}
