// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "mode.h"

#include "expect.h"
#include "tool.h"

#include <stdlib.h>

/* The best one first. */
static const char *const modes[] = { "fentry", "kprobe", "tracepoint" };

static bool is_offered(const char *mode)
{
	const char *const args[] = { "--mode", mode, NULL };
	struct tool *tool = tool_start(args);
	const bool started = tool_wait_started(tool);

	tool_stop(tool);
	tool_free(tool);
	return started;
}

const char *mode_expected(void)
{
	const char *known = getenv("KATRACE_EXPECT_MODE");

	if (known)
		return known;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (is_offered(modes[i]))
			return modes[i];
	fail_msg("katrace cannot trace in any mode");
}
