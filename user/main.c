// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cmd/cmd.h"
#include "cli/options.h"
#include "system/streams.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>

static int (*const run[COMMANDS])(const struct options *options) = {
	[COMMAND_TRACE] = cmd_trace,     [COMMAND_LIST] = cmd_list,     [COMMAND_REPLAY] = cmd_replay,
	[COMMAND_DOCTOR] = cmd_doctor,   [COMMAND_SCHEMA] = cmd_schema, [COMMAND_HELP] = cmd_help,
	[COMMAND_VERSION] = cmd_version,
};

int main(int argc, char **argv)
{
	struct options options;
	int status = EXIT_BAD_INPUT;
	int err;

	if (streams_fill()) {
		fputs("katrace: cannot open /dev/null\n", stderr);
		return EXIT_TROUBLE;
	}
	setlocale(LC_CTYPE, "C.UTF-8"); /* where there is none: see utf8_width() */
	err = options_parse(&options, argc, argv);
	if (!err)
		status = run[options.command](&options);
	if (err == -ENOMEM) {
		fputs("katrace: out of memory\n", stderr);
		status = EXIT_TROUBLE;
	}
	options_clear(&options);
	return status;
}
