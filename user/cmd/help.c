// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace help and katrace version. */
#include "cmd/cmd.h"
#include "cli/help.h"

#include <bpf/libbpf.h>
#include <stdio.h>

int stdout_status(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_OK;
	perror("katrace: cannot write to the standard output");
	return EXIT_TROUBLE;
}

int cmd_help(const struct options *options)
{
	if (options->topic == COMMANDS)
		help_overview(stdout);
	else
		help_command(stdout, options->topic);
	return stdout_status();
}

int cmd_version(const struct options *options)
{
	(void)options;
	printf("katrace %s\nlibbpf %s\n", KATRACE_VERSION, libbpf_version_string());
	return stdout_status();
}
