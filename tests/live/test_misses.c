// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* How often the kernel did not run katrace's programs: by job, and whether the kernel tells it at all. */
#include "live.h"

#include "lines.h"
#include "mode.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* Of kprobes it is told since 6.7. */
static const char *misses_known(const char *mode)
{
	struct utsname kernel;
	char *rest;
	long major;

	assert_int_equal(uname(&kernel), 0);
	major = strtol(kernel.release, &rest, 10);
	if (strcmp(mode, "kprobe") || major > 6 || (major == 6 && strtol(rest + 1, NULL, 10) >= 7))
		return "\"misses_known\":true";
	return "\"misses_known\":false";
}

LIVE_TEST(misses_by_job)
{
	static const char *const args[] = { "--json", NULL };
	const char *mode = getenv("KATRACE_MODE");
	struct tool *tool = tool_start(args);

	if (!mode || strcmp(mode, "auto") == 0)
		mode = mode_expected();
	assert_true(tool_wait_started(tool));
	assert_int_equal(tool_stop(tool), 0);
	assert_int_equal(tool_lines(tool, event_key("stats"), "\"missed\":{\"timer\":"), 1);
	assert_int_equal(tool_lines(tool, event_key("stats"), misses_known(mode)), 1);
	tool_free(tool);
}

LIVE_TEST(misses_in_doctor, .once = true)
{
	static const char *const args[] = { "doctor", "--json", NULL };
	struct tool *tool = tool_start(args);

	assert_int_equal(tool_wait(tool, 60), 0);
	assert_int_equal(tool_lines(tool, "\"works\":true", misses_known(mode_expected())), 1);
	tool_free(tool);
}
