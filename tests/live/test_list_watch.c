// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace list for people: --watch, on a terminal, its help, and its errors for bad input. */
#include "live.h"

#include "holder.h"
#include "must.h"
#include "net.h"
#include "tcp.h"
#include "tool.h"
#include "until.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
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
	const char *awaited; /* text that shows that all is drawn */
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
	return strstr(screen->text, screen->awaited);
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

/* katrace with these arguments, NULL last, on a terminal of that size. Returns its process id. */
static pid_t start_on_terminal(struct screen *screen, const char *const *args, unsigned short columns,
			       unsigned short rows)
{
	const struct winsize window = { .ws_row = rows, .ws_col = columns };
	const char *argv[16] = { "katrace", "list" };
	pid_t pid;

	memset(screen, 0, sizeof(*screen));
	for (int n = 2; *args; args++, n++)
		argv[n] = *args;
	pid = forkpty(&screen->master, NULL, NULL, &window);
	must(pid >= 0, "forkpty");
	if (!pid) {
		setenv("TERM", "xterm", 1);
		setenv("NO_COLOR", "1", 1);
		execv(tool_path, (char *const *)argv);
		_exit(127);
	}
	return pid;
}

static void draw_until(struct screen *screen, const char *awaited)
{
	screen->awaited = awaited;
	read_screen(screen, has_drawn, "not drawn in time");
}

/* Ctrl-C */
static void stop_on_terminal(struct screen *screen, pid_t pid)
{
	int status;

	must(write(screen->master, "\003", 1) == 1, "Ctrl-C");
	read_screen(screen, has_ended, "no end after Ctrl-C in time");
	WAIT_UNTIL(waitpid(pid, &status, WNOHANG) == pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* All characters in these tests take one column. */
static size_t columns_of(const char *line)
{
	size_t columns = 0;

	for (; *line; line++)
		columns += (*line & 0xc0) != 0x80;
	return columns;
}

/* The first drawing, which is all there is so far, fits a terminal of that size. */
static void assert_drawing_fits(const struct screen *screen, size_t columns, int rows)
{
	static const char home[] = "\033[H\033[J";
	const char *first = strstr(screen->text, home);
	char text[8192], *at = text, *line, *save;
	int lines = 0;

	assert_non_null(first);
	snprintf(text, sizeof(text), "%s", first + strlen(home));
	for (line = strtok_r(at, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save), lines++)
		if (columns_of(line) > columns) {
			print_error("%zu columns: %s\n", columns_of(line), line);
			fail();
		}
	assert_true(lines > 0 && lines < rows);
}

/* The output fits the terminal, and its screen and cursor are restored. */
LIVE_TEST(list_watches_on_a_terminal, .once = true)
{
	enum { N = 20 };
	static const char *const args[] = { "--watch=1", NULL };
	static struct screen screen;
	int clients[N], servers[N];
	struct net *net;
	pid_t pid;

	if (!has_terminals())
		skip("there are no terminals here");
	net = net_new();
	tcp_connect_many(net, clients, servers, N);
	pid = start_on_terminal(&screen, args, 80, 10);
	draw_until(&screen, " more lines");
	assert_drawing_fits(&screen, 80, 10);
	stop_on_terminal(&screen, pid);
	assert_non_null(strstr(screen.text, "\033[?1049h"));
	assert_non_null(strstr(screen.text, "\033[?1049l"));
	assert_non_null(strstr(screen.text, "\033[?25h"));
	tcp_abort_many(clients, N);
	tcp_abort_many(servers, N);
	net_free(net);
}

/* Processes whose names would take 60 columns, and sentences about each of them. */
LIVE_TEST(list_summary_fits_a_terminal, .once = true)
{
	enum { N = 8 };
	static const char name[] = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
	static const unsigned short widths[] = { 80, 60, 40 };
	static struct screen screen;
	char netns[64];
	const char *const args[] = { "--watch=1", "--summary", "--netns", netns, NULL };
	struct holder holders[N];
	struct net *net;
	pid_t pid;

	if (!has_terminals())
		skip("there are no terminals here");
	net = net_new();
	for (int i = 0; i < N; i++)
		holders[i] = holder_start(net, name, NULL);
	net_name(net, HOST_A, netns, sizeof(netns));
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		pid = start_on_terminal(&screen, args, widths[i], 6);
		draw_until(&screen, " more line");
		assert_drawing_fits(&screen, widths[i], 6);
		stop_on_terminal(&screen, pid);
	}
	for (int i = 0; i < N; i++)
		holder_stop(&holders[i]);
	net_free(net);
}

/* On a terminal, once: what a * means is said if there is one. */
LIVE_TEST(list_explains_marks, .once = true)
{
	static struct screen screen;
	char port[16];
	const char *const views[][4] = { { "--port", port, NULL }, { "--port", port, "--summary", NULL } };
	struct net *net;
	struct tcp tcp;
	pid_t pid;

	if (!has_terminals())
		skip("there are no terminals here");
	net = net_new();
	tcp = tcp_connect(net, TCP_IPV4);
	snprintf(port, sizeof(port), "%u", tcp.client_port);
	for (int on = 0; on < 2; on++) {
		if (on)
			tcp_keepalive_by_sysctl(tcp.client);
		for (size_t i = 0; i < 2; i++) {
			pid = start_on_terminal(&screen, views[i], 120, 20);
			read_screen(&screen, has_ended, "katrace list ends");
			WAIT_UNTIL(waitpid(pid, NULL, WNOHANG) == pid);
			assert_int_equal(strstr(screen.text, "values with * come from a sysctl") != NULL, on);
		}
	}
	tcp_close(&tcp);
	net_free(net);
}

/* A terminal that gets narrower is redrawn at once. */
LIVE_TEST(list_follows_the_size_of_the_terminal, .once = true)
{
	static const char *const args[] = { "--sysctl", "--watch=1h", NULL };
	static const struct winsize narrow = { .ws_row = 10, .ws_col = 50 };
	static struct screen screen;
	struct net *net;
	struct tcp tcp;
	pid_t pid;

	if (!has_terminals())
		skip("there are no terminals here");
	net = net_new();
	tcp = tcp_connect(net, TCP_IPV4);
	pid = start_on_terminal(&screen, args, 120, 10);
	draw_until(&screen, "tcp_keepalive_probes");
	must(ioctl(screen.master, TIOCSWINSZ, &narrow) == 0, "change the size");
	draw_until(&screen, "INTVL");
	stop_on_terminal(&screen, pid);
	tcp_close(&tcp);
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
