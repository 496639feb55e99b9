// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace list for people: --watch, on a terminal, its help, and its errors for bad input. */
#include "live.h"

#include "must.h"
#include "net.h"
#include "tcp.h"
#include "tool.h"

#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Not on a terminal: one block after the other, until a signal ends it. */
LIVE_TEST(list_watches, .once = true)
{
	const char *const args[] = { "list", "--watch=1", "--port", "1", NULL };
	struct tool *tool;

	tool = tool_start(args);
	assert_true(tool_wait_lines(tool, 2, "PID", "NOTE", 30));
	assert_true(tool_runs(tool));
	assert_int_equal(tool_stop(tool), 0);
	tool_free(tool);
}

static bool has_terminals(void)
{
	const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	const char *name = master >= 0 ? ptsname(master) : NULL;
	const bool has = name && access(name, R_OK | W_OK) == 0;

	if (master >= 0)
		close(master);
	return has;
}

/* A terminal of 80 columns and 10 lines, and katrace list --watch on it, until there are enough of its redraws. */
static size_t watch_terminal(char *text, size_t size)
{
	const struct winsize window = { .ws_row = 10, .ws_col = 80 };
	size_t used = 0;
	int master, status;
	ssize_t n;
	pid_t pid = forkpty(&master, NULL, NULL, &window);

	must(pid >= 0, "forkpty");
	if (!pid) {
		setenv("TERM", "xterm", 1);
		execl(tool_path, "katrace", "list", "--watch=1", NULL);
		_exit(127);
	}
	while (used < size - 1 && !strstr(text, "LOCAL  ")) {
		n = read(master, text + used, size - 1 - used);
		must(n > 0, "read terminal");
		used += (size_t)n;
		text[used] = '\0';
	}
	must(write(master, "\003", 1) == 1, "Ctrl-C");
	while (used < size - 1 && (n = read(master, text + used, size - 1 - used)) > 0)
		used += (size_t)n;
	text[used] = '\0';
	close(master);
	must(waitpid(pid, &status, 0) == pid, "wait");
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return used;
}

/* The output fits the terminal, and its screen and cursor are restored. */
LIVE_TEST(list_watches_on_a_terminal, .once = true)
{
	enum { N = 20 };
	static char text[65536];
	int clients[N], servers[N], lines = 0;
	struct net *net;
	char *at, *line, *save;

	if (!has_terminals())
		skip("there are no terminals here");
	net = net_new();
	tcp_connect_many(net, clients, servers, N);
	watch_terminal(text, sizeof(text));
	assert_non_null(strstr(text, "\033[?1049h"));
	assert_non_null(strstr(text, "\033[?1049l"));
	assert_non_null(strstr(text, "\033[?25h"));
	at = strstr(text, "\033[J");
	assert_non_null(at);
	at[strcspn(at + 1, "\033") + 1] = '\0'; /* the first drawing ends where a colour or the next one begins */
	for (line = strtok_r(at + 3, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save), lines++)
		assert_true(strlen(line) <= 80);
	assert_true(lines < 10);
	tcp_abort_many(clients, N);
	tcp_abort_many(servers, N);
	net_free(net);
}

/* On a screen of 80 columns and 24 lines, and no option forgotten. */
LIVE_TEST(list_help_fits, .once = true, .any_user = true)
{
	static const char *const options[] = {
		"-p",
		"--children",
		"-c",
		"--cgroup",
		"--container",
		"--netns",
		"--local",
		"--peer",
		"--port",
		"-4",
		"-6",
		"--failures",
		"--no-keepalive",
		"--silent-over",
		"--zombies",
		"--middlebox-timeout",
		"--due-within",
		"--listening",
		"--summary",
		"--sysctl",
		"--watch",
		"--json",
		"--csv",
		"--no-header",
		"--btf",
		"--verbose",
	};
	const char *const args[] = { "list", "--help", NULL };
	struct tool *tool = tool_start(args);
	const char *line, *end;

	assert_int_equal(tool_wait(tool, 30), 0);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		assert_non_null(strstr(tool_stdout(tool), options[i]));
	for (line = tool_stdout(tool); (end = strchr(line, '\n')); line = end + 1)
		assert_true(end - line < 80);
	tool_free(tool);
}

LIVE_TEST(list_bad_input, .once = true, .any_user = true)
{
	static const char *const cases[][4] = {
		{ "list", "--silent-over", "10x" },
		{ "list", "--silent-over", "" },
		{ "list", "--silent-over", "-1" },
		{ "list", "--due-within", "1.5h" },
		{ "list", "--due-within", "m" },
		{ "list", "--zombies=1h,", NULL },
		{ "list", "--zombies=,1h", NULL },
		{ "list", "--middlebox-timeout", "0" },
		{ "list", "--watch=0", NULL },
		{ "list", "--watch=x", NULL },
		{ "list", "--json", "--csv" },
		{ "list", "--summary", "--sysctl" },
		{ "list", "--summary", "--csv" },
		{ "list", "--btf", "/no/such/file" },
		{ "list", "extra", NULL },
		{ "list", "--no-such-option", NULL },
		{ "list", "--peer", "10.0.0.0/33" },
		{ "list", "--silent-over", "99999999999999999999d" },
		{ "list", "--silent-over", "5124095576030431h" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tool *tool = tool_start(cases[i]);

		assert_int_equal(tool_wait(tool, 30), 2);
		assert_string_equal(tool_stdout(tool), "");
		assert_ptr_equal(strstr(tool_stderr(tool), "katrace: "), tool_stderr(tool));
		assert_ptr_equal(strchr(tool_stderr(tool), '\n') + 1, tool_stderr(tool) + strlen(tool_stderr(tool)));
		tool_free(tool);
	}
}
