// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Help offers what the parser accepts, for every command and every option of the table. */
#include "unit.h"

#include "cli/help.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* An argument that the option takes. */
static const char *plausible(const struct option_line *line)
{
	static const struct {
		const char *argument, *value;
	} values[] = {
		{ "NAME,...", "init" },
		{ "WHERE,...", "10.0.0.1" },
		{ "PORT,...", "22,8000-8010" },
		{ "PATH,...", "/" },
		{ "ID,...", "c0ffee" },
		{ "NETNS,...", "4026531840" },
		{ "FILE", "/dev/null" },
		{ "MODE", "kprobe" },
		{ "EVENTS", "5" },
		{ "TIME", "10m" },
		{ "KIB", "64" },
		{ "NAME", "root" },
		{ "SILENT[,DUE]", "1h,1d" },
	};
	static char pid[16];

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (line->argument && strcmp(line->argument, values[i].argument) == 0)
			return values[i].value;
	snprintf(pid, sizeof(pid), "%d", getpid());
	return line->argument ? pid : NULL;
}

/* *printed is what it prints on stderr; the caller frees it. */
static int parse(struct options *options, char **argv, char **printed)
{
	int saved = dup(STDERR_FILENO), argc = 0, err;
	FILE *file = tmpfile();
	size_t size = 0;

	assert_true(saved >= 0 && file);
	while (argv[argc])
		argc++;
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	err = options_parse(options, argc, argv);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	*printed = NULL;
	if (getdelim(printed, &size, '\0', file) < 0)
		**printed = '\0'; /* nothing was printed; getdelim() has allocated memory */
	fclose(file);
	return err;
}

static int parse_option(enum command_id command, const char *option, const char *argument, char **printed)
{
	const bool needs_pid = strcmp(option, "--children") == 0;
	const char *after = commands[command].argument_needed ? "-" : NULL;
	char *argv[8] = { "katrace", (char *)commands[command].name, (char *)option };
	struct options options;
	int n = 3, err;

	if (argument)
		argv[n++] = (char *)argument;
	if (needs_pid)
		argv[n++] = "-p1";
	argv[n] = (char *)after;
	err = parse(&options, argv, printed);
	options_clear(&options);
	return err;
}

static void accepted(enum command_id command, const struct option_line *line, const char *option, bool joined)
{
	char text[128], *printed;
	const char *value = plausible(line);
	int err;

	snprintf(text, sizeof(text), "%s%s%s", option, joined && value ? "=" : "", joined && value ? value : "");
	err = parse_option(command, text, joined || line->optional ? NULL : value, &printed);
	if (err || *printed)
		fail_msg("katrace %s %s: %d, %s", commands[command].name, text, err, printed);
	free(printed);
}

static void refused(enum command_id command, const struct option_line *line, const char *option)
{
	char *printed;
	int err = parse_option(command, option, line->optional ? NULL : plausible(line), &printed);

	if (err != -EINVAL || strncmp(printed, "katrace: ", 9) != 0 ||
	    strchr(printed, '\n') != printed + strlen(printed) - 1)
		fail_msg("katrace %s %s: %d, %s", commands[command].name, option, err, printed);
	free(printed);
}

static char *page(enum command_id command)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	if (command == COMMANDS)
		help_overview(file);
	else
		help_command(file, command);
	fclose(file);
	return text;
}

/* How many lines of the page begin with this option? Long names are alone on their line. */
static int offers(const char *text, const struct option_line *line)
{
	char name[128], entry[160];
	int n = 0;

	help_option_name(line, name, sizeof(name));
	snprintf(entry, sizeof(entry), "\n  %s", name);
	for (const char *at = strstr(text, entry); at; at = strstr(at + 1, entry))
		n += at[strlen(entry)] == ' ' || at[strlen(entry)] == '\n';
	return n;
}

/* By name alone: another line may offer it with another argument. */
/* Also as the beginning of a longer one. */
static bool takes_name(enum command_id command, const char *name)
{
	EACH_OPTION(line, command)
	if (strncmp(line->name, name, strlen(name)) == 0)
		return true;
	return false;
}

static bool takes_letter(enum command_id command, char letter)
{
	EACH_OPTION(line, command)
	if (line->letter == letter)
		return true;
	return false;
}

static void try_option(enum command_id command, const struct option_line *line, const char *text)
{
	const char letter[] = { '-', (char)line->letter, '\0' };
	const bool taken = command_takes(command, line);
	char name[64];

	snprintf(name, sizeof(name), "--%s", line->name);
	if ((taken || !takes_name(command, line->name)) && offers(text, line) != taken)
		fail_msg("katrace help %s shows --%s %d times", commands[command].name, line->name, offers(text, line));
	if (taken) {
		accepted(command, line, name, false);
		accepted(command, line, name, true);
		if (line->letter)
			accepted(command, line, letter, false);
		return;
	}
	if (!takes_name(command, line->name))
		refused(command, line, name);
	if (line->letter && !takes_letter(command, line->letter))
		refused(command, line, letter);
}

