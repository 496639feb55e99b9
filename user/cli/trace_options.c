// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/trace_options.h"

#include "cli/parse.h"
#include "cli/errors.h"
#include "model/integer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_MODE = 0x100, KEY_BTF, KEY_BUFFER, KEY_STATS, KEY_USER, KEY_MIDDLEBOX, KEY_NO_ANSWERS, KEY_ALL };

/* Short enough for one line each: --help must fit a screen. */
static const struct argp_option known[] = {
	{ "all", KEY_ALL, NULL, 0, "Also connections whose keepalive never acts", 2 },
	{ "duration", 'd', "SECONDS", 0, "End after this time", 2 },
	{ "count", 'n', "EVENTS", 0, "End after this many events", 2 },
	{ "json", 'j', NULL, 0, "Events as JSON, one a line (katrace schema)", 2 },
	{ "output", 'o', "FILE", 0, "Append to this file; SIGHUP reopens it", 2 },
	{ "stats", KEY_STATS, "SECONDS", 0, "Tell the sums this often, not only at the end", 2 },
	{ "middlebox-timeout", KEY_MIDDLEBOX, "S", 0, "Warn if the first probe comes after S seconds", 2 },
	{ "user", KEY_USER, "NAME", 0, "Run as this user once attached", 3 },
	{ "mode", KEY_MODE, "MODE", 0, "auto (default), fentry, kprobe or tracepoint", 3 },
	{ "verbose", 'v', NULL, 0, "Say what was chosen and why; -vv: libbpf too", 3 },
	/* rarely needed: in the manual, but not in --help, which must fit a screen */
	{ "btf", KEY_BTF, "FILE", OPTION_HIDDEN, NULL, 3 },
	{ "buffer", KEY_BUFFER, "KIB", OPTION_HIDDEN, NULL, 3 },
	{ "no-answers", KEY_NO_ANSWERS, NULL, OPTION_HIDDEN, NULL, 3 },
	{ "help", 'h', NULL, 0, "Give this help list, or the version", -1 },
	{ "version", 'V', NULL, OPTION_ALIAS, NULL, -1 },
	{ 0 },
};

static error_t take_number(const char *option, const char *what, const char *arg, uint64_t max, uint64_t *number)
{
	if (parse_number(arg, 1, max, number))
		return bad_input("%s: '%s' is not a number of %s from 1 to %llu", option, arg, what,
				 (unsigned long long)max);
	return 0;
}

static error_t take_mode(struct trace_options *options, const char *arg)
{
	if (hook_mode_parse(arg, &options->mode))
		return bad_input("--mode: '%s' is none of auto, fentry, kprobe and tracepoint", arg);
	return 0;
}

static error_t take_user(struct trace_options *options, const char *arg)
{
	int err = account_find(arg, &options->account);

	if (err == -ENOENT)
		return bad_input("--user: there is no user '%s' in /etc/passwd", arg);
	if (err)
		return bad_input("--user: cannot look up '%s': %s", arg, strerror(-err));
	options->user = arg;
	return 0;
}

/* bpf(2) takes a power of two, whole pages */
static error_t take_buffer(struct trace_options *options, const char *arg)
{
	uint64_t kib;

	if (parse_number(arg, (uint64_t)sysconf(_SC_PAGESIZE) / 1024, 1024UL * 1024, &kib) || (kib & (kib - 1)))
		return bad_input("--buffer: '%s' is not a power of two from a page to 1048576", arg);
	options->buffer_kib = (uint32_t)kib;
	return 0;
}

static error_t take(int key, char *arg, struct argp_state *state)
{
	struct trace_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		/* getopt has said what is wrong with an option: no second line from argp */
		state->err_stream = NULL;
		state->child_inputs[0] = &options->filters;
		return 0;
	case 'd':
		return take_number("--duration", "seconds", arg, 366 * 86400UL, &options->duration_s);
	case 'n':
		return take_number("--count", "events", arg, UINT64_MAX, &options->count);
	case 'j':
		options->json = true;
		return 0;
	case 'o':
		options->output = arg;
		return *arg ? 0 : bad_input("--output: '' is no file");
	case KEY_MIDDLEBOX:
		return take_number("--middlebox-timeout", "seconds", arg, UINT32_MAX, &options->middlebox_timeout_s);
	case KEY_NO_ANSWERS:
		options->no_answers = true;
		return 0;
	case KEY_STATS:
		return take_number("--stats", "seconds", arg, 366 * 86400UL, &options->stats_s);
	case KEY_USER:
		return take_user(options, arg);
	case KEY_ALL:
		options->all = true;
		return 0;
	case KEY_MODE:
		return take_mode(options, arg);
	case KEY_BTF:
		options->btf = arg;
		return need_readable("--btf", arg);
	case KEY_BUFFER:
		return take_buffer(options, arg);
	case 'v':
		options->verbose++;
		return 0;
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		return 0;
	case 'V':
		printf("katrace %s\n", KATRACE_VERSION);
		exit(0);
	case ARGP_KEY_ARG:
		return bad_input("'%s' is no option and no command; see katrace --help", arg);
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
	/* on the first line: a .doc would take two more */
	.args_doc = "- TCP keepalive, live; more: man katrace, katrace doctor",
};

int options_parse(struct trace_options *options, int argc, char **argv)
{
	*options = (struct trace_options){ .buffer_kib = 16 * 1024, .filters.filter = filter_new() };
	if (!options->filters.filter)
		return -ENOMEM;
	return -argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, options);
}

void options_clear(struct trace_options *options)
{
	filter_free(options->filters.filter);
	options->filters.filter = NULL;
}
