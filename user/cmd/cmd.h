/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The commands. Each takes its options, which the caller keeps, and returns an exit status. */
#ifndef KATRACE_CMD_H
#define KATRACE_CMD_H

#include "cli/options.h"

enum exit_status {
	EXIT_OK = 0,
	EXIT_TROUBLE = 1,   /* katrace could not do its work: privileges, the kernel, the output */
	EXIT_BAD_INPUT = 2, /* bad command line */
};

int cmd_trace(const struct options *options);
int cmd_list(const struct options *options);
int cmd_replay(const struct options *options);
int cmd_doctor(const struct options *options);
int cmd_schema(const struct options *options);
int cmd_help(const struct options *options);
int cmd_version(const struct options *options);

/* The exit status of a command that has printed to stdout; prints an error if that failed. */
int stdout_status(void);

#endif
