/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The commands, and the options of all commands, as data. Parsing, help, OPTIONS of the manual and shell completion
 * follow from these two tables: to add an option, add its line, and the member of struct options that it sets.
 */
#ifndef KATRACE_OPTIONS_H
#define KATRACE_OPTIONS_H

#include "model/criteria.h"
#include "model/filter.h"
#include "model/hook_mode.h"
#include "system/account.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum command_id {
	COMMAND_TRACE, /* the default */
	COMMAND_LIST,
	COMMAND_REPLAY,
	COMMAND_DOCTOR,
	COMMAND_SCHEMA,
	COMMAND_HELP,
	COMMAND_VERSION,
	COMMANDS
};

enum list_format { LIST_TEXT, LIST_JSON, LIST_CSV };

/* What katrace list shows. */
enum list_view { VIEW_SOCKETS, VIEW_SUMMARY, VIEW_SYSCTL };

struct filter_options {
	struct filter *filter;
	bool filtered; /* there is a filter */
	bool children; /* with all descendants of the processes of --pid */
};

/* A parsed command line. Strings point into the command line. */
struct options {
	enum command_id command;
	enum command_id topic; /* of help; COMMANDS: katrace itself */
	const char *argument;  /* of the command; NULL: none */

	/* of several commands */
	struct filter_options filters;
	bool json;
	const char *btf;
	int verbose;                  /* 2: libbpf's messages too */
	uint64_t middlebox_timeout_s; /* 0: none; for list it is in criteria */
	uint64_t max_connections;     /* remembered at once */

	/* trace */
	uint64_t duration_s;    /* 0: no limit */
	uint64_t count;         /* of events; 0: no limit */
	uint64_t stats_s;       /* interval of the totals; 0: only at the end */
	bool no_answers;        /* no hook for answers: find them late */
	bool all;               /* also connections whose keepalive never acts */
	const char *output;     /* a file; NULL: stdout */
	const char *record;     /* a file that also gets JSON; NULL: none */
	const char *user;       /* run as this user; NULL: unchanged */
	struct account account; /* of user */
	uint64_t buffer_kib;    /* of the ring */
	enum hook_mode mode;

	/* list */
	struct criteria criteria;
	struct zombie_limits zombies;
	bool csv, summary, sysctl; /* as given; format and view follow from them */
	enum list_format format;
	enum list_view view;
	bool no_header;
	bool all_namespaces;
	uint64_t watch_s; /* repeat after this time; 0: once */

	/* replay */
	const char *file; /* "-": stdin */
};

/* How the argument of an option is stored. */
enum option_kind {
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_FLAG,     /* bool */
	OPTION_COUNTER,  /* int: how often the option was given */
	OPTION_NUMBER,   /* uint64_t, from min to max of unit */
	OPTION_SECONDS,  /* uint64_t, a time from min to max */
	OPTION_DURATION, /* uint64_t, microseconds; the bool at given is set */
	OPTION_CHOICE,   /* unsigned int or an enum: the index in choices */
	OPTION_INPUT,    /* const char *: a readable file */
	OPTION_OUTPUT,   /* const char *: a file to write */
	OPTION_ITEMS,    /* a comma-separated list of items for the filter */
	OPTION_OWN,      /* by a function of its own */
};

/* Headings of help and manual. */
enum option_group { GROUP_FILTERS, GROUP_WHAT, GROUP_OUTPUT, GROUP_LIMITS, GROUP_KERNEL, GROUP_GENERAL, GROUPS };

struct option_line {
	int letter;            /* 0: none */
	const char *name;      /* without dashes */
	const char *argument;  /* its name in help; NULL: none */
	unsigned int commands; /* bits: 1 << COMMAND_... */
	enum option_group group;
	const char *help;         /* one line */
	const char *more;         /* for the manual: further sentences; NULL: none */
	const char *not_recorded; /* what recordings lack, so replay refuses the option; NULL: does not apply */
	bool common;              /* katrace --help shows it */
	bool optional;            /* the argument is optional: --name[=ARGUMENT] */

	enum option_kind kind;
	size_t at, given;             /* offsets in struct options */
	uint64_t min, max, otherwise; /* otherwise: without the argument */
	const char *unit;             /* "events"; OPTION_ITEMS: what an item is */
	const char *const *choices;   /* NULL last */
	int (*take_item)(void *filter, const char *item);
	int (*take)(struct options *options, const char *argument); /* 0, -ENOMEM, or bad_input() */
};

struct command {
	const char *name;
	const char *argument;    /* its name in help; NULL: none */
	const char *argument_is; /* in words */
	bool argument_needed;
	const char *help;                      /* one line */
	const char *notes;                     /* further sentences, for its own help */
	int (*check)(struct options *options); /* checks across options: 0, or bad_input(); may be NULL */
};

extern const struct option_line option_lines[]; /* by group; a line without a name ends the table */
extern const struct command commands[COMMANDS];
extern const char *const group_names[GROUPS];

/* The syntax of arguments with these names; a line without a name ends the table. */
extern const struct argument_form {
	const char *name, *form;
} argument_forms[];

static inline bool command_takes(enum command_id command, const struct option_line *line)
{
	return line->commands & (1U << command);
}

/* Every option of command, with line as the loop variable. */
#define EACH_OPTION(line, command)                                                                                     \
	for (const struct option_line *(line) = option_lines; (line)->name; (line)++)                                  \
		if (command_takes(command, line))

/*
 * Fills *options from a whole command line; argv[1] may be the command. Always call options_clear() afterwards. --help
 * becomes the help command with its topic. Returns 0; -EINVAL for bad input, after one line on stderr; or -ENOMEM.
 */
int options_parse(struct options *options, int argc, char **argv);
void options_clear(struct options *options);

#endif
