// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/list_options.h"

#include "cli/parse.h"
#include "cli/errors.h"
#include "model/integer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	KEY_NO_KEEPALIVE = 0x100,
	KEY_SILENT_OVER,
	KEY_ZOMBIES,
	KEY_MIDDLEBOX,
	KEY_DUE_WITHIN,
	KEY_LISTENING,
	KEY_SYSCTL,
	KEY_CSV,
	KEY_NO_HEADER,
	KEY_BTF
};

#define WATCH_DEFAULT_S 2
#define DURATION_MAX_S (3650 * 86400UL)

/* Their help is help_text below: argp would take two screens for it. */
static const struct argp_option known[] = {
	{ "no-keepalive", KEY_NO_KEEPALIVE, NULL, 0, NULL, 0 },
	{ "silent-over", KEY_SILENT_OVER, "TIME", 0, NULL, 0 },
	{ "zombies", KEY_ZOMBIES, "SILENT[,DUE]", OPTION_ARG_OPTIONAL, NULL, 0 },
	{ "middlebox-timeout", KEY_MIDDLEBOX, "SECONDS", 0, NULL, 0 },
	{ "due-within", KEY_DUE_WITHIN, "TIME", 0, NULL, 0 },
	{ "listening", KEY_LISTENING, NULL, 0, NULL, 0 },
	{ "summary", 's', NULL, 0, NULL, 0 },
	{ "sysctl", KEY_SYSCTL, NULL, 0, NULL, 0 },
	{ "watch", 'w', "SECONDS", OPTION_ARG_OPTIONAL, NULL, 0 },
	{ "json", 'j', NULL, 0, NULL, 0 },
	{ "csv", KEY_CSV, NULL, 0, NULL, 0 },
	{ "no-header", KEY_NO_HEADER, NULL, 0, NULL, 0 },
	{ "btf", KEY_BTF, "FILE", 0, NULL, 0 },
	{ "verbose", 'v', NULL, 0, NULL, 0 },
	{ "help", 'h', NULL, 0, NULL, 0 },
	{ 0 },
};

static const char help_text[] = "Usage: katrace list [OPTION...]\n"
				"Every TCP connection's keepalive at a glance, problems first. Values with a *\n"
				"are the sysctls', the others the socket set itself. TIME: 90, 90s, 10m, 2h, 3d.\n"
				"\n"
				"Only those that meet all of:\n"
				"  -p PID,..  --children  -c NAME,..  --cgroup PATH  --container ID  --netns NS\n"
				"  --local WHERE  --peer WHERE  --port N,..  -4  -6  --failures (katrace --help)\n"
				"  --no-keepalive              established, keepalive off\n"
				"  --silent-over TIME          peer not heard for longer\n"
				"  --zombies[=SILENT[,DUE]]    established, silent for 10m, and keepalive off or\n"
				"                              not due within 1h\n"
				"  --middlebox-timeout SECONDS first probe too late for what forgets them sooner\n"
				"  --due-within TIME           keepalive timer fires within\n"
				"  --listening                 listeners with keepalive on, instead\n"
				"Output:\n"
				"  -s, --summary               per process, then findings in words\n"
				"  --sysctl                    the three sysctls, per network namespace in use\n"
				"  -w, --watch[=SECONDS]       again every 2 seconds, until Ctrl-C\n"
				"  -j, --json, --csv           a line for each; see katrace schema\n"
				"  --no-header                 no line of titles\n"
				"  --btf FILE                  kernel types (BTF) from this file\n"
				"  -v, --verbose               times on stderr; -vv: libbpf's messages too\n"
				"Needs root, or CAP_BPF and CAP_PERFMON.\n";

static error_t take_duration(const char *option, const char *arg, uint64_t *us)
{
	uint64_t seconds;

	if (parse_duration(arg, DURATION_MAX_S, &seconds))
		return bad_input("%s: '%s' is not a time: 90, 90s, 10m, 2h or 3d", option, arg);
	*us = seconds * 1000000;
	return 0;
}

static error_t take_middlebox(struct list_options *options, const char *arg)
{
	if (take_duration("--middlebox-timeout", arg, &options->criteria.middlebox_us))
		return EINVAL;
	if (!options->criteria.middlebox_us)
		return bad_input("--middlebox-timeout: nothing forgets a connection after 0 seconds");
	options->criteria.by_middlebox = true;
	return 0;
}

