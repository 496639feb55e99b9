// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/title.h"

#include <stdbool.h>
#include <string.h>

/* A part of a text that is stored elsewhere; at is NULL: none. */
struct word {
	const char *at;
	size_t length;
};

/* The rest of a command line. */
struct words {
	const char *at, *end;
};

/*
 * How a runtime reads its command line up to the program that it runs. Options are written as in its manual, with
 * spaces between them.
 */
struct runtime {
	const char *name;     /* without the version at its end */
	bool has_letters;     /* -uW ignore is -u -W ignore */
	bool has_files;       /* @FILE stands for words that are read from it */
	const char *values;   /* options that have a value, in the next word or behind a letter */
	const char *attached; /* letters with a value in the same word, if any */
	const char *programs; /* options whose value is the program */
	const char *code;     /* options that run no program, but a text */
	const char *commands; /* words before the program */
};

#define JAVA_VALUES                                                                                                    \
	"-cp -classpath --class-path -p --module-path --upgrade-module-path --add-modules --limit-modules "            \
	"--add-exports --add-opens --add-reads --patch-module --enable-native-access --source"
#define PERL_ATTACHED "CDFMVdimx"
#define PHP_VALUES "-c --php-ini -d --define -z --zend-extension -t --docroot -S --server"
#define PHP_CODE "-r --run -B --process-begin -R --process-code -E --process-end"
#define RUBY_VALUES "-C -E -I -r --encoding --external-encoding --internal-encoding --enable --disable"
#define NODE_VALUES                                                                                                    \
	"-r --require --import --loader --experimental-loader -C --conditions --env-file --env-file-if-exists "        \
	"--title --inspect-port --debug-port --icu-data-dir --openssl-config --redirect-warnings "                     \
	"--trace-event-categories --trace-event-file-pattern --max-http-header-size --dns-result-order "               \
	"--unhandled-rejections --input-type --diagnostic-dir --report-dir --report-directory --report-filename "      \
	"--report-signal --heapsnapshot-signal --heapsnapshot-near-heap-limit --cpu-prof-dir --cpu-prof-name "         \
	"--cpu-prof-interval --heap-prof-dir --heap-prof-name --heap-prof-interval --tls-cipher-list --tls-keylog "    \
	"--secure-heap --secure-heap-min --disable-proto --disable-warning --v8-pool-size --watch-path "               \
	"--localstorage-file --experimental-default-type --es-module-specifier-resolution --experimental-policy"
#define DOTNET_VALUES                                                                                                  \
	"--depsfile --runtimeconfig --additionalprobingpath --additional-deps --fx-version --roll-forward "            \
	"--roll-forward-on-no-candidate-fx"

static const struct runtime runtimes[] = {
	{ .name = "java", .has_files = true, .values = JAVA_VALUES, .programs = "-jar -m --module" },
	{ .name = "python",
	  .has_letters = true,
	  .values = "-W -X --check-hash-based-pycs",
	  .programs = "-m",
	  .code = "-c" },
	{ .name = "pypy", .has_letters = true, .values = "-W -X", .programs = "-m", .code = "-c" },
	{ .name = "node", .values = NODE_VALUES, .code = "-e --eval -p --print -pe", .commands = "inspect" },
	{ .name = "nodejs", .values = NODE_VALUES, .code = "-e --eval -p --print -pe", .commands = "inspect" },
	{ .name = "ruby", .has_letters = true, .values = RUBY_VALUES, .attached = "FKTWix", .code = "-e" },
	{ .name = "perl", .has_letters = true, .values = "-I", .attached = PERL_ATTACHED, .code = "-e -E" },
	{ .name = "php",
	  .has_letters = true,
	  .values = PHP_VALUES,
	  .programs = "-f --file -F --process-file",
	  .code = PHP_CODE },
	{ .name = "dotnet", .values = DOTNET_VALUES, .commands = "exec" },
	{ .name = "mono", .values = "--config" },
	{ .name = "mono-sgen", .values = "--config" },
};

/* False at the end. The last word may lack its zero. */
static bool next_word(struct words *words, struct word *word)
{
	if (words->at == words->end)
		return false;
	word->at = words->at;
	word->length = strnlen(words->at, (size_t)(words->end - words->at));
	words->at += word->length;
	if (words->at < words->end)
		words->at++;
	return true;
}

static bool is(const struct word *word, const char *text)
{
	return word->length == strlen(text) && memcmp(word->at, text, word->length) == 0;
}

/* Where the word is in the list, which may be NULL; NULL: nowhere. */
static const char *find_in(const char *list, const struct word *word)
{
	size_t length;

	for (; list && *list; list += length + (list[length] == ' ')) {
		length = strcspn(list, " ");
		if (length == word->length && memcmp(list, word->at, length) == 0)
			return list;
	}
	return NULL;
}

static struct word base_name(struct word path)
{
	const char *slash;

	while (path.length && path.at[path.length - 1] == '/')
		path.length--;
	slash = path.length ? memrchr(path.at, '/', path.length) : NULL;
	if (!slash)
		return path;
	path.length -= (size_t)(slash + 1 - path.at);
	path.at = slash + 1;
	return path;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "python" of "/usr/bin/python3.11" */
static struct word without_version(struct word path)
{
	struct word name = base_name(path);

