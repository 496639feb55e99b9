// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What tells the processes of a runtime apart: process.title. */
#include "live.h"

#include "holder.h"
#include "lines.h"
#include "must.h"
#include "rows.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAIN_CLASS "org.example.Main"
#define PYTHON "/usr/bin/python3"

/* A program that is called like a runtime, and keeps the connection open. */
static void become_java(int fd)
{
	must(fcntl(fd, F_SETFD, 0) == 0, "keep it open");
	execl("/proc/self/exe", "/usr/bin/java", "-cp", "a:b", "-Dx=y", MAIN_CLASS, "--pause", NULL);
	must(false, "exec");
}

/* Its comm is the name of the file, as for a launcher with another name. */
static void name_as(char *text, size_t size, const struct holder *holder, const char *title)
{
	snprintf(text, size, "  %-5d  exe %s  ", holder->pid, title);
}

/* It changes while katrace runs without any rights to others' files: its command line is there all the same. */
LIVE_TEST(title_after_exec, .limit_s = 3 * OWNER_WAIT_S)
{
	char pid[16], named[64], told[64];
	const char *const text_args[] = { "-p", pid, NULL }, *const json_args[] = { "--json", "-p", pid, NULL };
	struct net *net = net_new();
	struct holder holder = holder_start(net, "before exec", become_java);
	struct tool *text, *json;

	snprintf(pid, sizeof(pid), "%d", holder.pid);
	text = tool_start_with(RIGHTS_TWO, text_args);
	json = tool_start(json_args);
	assert_true(tool_wait_started(text) && tool_wait_started(json));
	wait_named(text, &holder, "before exec");
	assert_true(tool_wait_lines(json, 1, "\"name\":\"before exec\"}", "", OWNER_WAIT_S));
	holder_act(&holder);
	name_as(named, sizeof(named), &holder, MAIN_CLASS);
	assert_true(tool_wait_lines(text, 1, local_port(holder.port), named, OWNER_WAIT_S));
	assert_true(tool_wait_lines(json, 1, "\"name\":\"exe\",\"title\":\"" MAIN_CLASS "\"}", "", OWNER_WAIT_S));
	assert_int_equal(tool_stop(text), 0);
	assert_int_equal(tool_stop(json), 0);
	snprintf(told, sizeof(told), "  exe[%d] " MAIN_CLASS, holder.pid);
	assert_int_equal(tool_lines(text, told, ""), 1); /* the timeline */
	tool_free(text);
	tool_free(json);
	holder_stop(&holder);
	net_free(net);
}

static struct tool *list(const struct holder *holder, const char *option)
{
	char pid[16];
	const char *const args[] = { "-p", pid, option, NULL };

	snprintf(pid, sizeof(pid), "%d", holder->pid);
	return run_list(args);
}

/* Runs katrace list until the process has become the program. */
static struct tool *list_after_exec(const struct holder *holder)
{
	struct tool *listed;

	for (;;) {
		listed = list(holder, NULL);
		if (tool_lines(listed, MAIN_CLASS, "") > 0)
			return listed;
		tool_free(listed);
	}
}

LIVE_TEST(title_in_lists, .once = true)
{
	struct net *net = net_new();
	struct holder holder = holder_start(net, "before exec", become_java);
	struct tool *listed;
	struct row row;
	char named[64];

	holder_act(&holder);
	listed = list_after_exec(&holder);
	snprintf(named, sizeof(named), "%d  exe " MAIN_CLASS "  ", holder.pid);
	assert_true(tool_lines(listed, named, "") > 0);
	tool_free(listed);
	listed = list(&holder, "--csv");
	find_row(listed, holder.port, &row);
	assert_string_equal(row.field[FIELD_TITLE], "\"" MAIN_CLASS "\"");
	tool_free(listed);
	listed = list(&holder, "--json");
	assert_true(tool_lines(listed, "\"name\":\"exe\",\"title\":\"" MAIN_CLASS "\"}", "") > 0);
	tool_free(listed);
	listed = list(&holder, "--summary");
	snprintf(named, sizeof(named), "exe[%d] " MAIN_CLASS "  ", holder.pid);
	assert_int_equal(tool_lines(listed, named, ""), 1);
	tool_free(listed);
	holder_stop(&holder);
	net_free(net);
}

static char script[128];

static void become_python(int fd)
{
	must(fcntl(fd, F_SETFD, 0) == 0, "keep it open");
	execl(PYTHON, PYTHON, "-W", "ignore", script, NULL);
	must(false, "exec");
}

/* The real one. */
LIVE_TEST(title_of_python, .once = true)
{
	struct net *net;
	struct holder holder;
	struct scene scene;
	char named[64];
	FILE *file;

	if (access(PYTHON, X_OK))
		skip("no " PYTHON " on this host");
	snprintf(script, sizeof(script), "%s/held.py", live_directory());
	file = fopen(script, "we");
	must(file && fputs("import time\ntime.sleep(1000)\n", file) >= 0 && fclose(file) == 0, "write a script");
	net = net_new();
	holder = holder_start(net, "before exec", become_python);
	scene = trace_holders(net, &holder, 1);
	holder_act(&holder);
	snprintf(named, sizeof(named), "  %-5d  python3 held.py  ", holder.pid);
	assert_true(tool_wait_lines(scene.tool, 1, local_port(holder.port), named, OWNER_WAIT_S));
	assert_int_equal(tool_stop(scene.tool), 0);
	holder_stop(&holder);
	scene_end(&scene);
}
