/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The options of all commands, and the commands, as data. Parsing, help, the manual's OPTIONS and shell completion
 * follow from these two tables: to add an option, add its line and the member of struct options it fills.
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

/* What is listed. */
enum list_view { VIEW_SOCKETS, VIEW_SUMMARY, VIEW_SYSCTL };

struct filter_options {
	struct filter *filter;
	bool filtered; /* some connections were asked for */
	bool children; /* and those of all descendants of the processes asked for */
};

/* What a command line says. Strings are the command line's own. */
struct options {
	enum command_id command;
	enum command_id topic; /* of help; COMMANDS: katrace as a whole */
	const char *argument;  /* the command's; NULL: none */

	/* of several commands */
	struct filter_options filters;
	bool json;
	const char *btf;
	int verbose;                  /* 2: libbpf's messages too */
	uint64_t middlebox_timeout_s; /* 0: none; list has it among its criteria */

	/* trace */
	uint64_t duration_s;    /* 0: until told to end */
	uint64_t count;         /* of events; 0: any number */
	uint64_t stats_s;       /* sums this often; 0: at the end */
	bool no_answers;        /* find them late */
	bool all;               /* connections whose keepalive never acts, too */
	const char *output;     /* a file; NULL: stdout */
	const char *record;     /* a file that gets JSON beside it; NULL: none */
	const char *user;       /* to run as; NULL: unchanged */
	struct account account; /* of user */
	uint64_t buffer_kib;    /* of the ring */
	enum hook_mode mode;

	/* list */
	struct criteria criteria;
	struct zombie_limits zombies;
	bool csv, summary, sysctl; /* as typed; they are told by format and view */
	enum list_format format;
	enum list_view view;
	bool no_header;
	uint64_t watch_s; /* again and again after this time; 0: once */

	/* replay */
	const char *file; /* "-": stdin */
};

/* How an option is taken. */
enum option_kind {
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_FLAG,     /* bool */
	OPTION_COUNTER,  /* int: how often it was given */
	OPTION_NUMBER,   /* uint64_t, from min to max of unit */
	OPTION_DURATION, /* uint64_t, microseconds; the bool at given is set */
	OPTION_CHOICE,   /* unsigned int or an enum: the place among choices */
	OPTION_INPUT,    /* const char *: a file that can be read */
	OPTION_OUTPUT,   /* const char *: a file to write */
	OPTION_ITEMS,    /* a list with commas, each item of which narrows the filter */
	OPTION_OWN,      /* by a function of its own */
};

/* Headings of help and manual. */
enum option_group { GROUP_FILTERS, GROUP_WHAT, GROUP_OUTPUT, GROUP_LIMITS, GROUP_KERNEL, GROUP_GENERAL, GROUPS };

struct option_line {
	int letter;            /* 0: none */
	const char *name;      /* without dashes */
	const char *argument;  /* what help calls it; NULL: there is none */
	unsigned int commands; /* bits: 1 << COMMAND_... */
	enum option_group group;
	const char *help;         /* a line */
	const char *more;         /* for the manual: further sentences; NULL: none */
	const char *not_recorded; /* what recordings lack, for which replay cannot take it; NULL: no such reason */
	bool common;              /* katrace --help shows it */
	bool optional;            /* the argument may be left out: --name[=ARGUMENT] */

	enum option_kind kind;
	size_t at, given;             /* in struct options */
	uint64_t min, max, otherwise; /* otherwise: when the argument is left out */
	const char *unit;             /* "seconds"; OPTION_ITEMS: what an item is */
	const char *const *choices;   /* NULL last */
	int (*take_item)(void *filter, const char *item);
	int (*take)(struct options *options, const char *argument); /* 0, -ENOMEM, or as bad_input() */
};

struct command {
	const char *name;
	const char *argument;    /* what help calls it; NULL: there is none */
	const char *argument_is; /* in words */
	bool argument_needed;
	const char *help;                      /* a line */
	const char *notes;                     /* further sentences, for its own help */
	int (*check)(struct options *options); /* all options together: 0, or as bad_input(); may be NULL */
};

extern const struct option_line option_lines[]; /* by group; a line without a name ends it */
extern const struct command commands[COMMANDS];
extern const char *const group_names[GROUPS];

/* What arguments of these names look like; a line without a name ends it. */
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
 * Fills *options, which options_clear() frees in any case, from a whole command line: argv[1] may name the command.
 * Help asked for by an option is the help command, with its topic. Returns 0; -EINVAL for bad input, after one line on
 * stderr; or -ENOMEM.
 */
int options_parse(struct options *options, int argc, char **argv);
void options_clear(struct options *options);

#endif
