// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/command_line.h"

#include "cli/errors.h"
#include "cli/nearest.h"
#include "cli/parse.h"
#include "cli/values.h"
#include "model/integer.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* getopt_long() returns the letter of a short option, or LONG plus the index in option_lines for a long option. */
#define LONG 0x100
#define OPTIONS_MAX 64

/* The options of one command, for getopt_long(). */
struct known {
	struct option longs[OPTIONS_MAX + 1];
	char letters[3 * OPTIONS_MAX + 2];
};

/* --- values --- */

static int take_items(struct options *options, const struct option_line *line, const char *argument)
{
	char item[PATH_MAX] = "";
	int err;

	options->filters.filtered = true;
	err = parse_list(argument, line->take_item, options->filters.filter, item, sizeof(item));
	switch (err) {
	case 0:
	case -ENOMEM:
		return err;
	case -ESRCH:
		return bad_input(options, "--%s: there is no process %s", line->name, item);
	case -ENOENT:
		return bad_input(options, "--%s: there is no '%s'", line->name, item);
	case -ENOTUNIQ:
		return bad_input(options, "--%s: '%s': write [ADDRESS] or [ADDRESS]:PORT, for both may be meant",
				 line->name, item);
	case -EINVAL:
		return bad_input(options, "--%s: '%s' is not %s", line->name, item, line->unit);
	default:
		return bad_input(options, "--%s: cannot read '%s': %s", line->name, item, strerror(-err));
	}
}

static int take_number(struct options *options, const struct option_line *line, const char *argument, uint64_t *number)
{
	if (parse_number(argument, line->min, line->max, number))
		return bad_input(options, "--%s: '%s' is not a number of %s from %llu to %llu", line->name, argument,
				 line->unit, (unsigned long long)line->min, (unsigned long long)line->max);
	return 0;
}

/* "auto, fentry, kprobe or tracepoint": words, NULL last, with last before the last one. */
static void join(const char *const *words, const char *last, char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; words[i] && used < size; i++) {
		const char *before = !i ? "" : words[i + 1] ? ", " : last;

		used += (size_t)snprintf(text + used, size - used, "%s%s", before, words[i]);
	}
}

static int take_choice(struct options *options, const struct option_line *line, const char *argument,
		       unsigned int *place)
{
	char all[256] = "";

	for (unsigned int i = 0; line->choices[i]; i++) {
		if (strcmp(argument, line->choices[i]) != 0)
			continue;
		*place = i;
		return 0;
	}
	join(line->choices, " or ", all, sizeof(all));
	return bad_input(options, "--%s must be %s, not '%s'", line->name, all, argument);
}

static int take_file(struct options *options, const struct option_line *line, const char *argument, const char **file)
{
	if (!argument || !*argument)
		return bad_input(options, "--%s: '' is not the name of a file", line->name);
	if (line->kind == OPTION_INPUT && access(argument, R_OK))
		return bad_input(options, "--%s: cannot read '%s': %s", line->name, argument, strerror(errno));
	*file = argument;
	return 0;
}

static int take(struct options *options, const struct option_line *line, const char *argument)
{
	void *member = (char *)options + line->at;

	switch (line->kind) {
	case OPTION_FLAG:
		*(bool *)member = true;
		return 0;
	case OPTION_COUNTER:
		++*(int *)member;
		return 0;
	case OPTION_NUMBER:
		return take_number(options, line, argument, member);
	case OPTION_SECONDS:
		*(uint64_t *)member = line->otherwise;
		return argument ? take_seconds(options, line->name, argument, line->min, line->max, member) : 0;
	case OPTION_DURATION:
		*(bool *)((char *)options + line->given) = true;
		return take_duration(options, line->name, argument, member);
	case OPTION_CHOICE:
		return take_choice(options, line, argument, member);
	case OPTION_INPUT:
	case OPTION_OUTPUT:
		return take_file(options, line, argument, member);
	case OPTION_ITEMS:
		return take_items(options, line, argument);
	case OPTION_OWN:
		return line->take(options, argument);
	default:
		return 0; /* help and version end parsing before this */
	}
}

