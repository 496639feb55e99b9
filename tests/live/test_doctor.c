// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace doctor on this kernel. */
#include "live.h"

#include "mode.h"
#include "tool.h"

#include <stdio.h>
#include <string.h>

static void check_width(void *ctx, const char *line)
{
	(void)ctx;
	assert_true(strlen(line) <= 80);
}

static struct tool *run_doctor(enum tool_rights rights, const char *option, int status)
{
	const char *const args[] = { "doctor", option, NULL };
	struct tool *tool = tool_start_with(rights, args);
	const bool json = option && strcmp(option, "--json") == 0;

	assert_int_equal(tool_wait(tool, 60), status);
	assert_string_equal(tool_stderr(tool), "");
	if (!json)
		tool_each_line(tool, check_width, NULL);
	return tool;
}

LIVE_TEST(doctor_examines, .once = true)
{
	const char *mode = mode_expected(); /* doctor has no option --mode */
	struct tool *tool;
	char text[64];

	tool = run_doctor(RIGHTS_TWO, NULL, 0);
	snprintf(text, sizeof(text), "katrace works here, in %s mode", mode);
	assert_non_null(strstr(tool_stdout(tool), text));
	assert_int_equal(tool_lines(tool, "tp_btf/inet_sock_set_state", "used     attached"), 1);
	tool_free(tool);

	tool = run_doctor(RIGHTS_ALL, "--json", 0);
	snprintf(text, sizeof(text), "\"hook_mode\":\"%s\"", mode);
	assert_int_equal(tool_lines(tool, "\"works\":true", text), 1);
	assert_int_equal(tool_lines(tool, "", ""), 1);
	tool_free(tool);
}

LIVE_TEST(doctor_without_privileges, .once = true)
{
	struct tool *tool;

	tool = run_doctor(RIGHTS_NONE, NULL, 1);
	assert_non_null(strstr(tool_stdout(tool), "cannot run: missing CAP_BPF and CAP_PERFMON"));
	assert_int_equal(tool_lines(tool, "kernel types (BTF)", "/sys/kernel/btf/vmlinux"), 1);
	tool_free(tool);
}

LIVE_TEST(doctor_bad_btf, .once = true)
{
	struct tool *tool;

	tool = run_doctor(RIGHTS_ALL, "--btf=/dev/null", 1);
	assert_non_null(strstr(tool_stdout(tool), "katrace cannot run: '/dev/null' is not a BTF file."));
	tool_free(tool);
	tool = run_doctor(RIGHTS_ALL, "--btf=/dev/./././././././././././././././././././././././././././././null", 1);
	assert_non_null(strstr(tool_stdout(tool), "/././null' is not a\n  BTF file."));
	tool_free(tool);
}
