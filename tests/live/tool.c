// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "tool.h"

#include "must.h"
#include "net.h"
#include "until.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOBODY 65534

const char *tool_path = "build/katrace";

struct stream {
	int fd; /* -1 at its end */
	char *text;
	size_t used, size;
};

struct tool {
	pid_t pid; /* 0 once reaped */
	int status;
	struct stream out, err;
	int unread_fd; /* stdout while it must not be read; -1 */
	struct tool *next;
};

static struct tool *tools; /* not freed yet */

/* uid nobody, with these capabilities kept through execve(2) */
static void become_nobody(uint64_t caps)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	must(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0, "keep capabilities");
	must(setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0, "change user");
	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].permitted = data[i].inheritable = (uint32_t)(caps >> (32 * i));
	must(syscall(SYS_capset, &header, data) == 0, "set capabilities");
	for (unsigned long cap = 0; cap < 64; cap++)
		if (caps & (1ULL << cap))
			must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) == 0, "raise capability");
}

/* One that knows no modes. */
static bool is_command(const char *arg)
{
	static const char *const commands[] = { "doctor", "help", "list", "replay", "schema", "version" };

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(arg, commands[i]) == 0)
			return true;
	return false;
}

/* Whether the test itself says which connections it wants. */
static bool chooses(const char *const *args)
{
	static const char *const options[] = { "-p", "-c", "--netns", "--cgroup", "--container" };

	for (; *args; args++)
		for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
			if (strcmp(*args, options[i]) == 0)
				return true;
	return false;
}

/* Options that restrict katrace to the hosts of the test. */
static int choose_hosts(const char **argv, int n)
{
	static char names[2][16];
	const struct net *net = net_newest();

	for (int host = HOST_A; net && host <= HOST_B; host++) {
		net_name(net, (enum host)host, names[host], sizeof(names[host]));
		argv[n++] = "--netns";
		argv[n++] = names[host];
	}
	return n;
}

static void run_tool(enum tool_rights rights, const char *const *args)
{
	const char *argv[32] = { "katrace" };
	const char *mode = getenv("KATRACE_MODE");
	int fd = open(tool_path, O_RDONLY); /* the path to it may be closed to nobody */
	/* before 5.11 BPF memory counts as locked memory, and raising that limit needs another capability */
	const struct rlimit locked = { RLIM_INFINITY, RLIM_INFINITY };
	int n = 1;

	must(fd >= 0, tool_path);
	setrlimit(RLIMIT_MEMLOCK, &locked); /* may be refused where it is not needed */
	if (*args && (is_command(*args) || strcmp(*args, "trace") == 0))
		argv[n++] = *args++;
	if (mode && !is_command(argv[n - 1])) {
		argv[n++] = "--mode";
		argv[n++] = mode;
	}
	if (!is_command(argv[n - 1]) && !chooses(args))
		n = choose_hosts(argv, n);
	for (; *args; args++) {
		must(n < 31, "too many arguments");
		argv[n++] = *args;
	}
	if (rights == RIGHTS_TWO || rights == RIGHTS_NONE)
		become_nobody(rights == RIGHTS_TWO ? 1ULL << CAP_BPF | 1ULL << CAP_PERFMON : 0);
	fexecve(fd, (char *const *)argv, environ);
	must(false, "execute katrace");
}

/* fork(2) with flags of clone(2) */
static pid_t start_process(unsigned long flags)
{
	return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, 0UL);
}

struct tool *tool_start_with(enum tool_rights rights, const char *const *args)
{
	struct tool *tool = calloc(1, sizeof(*tool));
	int out[2], err[2];

	must(tool && pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0, "pipe");
	tool->pid = start_process(rights == RIGHTS_CONTAINED ? CLONE_NEWPID : 0);
	must(tool->pid >= 0, "fork");
	if (!tool->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		run_tool(rights, args);
	}
	close(out[1]);
	close(err[1]);
	tool->unread_fd = -1;
	tool->out.fd = out[0];
	tool->err.fd = err[0];
	tool->next = tools;
	tools = tool;
	return tool;
}

struct tool *tool_start(const char *const *args)
{
	return tool_start_with(RIGHTS_ALL, args);
}

static void read_stream(struct stream *stream)
{
	ssize_t n;

	if (stream->size - stream->used < 65536) {
		stream->size = 2 * stream->size + 131072;
		stream->text = realloc(stream->text, stream->size);
		must(stream->text, "memory");
		stream->text[stream->used] = '\0';
	}
	n = read(stream->fd, stream->text + stream->used, stream->size - stream->used - 1);
	if (n <= 0) {
		close(stream->fd);
		stream->fd = -1;
		return;
	}
	stream->used += (size_t)n;
	stream->text[stream->used] = '\0';
}

/* Reads once from whatever has something. False when both streams are at their end, or at the deadline. */
static bool read_some(struct tool *tool, int64_t deadline_ms)
{
	struct pollfd fds[2] = {
		{ .fd = tool->out.fd, .events = POLLIN },
		{ .fd = tool->err.fd, .events = POLLIN },
	};
	int64_t left = deadline_ms - wait_now_ms();

	if ((tool->out.fd < 0 && tool->err.fd < 0) || left <= 0)
		return false;
	if (poll(fds, 2, (int)left) <= 0)
		return false;
	if (fds[0].revents)
		read_stream(&tool->out);
	if (fds[1].revents)
		read_stream(&tool->err);
	return true;
}

/* Whole lines of text that contain both; *end becomes where the first line that is not whole begins. */
static int count_lines(const char *text, const char *a, const char *b, size_t *end)
{
	const char *line = text, *next;
	char copy[4096];
	int n = 0;

	for (; (next = strchr(line, '\n')); line = next + 1) {
		snprintf(copy, sizeof(copy), "%.*s", (int)(next - line), line);
		n += strstr(copy, a) && strstr(copy, b);
	}
	*end = (size_t)(line - text);
	return n;
}