/* --- errors --- */

/* "trace, list and replay" */
static void join_commands(unsigned int bits, char *text, size_t size)
{
	const char *names[COMMANDS + 1] = { NULL };
	size_t n = 0;

	for (unsigned int i = 0; i < COMMANDS; i++)
		if (bits & (1U << i))
			names[n++] = commands[i].name;
	join(names, " and ", text, size);
}

/* Rejects an option of another command, by name, or by letter if name is NULL. Returns -EINVAL, or 0 if there is none.
 */
static int refuse_foreign(struct options *options, const char *name, char letter)
{
	const struct option_line *found = NULL;
	unsigned int bits = 0;
	char takers[128] = "";

	for (const struct option_line *line = option_lines; line->name; line++) {
		if (name ? strcmp(line->name, name) != 0 : line->letter != letter)
			continue;
		found = line;
		bits |= line->commands;
	}
	if (!found)
		return 0;
	if (options->command == COMMAND_REPLAY && found->not_recorded)
		return bad_input(options, "replay cannot take --%s: recordings do not contain %s", found->name,
				 found->not_recorded);
	join_commands(bits, takers, sizeof(takers));
	return bad_input(options, "--%s is an option of katrace %s, not of katrace %s", found->name, takers,
			 commands[options->command].name);
}

static int refuse_letter(struct options *options, char letter)
{
	const int shown = (unsigned char)letter < 0x80 ? letter : '?'; /* otherwise only a part of a character */

	return refuse_foreign(options, NULL, letter) ?: bad_input(options, "unknown option '-%c'", shown);
}

static int refuse_ambiguous(struct options *options, const char *word)
{
	char all[512] = "";
	size_t used = 0;

	EACH_OPTION(line, options->command)
	if (strncmp(line->name, word, strlen(word)) == 0 && used < sizeof(all))
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s--%s", used ? ", " : "", line->name);
	return bad_input(options, "option '--%s' is ambiguous: %s", word, all);
}

/* text is what was typed, for example "--watch=2" */
static int refuse_word(struct options *options, const char *text)
{
	char word[256];
	struct nearest nearest = { .typed = word };
	size_t alike = 0;
	int err;

	text += strspn(text, "-");
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(text, "="), text);
	EACH_OPTION(line, options->command)
	{
		alike += strncmp(line->name, word, strlen(word)) == 0;
		nearest_try(&nearest, line->name);
	}
	err = refuse_foreign(options, word, 0);
	if (err)
		return err;
	if (alike > 1 && *word)
		return refuse_ambiguous(options, word);
	if (nearest.word)
		return bad_input(options, "unknown option '--%s' (did you mean '--%s'?)", word, nearest.word);
	return bad_input(options, "unknown option '--%s'", word);
}

/* --- options --- */

static void know(struct known *known, enum command_id command)
{
	char *letter = known->letters;
	size_t n = 0;

	*letter++ = ':'; /* distinguishes missing arguments from unknown options */
	EACH_OPTION(line, command)
	{
		if (n == OPTIONS_MAX)
			break;
		known->longs[n++] = (struct option){
			.name = line->name,
			.has_arg = !line->argument  ? no_argument
				   : line->optional ? optional_argument
						    : required_argument,
			.val = LONG + (int)(line - option_lines),
		};
		if (!line->letter)
			continue;
		*letter++ = (char)line->letter;
		for (int colons = known->longs[n - 1].has_arg; colons > 0; colons--)
			*letter++ = ':';
	}
	*letter = '\0';
}

/* The line for a result of getopt_long(); NULL: not an option of the command. */
static const struct option_line *find_line(enum command_id command, int key)
{
	if (key >= LONG)
		return &option_lines[key - LONG];
	EACH_OPTION(line, command)
	if (line->letter == key)
		return line;
	return NULL;
}

static int refuse(struct options *options, int key, const char *text)
{
	const struct option_line *line = find_line(options->command, optopt);

	if (key == ':')
		return bad_input(options, "--%s requires an argument: %s", line->name, line->argument);
	if (optopt >= LONG)
		return bad_input(options, "--%s takes no argument", line->name);
	return optopt ? refuse_letter(options, (char)optopt) : refuse_word(options, text);
}

