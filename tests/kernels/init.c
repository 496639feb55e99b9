// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * PID 1 of a virtual machine that runs the live tests once: sets up the machine, runs `/live /katrace`, prints its exit
 * status and whether the kernel complained, and powers off. The kernel command line may have
 * katrace.mode= and katrace.expect=, for KATRACE_MODE and KATRACE_EXPECT_MODE of the tests, and katrace.filter=, their
 * pattern.
 *
 * While the tests run it only sleeps in wait(2): some kernels do not run tracing programs while a thread of PID 1 is
 * the current task.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define MODULES "/modules"
/* The biggest test has 4,000 sockets and the processes it starts have some of their own. */
#define MAX_FILES 65536

struct settings {
	const char *mode, *expect, *filter; /* NULL: not given */
};

/* run.sh looks for these lines. */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list args;

	fputs("\nvm: ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static void power_off(void)
{
	fflush(stdout);
	tcdrain(STDOUT_FILENO); /* the serial line is slower than the power switch */
	reboot(RB_POWER_OFF);
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	say("%s: %s", what, strerror(errno));
	power_off();
}

static void mount_one(const char *type, const char *where)
{
	mkdir(where, 0755);
	must(mount(type, where, type, 0, NULL) == 0, where);
}

static void mount_all(void)
{
	mount_one("proc", "/proc");
	mount_one("sysfs", "/sys");
	mount_one("devtmpfs", "/dev");
	mount_one("devpts", "/dev/pts");
	mount_one("tmpfs", "/tmp");
	mount_one("bpf", "/sys/fs/bpf");
	mount_one("cgroup2", "/sys/fs/cgroup");
	mount_one("tracefs", "/sys/kernel/tracing");
}

static void insert_module(const char *name)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), MODULES "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd >= 0 && syscall(SYS_finit_module, fd, "", 0) == 0, path);
	close(fd);
}

static void insert_modules(void)
{
	struct dirent **modules;
	int n = scandir(MODULES, &modules, NULL, alphasort);

	must(n >= 0, MODULES);
	for (int i = 0; i < n; i++)
		if (modules[i]->d_name[0] != '.')
			insert_module(modules[i]->d_name);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd >= 0 && write(fd, text, strlen(text)) >= 0, path);
	close(fd);
}

/* line lives as long as the settings, which point into it. */
static struct settings read_settings(char *line, size_t size)
{
	struct settings settings = { 0 };
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, line, size - 1);

	must(n >= 0, "/proc/cmdline");
	close(fd);
	line[n] = '\0';
	for (char *word = strtok(line, " \n"); word; word = strtok(NULL, " \n")) {
		if (!strncmp(word, "katrace.mode=", strlen("katrace.mode=")))
			settings.mode = word + strlen("katrace.mode=");
		if (!strncmp(word, "katrace.expect=", strlen("katrace.expect=")))
			settings.expect = word + strlen("katrace.expect=");
		if (!strncmp(word, "katrace.filter=", strlen("katrace.filter=")))
			settings.filter = word + strlen("katrace.filter=");
	}
	return settings;
}

static void run_tests(const struct settings *settings)
{
	const struct rlimit files = { MAX_FILES, MAX_FILES };

	must(setrlimit(RLIMIT_NOFILE, &files) == 0, "raise the number of files");
	if (settings->mode)
		setenv("KATRACE_MODE", settings->mode, 1);
	if (settings->expect)
		setenv("KATRACE_EXPECT_MODE", settings->expect, 1);
	setenv("KATRACE_STRICT", "1", 1); /* nothing but the tests runs here: numbers must be exact */
	execl("/live", "/live", "/katrace", settings->filter, NULL);
	must(false, "/live");
}

static bool is_complaint(const char *line)
{
	static const char *const signs[] = {
		"WARNING:", "BUG:", "kernel BUG at", "Oops", "Call Trace:", "Call trace:"
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strstr(line, signs[i]))
			return true;
	return false;
}

/* The lines of the kernel's log that report an error of the kernel. */
static void say_complaints(void)
{
	enum { READ_ALL = 3, SIZE_OF_BUFFER = 10 }; /* of syslog(2) */
	const int size = klogctl(SIZE_OF_BUFFER, NULL, 0);
	char *log = size > 0 ? malloc((size_t)size + 1) : NULL, *next = log;
	int n;

	must(log, "size of the kernel's log");
	n = klogctl(READ_ALL, log, size);
	must(n >= 0, "the kernel's log");
	log[n] = '\0';
	for (char *line = strsep(&next, "\n"); line; line = strsep(&next, "\n"))
		if (is_complaint(line))
			say("log: %s", line);
	free(log);
}

/* As in Documentation/admin-guide/tainted-kernels.rst; 0: no problem. */
static void say_taint(void)
{
	FILE *file = fopen("/proc/sys/kernel/tainted", "re");
	unsigned long long taint;

	must(file && fscanf(file, "%llu", &taint) == 1, "/proc/sys/kernel/tainted");
	fclose(file);
	say("tainted %llu", taint);
}

/* Its exit status, or 128 + signal. Orphans of the tests come here too. */
static int wait_for(pid_t pid)
{
	int status;
	pid_t ended;

	do {
		ended = wait(&status);
		must(ended > 0 || errno == EINTR, "wait");
	} while (ended != pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(void)
{
	static char line[4096];
	struct settings settings;
	struct utsname kernel;
	int status;
	pid_t pid;

	mount_all();
	insert_modules();
	/* bursts of probes between the tests' hosts, which take the packet queue of this CPU, must not overflow it */
	write_file("/proc/sys/net/core/netdev_max_backlog", "100000");
	/* the mainline default: with Debian's, 3, a kprobe needs CAP_SYS_ADMIN, not only CAP_PERFMON */
	write_file("/proc/sys/kernel/perf_event_paranoid", "2");
	settings = read_settings(line, sizeof(line));
	must(uname(&kernel) == 0, "uname");
	say("kernel %s", kernel.release);
	fflush(stdout);
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid)
		run_tests(&settings);
	status = wait_for(pid);
	say_taint();
	say_complaints();
	say("the tests ended with status %d", status);
	power_off();
}