static error_t take_zombies(struct list_options *options, const char *arg)
{
	char silent[32];
	const char *comma = arg ? strchr(arg, ',') : NULL;
	const size_t length = !arg ? 0 : comma ? (size_t)(comma - arg) : strlen(arg);

	options->criteria.zombies = true;
	if (!arg)
		return 0;
	if (length >= sizeof(silent))
		return bad_input("--zombies: '%s' is not a time: 90, 90s, 10m, 2h or 3d", arg);
	snprintf(silent, sizeof(silent), "%.*s", (int)length, arg);
	if (take_duration("--zombies", silent, &options->zombies.silent_us))
		return EINVAL;
	return comma ? take_duration("--zombies", comma + 1, &options->zombies.due_us) : 0;
}

static error_t take_watch(struct list_options *options, const char *arg)
{
	options->watch_s = WATCH_DEFAULT_S;
	if (arg && parse_number(arg, 1, 86400, &options->watch_s))
		return bad_input("--watch: '%s' is not a number of seconds from 1 to 86400", arg);
	return 0;
}

static error_t take_format(struct list_options *options, enum list_format format)
{
	if (options->format != LIST_TEXT && options->format != format)
		return bad_input("--json or --csv: not both");
	options->format = format;
	return 0;
}

static error_t take_view(struct list_options *options, enum list_view view)
{
	if (options->view != VIEW_SOCKETS && options->view != view)
		return bad_input("--summary or --sysctl: not both");
	options->view = view;
	return 0;
}

static error_t check(const struct list_options *options)
{
	if (options->view != VIEW_SOCKETS && options->format != LIST_TEXT)
		return bad_input("--summary and --sysctl are text: not with --json or --csv");
	return 0;
}

static error_t take(int key, char *arg, struct argp_state *state)
{
	struct list_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->err_stream = NULL; /* getopt has said what is wrong: one line is enough */
		state->child_inputs[0] = &options->filters;
		return 0;
	case KEY_NO_KEEPALIVE:
		options->criteria.no_keepalive = true;
		return 0;
	case KEY_SILENT_OVER:
		options->criteria.by_silence = true;
		return take_duration("--silent-over", arg, &options->criteria.silent_over_us);
	case KEY_ZOMBIES:
		return take_zombies(options, arg);
	case KEY_MIDDLEBOX:
		return take_middlebox(options, arg);
	case KEY_DUE_WITHIN:
		options->criteria.by_due = true;
		return take_duration("--due-within", arg, &options->criteria.due_within_us);
	case KEY_LISTENING:
		options->criteria.listeners = true;
		return 0;
	case 's':
		return take_view(options, VIEW_SUMMARY);
	case KEY_SYSCTL:
		return take_view(options, VIEW_SYSCTL);
	case 'w':
		return take_watch(options, arg);
	case 'j':
		return take_format(options, LIST_JSON);
	case KEY_CSV:
		return take_format(options, LIST_CSV);
	case KEY_NO_HEADER:
		options->no_header = true;
		return 0;
	case KEY_BTF:
		options->btf = arg;
		return need_readable("--btf", arg);
	case 'v':
		options->verbose++;
		return 0;
	case 'h':
		fputs(help_text, stdout);
		exit(fflush(stdout) ? 1 : 0);
	case ARGP_KEY_ARG:
		return bad_input("list takes no argument '%s'; see katrace list --help", arg);
	case ARGP_KEY_END:
		options->criteria.problems = filter_wants_failures(options->filters.filter);
		return check(options);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &filters_argp, 0, NULL, 1 }, { 0 } };

static const struct argp argp = { .options = known, .parser = take, .children = children };

int list_options_parse(struct list_options *options, int argc, char **argv)
{
	*options = (struct list_options){
		.filters.filter = filter_new(),
		.zombies = { .silent_us = 600 * 1000000ULL, .due_us = 3600 * 1000000ULL },
	};
	if (!options->filters.filter)
		return -ENOMEM;
	return -argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, options);
}

void list_options_clear(struct list_options *options)
{
	filter_free(options->filters.filter);
	options->filters.filter = NULL;
}