/* "--watch 5": an optional argument must be joined. next is what follows; an argument of the command may do so. */
static int refuse_separate(struct options *options, const struct option_line *line, const char *next)
{
	if (!next || *next == '-' || commands[options->command].argument)
		return 0;
	return bad_input(options, "--%s takes its argument after '=': --%s=%s", line->name, line->name, next);
}

/* Returns 1 for --help or --version: the rest of the command line is ignored. */
static int parse_options(struct options *options, int argc, char **argv)
{
	const struct option_line *line;
	struct known known = { 0 };
	int err, key;

	know(&known, options->command);
	opterr = 0;
	optind = 0; /* glibc: from the start */
	for (;;) {
		key = getopt_long(argc, argv, known.letters, known.longs, NULL);
		if (key == -1)
			return 0;
		if (key == '?' || key == ':')
			return refuse(options, key, argv[optind - 1]);
		line = find_line(options->command, key);
		if (line->kind == OPTION_HELP || line->kind == OPTION_VERSION) {
			options->command = line->kind == OPTION_HELP ? COMMAND_HELP : COMMAND_VERSION;
			return 1;
		}
		err = take(options, line, optarg);
		if (!err && line->optional && !optarg)
			err = refuse_separate(options, line, argv[optind]);
		if (err)
			return err;
	}
}

/* --- commands and their arguments --- */

int find_command(struct options *options, const char *name, enum command_id *found)
{
	struct nearest nearest = { .typed = name };

	for (enum command_id i = 0; i < COMMANDS; i++) {
		nearest_try(&nearest, commands[i].name);
		if (strcmp(commands[i].name, name) != 0)
			continue;
		*found = i;
		return 0;
	}
	options->command = COMMANDS;
	if (nearest.word)
		return bad_input(options, "unknown command '%s' (did you mean '%s'?)", name, nearest.word);
	return bad_input(options, "unknown command '%s'", name);
}

/* "katrace --json list": trace need not be named, so list looks like its argument. */
static int refuse_argument(struct options *options, const char *argument)
{
	const char *name = commands[options->command].name;

	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, argument) != 0 || options->command != COMMAND_TRACE)
			continue;
		options->command = COMMANDS;
		return bad_input(options, "the command comes first: katrace %s", argument);
	}
	return bad_input(options, "%s takes no argument '%s'", name, argument);
}

static int take_arguments(struct options *options, int n, char **arguments)
{
	const struct command *command = &commands[options->command];

	if (n && !command->argument)
		return refuse_argument(options, arguments[0]);
	if (n > 1)
		return bad_input(options, "%s takes one %s; '%s' is a second", command->name, command->argument,
				 arguments[1]);
	if (!n && command->argument_needed)
		return bad_input(options, "%s requires %s: %s", command->name, command->argument, command->argument_is);
	options->argument = arguments[0];
	return 0;
}

static int parse_all(struct options *options, int argc, char **argv)
{
	const bool named = argc > 1 && argv[1][0] != '-';
	int err = named ? find_command(options, argv[1], &options->command) : 0;

	if (err)
		return err;
	options->topic = named ? options->command : COMMANDS;
	err = parse_options(options, argc - named, argv + named);
	if (err)
		return err < 0 ? err : 0;
	err = take_arguments(options, argc - named - optind, argv + named + optind);
	if (!err && commands[options->command].check)
		err = commands[options->command].check(options);
	return err;
}

int options_parse(struct options *options, int argc, char **argv)
{
	*options = (struct options){
		.filters.filter = filter_new(),
		.buffer_kib = 16UL * 1024,
		.max_connections = 200000,
		.zombies = { .silent_us = 600 * 1000000ULL, .due_us = 3600 * 1000000ULL },
	};
	return options->filters.filter ? parse_all(options, argc, argv) : -ENOMEM;
}

void options_clear(struct options *options)
{
	filter_free(options->filters.filter);
	options->filters.filter = NULL;
}
