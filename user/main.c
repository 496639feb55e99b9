// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cmd/cmd.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "trace", cmd_trace },   /* the default */
	{ "list", cmd_list },     /* now, not over time */
	{ "replay", cmd_replay }, /* what trace recorded */
	{ "doctor", cmd_doctor }, /* when nothing works */
	{ "schema", cmd_schema }, /* of what trace and list write as JSON */
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		argv[1] = argv[0]; /* messages name katrace */
		return commands[i].run(argc - 1, argv + 1);
	}
	return cmd_trace(argc, argv);
}
