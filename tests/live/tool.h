/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A katrace started by a test, and its output. */
#ifndef KATRACE_TEST_TOOL_H
#define KATRACE_TEST_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Where the tests find katrace; set by main(). */
extern const char *tool_path;

/* With which privileges it runs. */
enum tool_rights {
	RIGHTS_ALL,
	RIGHTS_TWO,       /* uid 65534 with CAP_BPF and CAP_PERFMON */
	RIGHTS_NONE,      /* uid 65534 */
	RIGHTS_CONTAINED, /* all, but in a pid namespace of its own */
};

struct tool;

/*
 * Starts katrace with these arguments, NULL last. Before them comes --mode $KATRACE_MODE, if that is set: the same
 * tests for each hook mode. Where they choose no processes, containers or network namespaces, katrace is told to trace
 * the hosts of the test alone (--netns), if there are any yet.
 */
struct tool *tool_start(const char *const *args);
struct tool *tool_start_with(enum tool_rights rights, const char *const *args);

/* Waits until tracing has begun. False when it ended, or did not begin within 30 s. */
bool tool_wait_started(struct tool *tool);

/* Waits until stderr contains this, or until timeout_s. */
bool tool_wait_said(struct tool *tool, const char *text, int timeout_s);

/* Waits until stdout has n lines that contain both texts (any line for ""), or until timeout_s. */
bool tool_wait_lines(struct tool *tool, int n, const char *a, const char *b, int timeout_s);

/* Reads its output until that time of CLOCK_MONOTONIC, or until its end. */
void tool_read_until(struct tool *tool, int64_t deadline_ms);

/* Lines of stdout so far that contain both. */
int tool_lines(const struct tool *tool, const char *a, const char *b);

/* Each whole line of stdout so far, without its end. */
void tool_each_line(const struct tool *tool, void (*take)(void *ctx, const char *line), void *ctx);

const char *tool_stdout(const struct tool *tool);
const char *tool_stderr(const struct tool *tool);
pid_t tool_pid(const struct tool *tool);

/* No longer reads stdout, until tool_read_on(); with close, closes it. */
void tool_stop_reading(struct tool *tool, bool close);
void tool_read_on(struct tool *tool);

bool tool_runs(const struct tool *tool);

void tool_signal(struct tool *tool, int signal);

/* Waits for its end, reading on. Returns its exit status, 128 + signal, or -1 when it had to be killed after timeout_s.
 */
int tool_wait(struct tool *tool, int timeout_s);

/* SIGINT, then tool_wait(). */
int tool_stop(struct tool *tool);

/* Keeps text that is JSON lines of events, from a file say, to be validated; tool_free() does so with stdout. */
void tool_keep_lines(const char *text);

/* Kills it if it still runs. */
void tool_free(struct tool *tool);

/* Prints the output of those that are not freed yet on stderr. Safe in a signal handler. */
void tool_show_all(void);

void tool_free_all(void);

#endif