static void help_offers_what_is_taken(void **state)
{
	(void)state;
	for (enum command_id command = 0; command < COMMANDS; command++) {
		char *text = page(command);

		for (const struct option_line *line = option_lines; line->name; line++)
			try_option(command, line, text);
		free(text);
	}
}

static void no_name_is_used_twice(void **state)
{
	(void)state;
	for (enum command_id command = 0; command < COMMANDS; command++) {
		EACH_OPTION(a, command)
		{
			EACH_OPTION(b, command)
			{
				if (a == b)
					continue;
				assert_string_not_equal(a->name, b->name);
				assert_true(!a->letter || a->letter != b->letter);
			}
		}
	}
}

static size_t longest_line(const char *text, size_t *lines)
{
	size_t longest = 0, length;

	for (*lines = 0; *text; ++*lines) {
		length = strcspn(text, "\n");
		longest = length > longest ? length : longest;
		assert_true(!length || text[length - 1] != ' ');
		text += length + 1;
	}
	return longest;
}

static void pages_fit(void **state)
{
	size_t lines;

	(void)state;
	for (enum command_id command = 0; command <= COMMANDS; command++) {
		char *text = page(command);

		assert_true(longest_line(text, &lines) < 80);
		free(text);
	}
	/* the last page is the overview: with a prompt below it, it fills a screen */
	assert_in_range(lines, 15, 23);
}

/* All of it on one line: the name of the option, then its help. */
static void the_overview_wraps_nothing(void **state)
{
	char *text = page(COMMANDS);

	(void)state;
	EACH_OPTION(line, COMMAND_TRACE)
	{
		char end[256];

		snprintf(end, sizeof(end), "  %s\n", line->help);
		assert_int_equal(offers(text, line), line->common);
		assert_true(!line->common || strstr(text, end));
	}
	for (enum command_id command = 0; command < COMMANDS; command++)
		assert_non_null(strstr(text, commands[command].help));
	free(text);
}

#define says(...) what_is_said((char *[]){ "katrace", __VA_ARGS__, NULL })

static const char *what_is_said(char **argv)
{
	static char last[512];
	struct options options;
	char *printed;

	assert_int_equal(parse(&options, argv, &printed), -EINVAL);
	options_clear(&options);
	snprintf(last, sizeof(last), "%s", printed);
	free(printed);
	return last;
}

static void unknown_options_name_the_nearest(void **state)
{
	(void)state;
	assert_string_equal(says("--cuont", "5"), "katrace: unknown option '--cuont' (did you mean '--count'?); "
						  "see katrace trace --help\n");
	assert_string_equal(says("--xyzzy=5"), "katrace: unknown option '--xyzzy'; see katrace trace --help\n");
	assert_string_equal(says("list", "-jx"), "katrace: unknown option '-x'; see katrace list --help\n");
	assert_string_equal(says("--watch=2"), "katrace: --watch is an option of katrace list, not of katrace trace; "
					       "see katrace trace --help\n");
	assert_string_equal(says("help", "--json"), "katrace: --json is an option of katrace trace, list and doctor, "
						    "not of katrace help; see katrace help --help\n");
	assert_string_equal(says("-\xc3\xa9"), "katrace: unknown option '-?'; see katrace trace --help\n");
	assert_string_equal(says("replay", "--cgroup=/", "f"),
			    "katrace: replay cannot take --cgroup: recordings do not "
			    "contain cgroups; see katrace replay --help\n");
	assert_string_equal(says("list", "--no"), "katrace: option '--no' is ambiguous: --no-keepalive, --no-header; "
						  "see katrace list --help\n");
	assert_string_equal(says("--="), "katrace: unknown option '--'; see katrace trace --help\n");
}

