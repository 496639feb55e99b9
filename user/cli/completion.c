// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/manual.h"

#include "cli/options.h"

#include <string.h>

static const char title[] = "# bash completion for katrace, made from its table of options\n";

/* for files only: else a command is taken for the directory that has its name */
static const char files[] = "\n"
			    "_katrace_files() {\n"
			    "\tcompopt -o filenames\n"
			    "\tmapfile -t COMPREPLY < <(compgen -f -- \"$1\")\n"
			    "}\n";

static const char head[] = "\n"
			   "_katrace() {\n"
			   "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
			   "\tlocal command=trace options words\n"
			   "\tCOMPREPLY=()\n"
			   "\n"
			   "\t# bash takes --mode=kprobe for three words\n"
			   "\tif [ \"$cur\" = = ]; then\n"
			   "\t\tcur=\n"
			   "\telif [ \"$prev\" = = ]; then\n"
			   "\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n"
			   "\tfi\n";

static const char tail[] = "\n"
			   "\tif [[ $cur == -* ]]; then\n"
			   "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
			   "\telif [ \"$COMP_CWORD\" = 1 ]; then\n"
			   "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
			   "\telse\n"
			   "\t\t_katrace_argument \"$command\" \"$cur\"\n"
			   "\tfi\n"
			   "}\n"
			   "\n"
			   "complete -F _katrace katrace\n";

static void print_command_names(FILE *out)
{
	for (enum command_id i = 0; i < COMMANDS; i++)
		fprintf(out, "%s%s", i ? " " : "", commands[i].name);
}

/* The argument of each command is completed with names of commands or files. */
static void print_arguments(FILE *out)
{
	fputs("\n_katrace_argument() {\n\tcase $1 in\n", out);
	for (enum command_id i = 0; i < COMMANDS; i++) {
		if (!commands[i].argument)
			continue;
		fprintf(out, "\t%s) ", commands[i].name);
		if (strcmp(commands[i].argument, "FILE") == 0) {
			fputs("_katrace_files \"$2\"", out);
		} else {
			fputs("mapfile -t COMPREPLY < <(compgen -W '", out);
			print_command_names(out);
			fputs("' -- \"$2\")", out);
		}
		fputs(" ;;\n", out);
	}
	fputs("\tesac\n}\n", out);
}

static void print_options(FILE *out)
{
	fputs("\n\twords='", out);
	print_command_names(out);
	fputs("'\n\tcase \" $words \" in\n\t*\" ${COMP_WORDS[1]} \"*) command=${COMP_WORDS[1]} ;;\n\tesac\n\tcase $command in\n",
	      out);
	for (enum command_id i = 0; i < COMMANDS; i++) {
		const char *before = "";

		fprintf(out, "\t%s) options='", commands[i].name);
		EACH_OPTION(line, i)
		{
			fprintf(out, "%s--%s", before, line->name);
			if (line->letter)
				fprintf(out, " -%c", line->letter);
			before = " ";
		}
		fputs("' ;;\n", out);
	}
	fputs("\tesac\n", out);
}

static bool completes(const struct option_line *line)
{
	return line->kind == OPTION_INPUT || line->kind == OPTION_OUTPUT || line->kind == OPTION_CHOICE;
}

static void print_patterns(FILE *out, enum command_id command, const struct option_line *line)
{
	fprintf(out, "%s:--%s", commands[command].name, line->name);
	if (line->letter)
		fprintf(out, " | %s:-%c", commands[command].name, line->letter);
}

/* Completed with the choices, or with files. */
static void print_value(FILE *out, const struct option_line *line)
{
	fputs(")\n\t\t", out);
	if (line->kind == OPTION_CHOICE) {
		fputs("mapfile -t COMPREPLY < <(compgen -W '", out);
		for (size_t i = 0; line->choices[i]; i++)
			fprintf(out, "%s%s", i ? " " : "", line->choices[i]);
		fputs("' -- \"$cur\")", out);
	} else {
		fputs("_katrace_files \"$cur\"", out);
	}
	fputs("\n\t\treturn\n\t\t;;\n", out);
}

/* The required argument of an option is completed with its values, or not at all. */
static void print_values(FILE *out)
{
	const char *before = "\t";

	fputs("\n\tcase $command:$prev in\n", out);
	for (enum command_id i = 0; i < COMMANDS; i++) {
		EACH_OPTION(line, i)
		{
			if (!completes(line))
				continue;
			fputs("\t", out);
			print_patterns(out, i, line);
			print_value(out, line);
		}
	}
	for (enum command_id i = 0; i < COMMANDS; i++) {
		EACH_OPTION(line, i)
		{
			if (!line->argument || line->optional || completes(line))
				continue;
			fputs(before, out);
			print_patterns(out, i, line);
			before = " | \\\n\t\t";
		}
	}
	fputs(") return ;;\n\tesac\n", out);
}

void bash_completion(FILE *out)
{
	fputs(title, out);
	fputs(files, out);
	print_arguments(out);
	fputs(head, out);
	print_options(out);
	print_values(out);
	fputs(tail, out);
}