	while (name.length && (is_digit(name.at[name.length - 1]) || name.at[name.length - 1] == '.'))
		name.length--;
	return name;
}

static bool may_be_in_name(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || (!first && is_digit(c));
}

/* By convention a class is in a package, and has a capital letter: org.example.Main. Returns its own name, or NULL. */
static const char *name_of_class(const struct word *word)
{
	const char *own = NULL;
	bool first = true;

	for (size_t i = 0; i < word->length; i++) {
		const bool dot = !first && word->at[i] == '.';

		if (!dot && !may_be_in_name(word->at[i], first))
			return NULL;
		if (dot)
			own = word->at + i + 1;
		first = dot;
	}
	return own && !first && *own >= 'A' && *own <= 'Z' ? own : NULL;
}

/* --- a program and its options --- */

enum option { OPTION_UNKNOWN, OPTION_SKIPPED, OPTION_TELLS };

/* The value is in the same word, or its place is NULL: if the option has one, it is the next word. */
static enum option take_option(const struct runtime *runtime, const struct word *option, struct word value,
			       struct words *words, struct word *program)
{
	const char *code = find_in(runtime->code, option);
	const bool names_program = find_in(runtime->programs, option);

	if (code) {
		*program = (struct word){ code, option->length };
		return OPTION_TELLS;
	}
	if (!names_program && !find_in(runtime->values, option))
		return OPTION_UNKNOWN;
	if (!value.at && !next_word(words, &value))
		return OPTION_SKIPPED;
	if (names_program)
		*program = value;
	return names_program ? OPTION_TELLS : OPTION_SKIPPED;
}

/* "--name", or "--name=value" */
static enum option take_word(const struct runtime *runtime, const struct word *word, struct words *words,
			     struct word *program)
{
	const char *equals = memchr(word->at, '=', word->length);
	struct word option = *word, value = { NULL, 0 };

	if (equals) {
		option.length = (size_t)(equals - word->at);
		value = (struct word){ equals + 1, word->length - option.length - 1 };
	}
	return take_option(runtime, &option, value, words, program);
}

/* "-uW ignore" */
static enum option take_letters(const struct runtime *runtime, const struct word *word, struct words *words,
				struct word *program)
{
	enum option result;
	struct word rest;

	for (size_t i = 1; i < word->length; i++) {
		const char text[] = { '-', word->at[i] };
		const struct word option = { text, sizeof(text) };

		rest = (struct word){ word->at + i + 1, word->length - i - 1 };
		if (!rest.length)
			rest.at = NULL;
		result = take_option(runtime, &option, rest, words, program);
		if (result != OPTION_UNKNOWN)
			return result;
		if (runtime->attached && strchr(runtime->attached, word->at[i]))
			break;
	}
	return OPTION_UNKNOWN;
}

static struct word find_program(const struct runtime *runtime, struct words words)
{
	const struct word none = { NULL, 0 };
	bool options = true, files = false;
	struct word word, program;
	enum option result;

	while (next_word(&words, &word)) {
		if (options && is(&word, "--")) {
			options = false;
		} else if (options && word.length > 1 && word.at[0] == '-') {
			result = runtime->has_letters && word.at[1] != '-'
					 ? take_letters(runtime, &word, &words, &program)
					 : take_word(runtime, &word, &words, &program);
			if (result == OPTION_TELLS)
				return program;
		} else if (runtime->has_files && word.length && word.at[0] == '@') {
			files = true;
		} else if (!find_in(runtime->commands, &word)) {
			/* the program may be in a file, and this an argument of it */
			return is(&word, "-") || (files && !name_of_class(&word)) ? none : word;
		}
	}
	return none;
}

/* --- Erlang --- */

/* Options come in any order: the best one is the first here. RabbitMQ names its node later: it has -s rabbit boot. */
static struct word find_node(const struct words *words)
{
	static const char *const options[] = { "-sname", "-name", "-s", "-run", "-progname" };
	struct word word, value;
	struct words rest;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		rest = *words;
		while (next_word(&rest, &word) && !is(&word, "-extra"))
			if (is(&word, options[i]) && next_word(&rest, &value) && value.length && *value.at != '-' &&
			    !is(&value, "erl"))
				return value;
	}
	return (struct word){ NULL, 0 };
}

/* --- titles --- */

static bool find_in_words(struct word name, const struct words *words, struct word *title)
{
	const struct word plain = without_version(name);

	if (is(&plain, "beam.smp") || is(&plain, "beam")) {
		*title = find_node(words);
		return true;
	}
	for (size_t i = 0; i < sizeof(runtimes) / sizeof(runtimes[0]); i++) {
		if (!is(&plain, runtimes[i].name))
			continue;
		*title = find_program(&runtimes[i], *words);
		return true;
	}
	return false;
}

/* At most TITLE_LENGTH bytes, and no part of a character. */
static size_t whole_length(const struct word *title)
{
	size_t length = TITLE_LENGTH;

	if (title->length <= TITLE_LENGTH)
		return title->length;
	while (length > TITLE_LENGTH - 3 && ((unsigned char)title->at[length] & 0xc0) == 0x80)
		length--;
	return length;
}

void title_find(char title[TITLE_LENGTH + 1], const char *args, size_t n, const char *name)
{
	struct words words = { args, args + n };
	struct word first, found = { NULL, 0 };

	memset(title, 0, TITLE_LENGTH + 1);
	if (!next_word(&words, &first))
		return;
	if (!find_in_words(first, &words, &found))
		find_in_words((struct word){ name, strlen(name) }, &words, &found);
	found = base_name(found);
	if (!found.length || is(&found, ".") || is(&found, ".."))
		return;
	memcpy(title, found.at, whole_length(&found));
}

const char *title_in_brief(const char *title)
{
	const struct word word = { title, strlen(title) };

	return name_of_class(&word) ?: title;
}
