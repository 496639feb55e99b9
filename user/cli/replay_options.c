// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/replay_options.h"

#include "cli/errors.h"

#include <errno.h>
#include <stdio.h>

static const struct argp_option known[] = {
	{ "help", 'h', NULL, 0, "Give this help list", -1 },
	{ 0 },
};

static error_t take(int key, char *arg, struct argp_state *state)
{
	struct replay_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		/* getopt has said what is wrong with an option: no second line from argp */
		state->err_stream = NULL;
		state->child_inputs[0] = &options->filters;
		return 0;
	case 'h':
		state->name = (char *)"katrace replay";
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		return 0;
	case ARGP_KEY_ARG:
		if (options->file)
			return bad_input("replay takes one file, and '%s' is a second; use cat, and - as the file",
					 arg);
		options->file = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		return bad_input("replay needs the file of a recording, or - for standard input");
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &filters_argp, 0, NULL, 1 }, { 0 } };

static const struct argp argp = {
	.options = known,
	.parser = take,
	.children = children,
	.help_filter = filters_help,
	.args_doc = "FILE|-",
	.doc = "Shows what katrace --json recorded as katrace would have shown it live, in local time. - reads standard "
	       "input: zcat katrace.log.gz | katrace replay -\v"
	       "Lines that are not katrace's are passed over, and counted. Processes and namespaces are those of the "
	       "recording; they need not exist any more.",
};

int replay_options_parse(struct replay_options *options, int argc, char **argv)
{
	*options = (struct replay_options){ .filters = { .filter = filter_new(), .recorded = true } };
	if (!options->filters.filter)
		return -ENOMEM;
	return -argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, options);
}

void replay_options_clear(struct replay_options *options)
{
	filter_free(options->filters.filter);
	options->filters.filter = NULL;
}
