/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The subcommands. Each takes its own arguments, argv[0] included, and returns an exit status. */
#ifndef KATRACE_CMD_H
#define KATRACE_CMD_H

enum exit_status {
	EXIT_OK = 0,
	EXIT_TROUBLE = 1,   /* katrace could not do it: privileges, the kernel, the output */
	EXIT_BAD_INPUT = 2, /* what was asked for makes no sense */
};

int cmd_trace(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_schema(int argc, char **argv);

#endif
