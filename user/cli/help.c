// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/help.h"

#include <string.h>

#define INDENT 2
#define GAP 2
/* Longer names are on a line of their own, before their help. */
#define NAME_MAX_COLUMNS 28

/* Prints words, wrapped and indented to column. The first line starts where the caller stopped, at column. */
static void print_wrapped(FILE *out, const char *text, int column)
{
	int at = column;

	while (*text) {
		const int length = (int)strcspn(text, " ");

		if (at > column && at + 1 + length > HELP_COLUMNS) {
			fprintf(out, "\n%*s", column, "");
			at = column;
		}
		at += fprintf(out, "%s%.*s", at > column ? " " : "", length, text);
		text += length;
		text += strspn(text, " ");
	}
	fputs("\n", out);
}

/* One entry: its name, then its help from column on. */
static void print_entry(FILE *out, const char *name, const char *help, int column)
{
	const int used = fprintf(out, "%*s%s", INDENT, "", name);

	if (used + GAP > column)
		fprintf(out, "\n%*s", column, "");
	else
		fprintf(out, "%*s", column - used, "");
	print_wrapped(out, help, column);
}

int help_option_name(const struct option_line *line, char *text, size_t size)
{
	const char *before = !line->argument ? "" : line->optional ? "[=" : " ";
	const char letter[] = { '-', (char)line->letter, ',', ' ', '\0' };

	return snprintf(text, size, "%s--%s%s%s%s", line->letter ? letter : "    ", line->name, before,
			line->argument ? line->argument : "", line->optional ? "]" : "");
}

/* The column of the help texts of these options; common: of the common options only. */
static int help_column(enum command_id command, bool common)
{
	char name[128];
	int widest = 0, width;

	EACH_OPTION(line, command)
	{
		width = help_option_name(line, name, sizeof(name));
		if (width > widest && width <= NAME_MAX_COLUMNS && (line->common || !common))
			widest = width;
	}
	return INDENT + widest + GAP;
}

static void print_commands(FILE *out)
{
	char name[64];

	for (enum command_id i = 0; i < COMMANDS; i++) {
		const char *argument = commands[i].argument;
		const bool needed = commands[i].argument_needed;

		snprintf(name, sizeof(name), "%s%s%s%s", commands[i].name,
			 !argument ? ""
			 : needed  ? " "
				   : " [",
			 argument ? argument : "", !argument || needed ? "" : "]");
		print_entry(out, name, commands[i].help, 18);
	}
}

void help_overview(FILE *out)
{
	const int column = help_column(COMMAND_TRACE, true);
	char name[128];

	fputs("Usage: katrace [COMMAND] [OPTION...]\n"
	      "Show what TCP keepalive does to each connection, live.\n\nCommands:\n",
	      out);
	print_commands(out);
	fputs("\nCommon options of trace:\n", out);
	EACH_OPTION(line, COMMAND_TRACE)
	{
		if (!line->common)
			continue;
		help_option_name(line, name, sizeof(name));
		print_entry(out, name, line->help, column);
	}
	fputs("\nAll options of a command: katrace help COMMAND. More: man katrace.\n", out);
}

static void print_group(FILE *out, enum command_id command, enum option_group group, int column)
{
	bool any = false;
	char name[128];

	EACH_OPTION(line, command)
	{
		if (line->group != group)
			continue;
		if (!any)
			fprintf(out, "\n%s:\n", group_names[group]);
		any = true;
		help_option_name(line, name, sizeof(name));
		print_entry(out, name, line->help, column);
	}
}

static bool has_argument(enum command_id command, const char *argument)
{
	EACH_OPTION(line, command)
	if (line->argument && strcmp(line->argument, argument) == 0)
		return true;
	return false;
}

static void print_forms(FILE *out, enum command_id command)
{
	bool any = false;

	for (size_t i = 0; argument_forms[i].name; i++) {
		if (!has_argument(command, argument_forms[i].name))
			continue;
		if (!any)
			fputs("\n", out);
		any = true;
		print_wrapped(out, argument_forms[i].form, 0);
	}
}

void help_command(FILE *out, enum command_id id)
{
	const struct command *command = &commands[id];
	const int column = help_column(id, false);

	fprintf(out, "Usage: katrace %s [OPTION...]", command->name);
	if (command->argument)
		fprintf(out, command->argument_needed ? " %s" : " [%s]", command->argument);
	fprintf(out, "\n%s.\n", command->help);
	if (command->notes)
		print_wrapped(out, command->notes, 0);
	for (enum option_group group = 0; group < GROUPS; group++)
		print_group(out, id, group, column);
	print_forms(out, id);
}