bool tool_wait_said(struct tool *tool, const char *text, int timeout_s)
{
	const int64_t deadline = wait_now_ms() + 1000 * timeout_s;

	while (!strstr(tool_stderr(tool), text))
		if (!read_some(tool, deadline))
			return false;
	return true;
}

bool tool_wait_started(struct tool *tool)
{
	return tool_wait_said(tool, "katrace: tracing", 30);
}

bool tool_wait_lines(struct tool *tool, int n, const char *a, const char *b, int timeout_s)
{
	const int64_t deadline = wait_now_ms() + 1000 * timeout_s;
	size_t counted = 0, end;
	int lines = 0;

	for (;;) {
		lines += count_lines(tool_stdout(tool) + counted, a, b, &end);
		counted += end;
		if (lines >= n)
			return true;
		if (!read_some(tool, deadline))
			return false;
	}
}

void tool_read_until(struct tool *tool, int64_t deadline_ms)
{
	while (read_some(tool, deadline_ms))
		;
}

int tool_lines(const struct tool *tool, const char *a, const char *b)
{
	size_t end;

	return count_lines(tool_stdout(tool), a, b, &end);
}

void tool_each_line(const struct tool *tool, void (*take)(void *ctx, const char *line), void *ctx)
{
	const char *line = tool_stdout(tool), *next;
	char copy[4096];

	for (; (next = strchr(line, '\n')); line = next + 1) {
		snprintf(copy, sizeof(copy), "%.*s", (int)(next - line), line);
		take(ctx, copy);
	}
}

const char *tool_stdout(const struct tool *tool)
{
	return tool->out.text ? tool->out.text : "";
}

const char *tool_stderr(const struct tool *tool)
{
	return tool->err.text ? tool->err.text : "";
}

pid_t tool_pid(const struct tool *tool)
{
	return tool->pid;
}

void tool_stop_reading(struct tool *tool, bool close_it)
{
	if (close_it)
		close(tool->out.fd);
	else
		tool->unread_fd = tool->out.fd;
	tool->out.fd = -1;
}

void tool_read_on(struct tool *tool)
{
	tool->out.fd = tool->unread_fd;
	tool->unread_fd = -1;
}

bool tool_runs(const struct tool *tool)
{
	siginfo_t info = { 0 };

	return tool->pid && waitid(P_PID, (id_t)tool->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && !info.si_pid;
}

void tool_signal(struct tool *tool, int signal)
{
	kill(tool->pid, signal);
}

int tool_wait(struct tool *tool, int timeout_s)
{
	const int64_t deadline = wait_now_ms() + 1000 * timeout_s;
	const struct timespec step = { .tv_nsec = 2000000 };
	bool killed;
	int status;

	if (!tool->pid)
		return tool->status;
	while (read_some(tool, deadline))
		;
	while (tool_runs(tool) && wait_now_ms() < deadline) /* without its output */
		nanosleep(&step, NULL);
	killed = tool_runs(tool);
	if (killed)
		kill(tool->pid, SIGKILL);
	must(waitpid(tool->pid, &status, 0) == tool->pid, "wait");
	tool->pid = 0;
	tool->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	if (killed)
		tool->status = -1;
	return tool->status;
}

int tool_stop(struct tool *tool)
{
	if (tool->pid)
		kill(tool->pid, SIGINT);
	return tool_wait(tool, 60);
}

static void unlist(const struct tool *tool)
{
	struct tool **at = &tools;

	while (*at && *at != tool)
		at = &(*at)->next;
	if (*at)
		*at = tool->next;
}

/* Whole JSON lines of events are kept where $KATRACE_LINES says, to be validated when all tests have run. */
void tool_keep_lines(const char *text)
{
	static const char event[] = "{\"timestamp\":";
	const char *dir = getenv("KATRACE_LINES"), *end = strrchr(text, '\n');
	char path[4096];
	FILE *file;

	if (!dir || !*dir || !end || strncmp(text, event, sizeof(event) - 1) != 0)
		return;
	snprintf(path, sizeof(path), "%s/live.ndjson", dir);
	file = fopen(path, "ae");
	must(file && fwrite(text, (size_t)(end + 1 - text), 1, file) == 1 && fclose(file) == 0, path);
}

void tool_free(struct tool *tool)
{
	if (!tool)
		return;
	tool_keep_lines(tool_stdout(tool));
	unlist(tool);
	if (tool->pid) {
		kill(tool->pid, SIGKILL);
		waitpid(tool->pid, NULL, 0);
	}
	if (tool->out.fd >= 0)
		close(tool->out.fd);
	if (tool->err.fd >= 0)
		close(tool->err.fd);
	if (tool->unread_fd >= 0)
		close(tool->unread_fd);
	free(tool->out.text);
	free(tool->err.text);
	free(tool);
}

/* Also called by a handler of signals: write(2) only. */
static void show(const char *title, const struct stream *stream)
{
	if (write(STDERR_FILENO, title, strlen(title)) < 0 || !stream->text)
		return;
	if (write(STDERR_FILENO, stream->text, stream->used) < 0)
		return;
}

void tool_show_all(void)
{
	for (const struct tool *tool = tools; tool; tool = tool->next) {
		show("--- stdout of katrace\n", &tool->out);
		show("--- stderr\n", &tool->err);
		show("---\n", &(struct stream){ 0 });
	}
}

void tool_free_all(void)
{
	while (tools)
		tool_free(tools);
}
