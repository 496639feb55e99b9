// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace list for people: --watch, on a terminal, its help, and its errors for bad input. */
#include "live.h"

#include "must.h"
#include "net.h"
#include "tcp.h"
#include "tool.h"
#include "until.h"

#include <fcntl.h>
#include <poll.h>
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

/* What is on a terminal. */
struct screen {
	char text[65536];
	size_t used;
	int master;
};

static bool has_ended(const struct screen *screen)
{
	return screen->master < 0;
}

static bool has_drawn(const struct screen *screen)
{
	return strstr(screen->text, "LOCAL  ");
}

/* Reads what is drawn until it is so. */
static void read_screen(struct screen *screen, bool (*is_so)(const struct screen *), const char *what)
{
	struct pollfd readable = { .fd = screen->master, .events = POLLIN };
	const struct wait wait = wait_begin(what);
	ssize_t n;

	while (!is_so(screen)) {
		must(screen->used < sizeof(screen->text) - 1, "so much is drawn");
		must(poll(&readable, 1, (int)(wait.deadline_ms - wait_now_ms())) == 1, wait.what);
		n = read(screen->master, screen->text + screen->used, sizeof(screen->text) - 1 - screen->used);
		if (n <= 0) { /* EIO: no process has the terminal any more */
			close(screen->master);
			screen->master = -1;
			must(is_so(screen), what);
			return;
		}
		screen->used += (size_t)n;
	}
}

/* katrace list --watch on a terminal of 80 columns and 10 lines, until it has drawn and Ctrl-C has ended it. */
static void watch_terminal(struct screen *screen)
{
	const struct winsize window = { .ws_row = 10, .ws_col = 80 };
	int status;
	pid_t pid = forkpty(&screen->master, NULL, NULL, &window);

	must(pid >= 0, "forkpty");
	if (!pid) {
		setenv("TERM", "xterm", 1);
		execl(tool_path, "katrace", "list", "--watch=1", NULL);
		_exit(127);
	}
	read_screen(screen, has_drawn, "nothing is drawn in time");
	must(write(screen->master, "\003", 1) == 1, "Ctrl-C");
	read_screen(screen, has_ended, "no end after Ctrl-C in time");
	WAIT_UNTIL(waitpid(pid, &status, WNOHANG) == pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* The output fits the terminal, and its screen and cursor are restored. */
LIVE_TEST(list_watches_on_a_terminal, .once = true)
{
	enum { N = 20 };
	static struct screen screen;
	int clients[N], servers[N], lines = 0;
	struct net *net;
	char *at, *line, *save;

	if (!has_terminals())
		skip("there are no terminals here");
	net = net_new();
	tcp_connect_many(net, clients, servers, N);
	watch_terminal(&screen);
	assert_non_null(strstr(screen.text, "\033[?1049h"));
	assert_non_null(strstr(screen.text, "\033[?1049l"));
	assert_non_null(strstr(screen.text, "\033[?25h"));
	at = strstr(screen.text, "\033[J");
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