static void bad_arguments_say_what_would_be_right(void **state)
{
	(void)state;
	assert_string_equal(says("list", "--watch", "5"),
			    "katrace: --watch takes its argument after '=': --watch=5; see katrace list --help\n");
	assert_string_equal(says("list", "-jw", "5"),
			    "katrace: --watch takes its argument after '=': --watch=5; see katrace list --help\n");
	assert_string_equal(says("list", "--silent-over", "9999d"),
			    "katrace: --silent-over: '9999d' is longer than 3650d; see katrace list --help\n");
	assert_string_equal(says("list", "--silent-over", "1.5h"),
			    "katrace: --silent-over: '1.5h' is not a time such as 90, 90s, 10m, 2h or 3d; "
			    "see katrace list --help\n");
	assert_string_equal(says("-p"), "katrace: --pid requires an argument: PID,...; see katrace trace --help\n");
	assert_string_equal(says("--json=x"), "katrace: --json takes no argument; see katrace trace --help\n");
	assert_string_equal(says("-c", "systemd-timesyncd"),
			    "katrace: --comm: 'systemd-timesyncd' is not a name of 1 to 15 characters; "
			    "see katrace trace --help\n");
	assert_string_equal(says("--mode", "magic"), "katrace: --mode must be auto, fentry, kprobe or tracepoint, not "
						     "'magic'; see katrace trace --help\n");
	assert_string_equal(says("--peer", "::1:80"),
			    "katrace: --peer: '::1:80': write [ADDRESS] or [ADDRESS]:PORT, for "
			    "both may be meant; see katrace trace --help\n");
	assert_string_equal(says("-d", "1\n2"), "katrace: --duration: '1?2' is not a time such as 90, 90s, 10m, 2h or "
						"3d; see katrace trace --help\n");
}

static void so_do_commands(void **state)
{
	(void)state;
	assert_string_equal(says("lsit"),
			    "katrace: unknown command 'lsit' (did you mean 'list'?); see katrace --help\n");
	assert_string_equal(says("junk"), "katrace: unknown command 'junk'; see katrace --help\n");
	assert_string_equal(says("-p1", "list"),
			    "katrace: the command comes first: katrace list; see katrace --help\n");
	assert_string_equal(says("list", "trace"),
			    "katrace: list takes no argument 'trace'; see katrace list --help\n");
	assert_string_equal(says("list", "x"), "katrace: list takes no argument 'x'; see katrace list --help\n");
	assert_string_equal(says("replay"), "katrace: replay requires FILE: a recording, or - for standard input; "
					    "see katrace replay --help\n");
	assert_string_equal(says("replay", "a", "b"),
			    "katrace: replay takes one FILE; 'b' is a second; see katrace replay --help\n");
}

/* --sysctl alone would ignore them. */
static void sysctls_are_not_selected(void **state)
{
	char text[128];

	(void)state;
	EACH_OPTION(line, COMMAND_LIST)
	{
		const char *value = plausible(line);

		if (line->group > GROUP_WHAT || strcmp(line->name, "sysctl") == 0 || strcmp(line->name, "netns") == 0)
			continue;
		snprintf(text, sizeof(text), "--%s%s%s", line->name, value ? "=" : "", value ? value : "");
		says("list", "--sysctl", text);
	}
	assert_string_equal(says("list", "--port=22", "--sysctl"),
			    "katrace: --sysctl shows network namespaces: --netns selects them, options that select "
			    "connections do not; see katrace list --help\n");
}

static void topic_of(char **argv, enum command_id command, enum command_id topic)
{
	struct options options;
	char *printed;

	assert_int_equal(parse(&options, argv, &printed), 0);
	assert_int_equal(options.command, command);
	if (command == COMMAND_HELP)
		assert_int_equal(options.topic, topic);
	options_clear(&options);
	free(printed);
}

#define topic_is(command, topic, ...) topic_of((char *[]){ "katrace", __VA_ARGS__, NULL }, command, topic)

static void ways_to_ask_for_help(void **state)
{
	(void)state;
	topic_is(COMMAND_HELP, COMMANDS, "--help");
	topic_is(COMMAND_HELP, COMMANDS, "-h");
	topic_is(COMMAND_HELP, COMMANDS, "help");
	topic_is(COMMAND_HELP, COMMAND_LIST, "help", "list");
	topic_is(COMMAND_HELP, COMMAND_LIST, "list", "--help");
	topic_is(COMMAND_HELP, COMMAND_TRACE, "trace", "-jh");
	topic_is(COMMAND_HELP, COMMAND_REPLAY, "replay", "-h", "--no-such");
	topic_is(COMMAND_VERSION, 0, "version");
	topic_is(COMMAND_VERSION, 0, "--version");
	topic_is(COMMAND_VERSION, 0, "list", "-V");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_offers_what_is_taken),
		cmocka_unit_test(no_name_is_used_twice),
		cmocka_unit_test(pages_fit),
		cmocka_unit_test(the_overview_wraps_nothing),
		cmocka_unit_test(unknown_options_name_the_nearest),
		cmocka_unit_test(bad_arguments_say_what_would_be_right),
		cmocka_unit_test(so_do_commands),
		cmocka_unit_test(sysctls_are_not_selected),
		cmocka_unit_test(ways_to_ask_for_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
