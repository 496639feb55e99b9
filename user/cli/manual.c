// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/manual.h"

#include "cli/options.h"

#include <string.h>

/* The commands whose options the manual lists: not those that take only --help and --version. */
#define DESCRIBED ((1U << COMMAND_TRACE) | (1U << COMMAND_LIST) | (1U << COMMAND_REPLAY) | (1U << COMMAND_DOCTOR))

#define LINE_MAX_COLUMNS 80

/* Dashes can be copied then, and no apostrophe starts a request. */
static const char *escaped(char c)
{
	switch (c) {
	case '-':
		return "\\-";
	case '\\':
		return "\\e";
	case '\'':
		return "\\(aq";
	default:
		return NULL;
	}
}

static int roff_width(const char *text, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; i++)
		width += escaped(text[i]) ? strlen(escaped(text[i])) : 1;
	return (int)width;
}

static void print_roff(FILE *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (escaped(text[i]))
			fputs(escaped(text[i]), out);
		else
			fputc(text[i], out);
	}
}

/* Words in lines of at most LINE_MAX_COLUMNS; each sentence begins a line, as roff requires. */
static void print_sentences(FILE *out, const char *text)
{
	size_t length;
	int at = 0, width;

	for (; *text; text += length + strspn(text + length, " ")) {
		length = strcspn(text, " ");
		width = roff_width(text, length);
		if (at && at + 1 + width > LINE_MAX_COLUMNS) {
			fputs("\n", out);
			at = 0;
		}
		at += width + (at ? fprintf(out, " ") : 0);
		print_roff(out, text, length);
		if (length && text[length - 1] == '.') {
			fputs("\n", out);
			at = 0;
		}
	}
	if (at)
		fputs("\n", out);
}

/* The commands that take an option, unless all do. */
static void print_takers(FILE *out, unsigned int bits)
{
	const char *before = " (";

	if ((bits & DESCRIBED) == DESCRIBED)
		return;
	for (unsigned int i = 0; i < COMMANDS; i++) {
		if (!(bits & (1U << i)))
			continue;
		fprintf(out, "%s%s", before, commands[i].name);
		before = ", ";
	}
	fputs(")", out);
}

static void print_entry(FILE *out, const struct option_line *line)
{
	char help[256];

	fputs(".TP\n\\fB", out);
	if (line->letter)
		fprintf(out, "\\-%c\\fR, \\fB", line->letter);
	fputs("\\-\\-", out);
	print_roff(out, line->name, strlen(line->name));
	fputs("\\fR", out);
	if (line->argument)
		fprintf(out, "%s\\fI%s\\fR%s", line->optional ? "[=" : " ", line->argument, line->optional ? "]" : "");
	print_takers(out, line->commands);
	fputs("\n", out);
	snprintf(help, sizeof(help), "%s.", line->help);
	print_sentences(out, help);
	if (line->more)
		print_sentences(out, line->more);
}

/* Does it have options other than those of all commands? */
static bool has_options(enum command_id command)
{
	EACH_OPTION(line, command)
	if (line->kind != OPTION_HELP && line->kind != OPTION_VERSION)
		return true;
	return false;
}

void manual_synopsis(FILE *out)
{
	for (enum command_id i = 0; i < COMMANDS; i++) {
		const struct command *command = &commands[i];

		fprintf(out, i == COMMAND_TRACE ? "\\fBkatrace\\fR [\\fB%s\\fR]" : ".br\n\\fBkatrace %s\\fR",
			command->name);
		if (has_options(i))
			fputs(" [\\fIOPTION\\fR...]", out);
		if (command->argument)
			fprintf(out, command->argument_needed ? " \\fI%s\\fR" : " [\\fI%s\\fR]", command->argument);
		fputs("\n", out);
	}
}

void manual_options(FILE *out)
{
	for (enum option_group group = 0; group < GROUPS; group++) {
		fprintf(out, ".SS %s\n", group_names[group]);
		for (const struct option_line *line = option_lines; line->name; line++)
			if (line->group == group)
				print_entry(out, line);
	}
	fputs(".SS Arguments\n", out);
	for (size_t i = 0; argument_forms[i].name; i++) {
		if (i)
			fputs(".br\n", out);
		print_sentences(out, argument_forms[i].form);
	}
}
