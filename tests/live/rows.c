// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "rows.h"

#include "live.h"

#include <stdlib.h>
#include <string.h>

bool row_split(struct row *row, const char *line, size_t length)
{
	char *at = row->text;
	int n = 0;

	if (length >= sizeof(row->text))
		return false;
	memcpy(row->text, line, length);
	row->text[length] = '\0';
	while (at && n < FIELDS)
		row->field[n++] = strsep(&at, ",");
	return n == FIELDS && !at;
}

long long row_number(const struct row *row, enum field field)
{
	char *end;
	const long long value = strtoll(row->field[field], &end, 10);

	assert_true(*row->field[field] && !*end);
	return value;
}

bool has_row(const struct tool *tool, unsigned int port)
{
	const char *line = tool_stdout(tool), *end;
	struct row row;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		assert_true(row_split(&row, line, (size_t)(end - line)));
		if (strtoul(row.field[FIELD_LOCAL_PORT], NULL, 10) == port)
			return true;
	}
	return false;
}

void find_row(const struct tool *tool, unsigned int port, struct row *found)
{
	const char *line = tool_stdout(tool), *end;
	struct row row;
	int n = 0;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		assert_true(row_split(&row, line, (size_t)(end - line)));
		if (strtoul(row.field[FIELD_LOCAL_PORT], NULL, 10) != port)
			continue;
		assert_true(row_split(found, line, (size_t)(end - line)));
		n++;
	}
	assert_int_equal(n, 1);
}

struct tool *run_list(const char *const *args)
{
	const char *argv[16] = { "list" };
	struct tool *tool;
	int n = 1;

	for (; *args; args++)
		argv[n++] = *args;
	tool = tool_start(argv);
	if (tool_wait(tool, 60) || *tool_stderr(tool))
		print_error("katrace list: %s", tool_stderr(tool));
	assert_int_equal(tool_wait(tool, 0), 0);
	assert_string_equal(tool_stderr(tool), "");
	return tool;
}

struct tool *run_list_at(const struct net *net, enum host host, const char *option)
{
	char netns[64];
	const char *const args[] = { "--netns", netns, option, NULL };
	struct tool *tool;

	net_name(net, host, netns, sizeof(netns));
	net_enter(net, host);
	tool = run_list(args);
	net_leave(net);
	return tool;
}
