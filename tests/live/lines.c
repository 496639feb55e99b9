// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "lines.h"

#include "live.h"
#include "must.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *last_line(const char *text)
{
	const char *at = text + strlen(text);

	if (at > text)
		at--; /* its newline */
	while (at > text && at[-1] != '\n')
		at--;
	return at;
}

bool line_with(const char *text, const char *a, const char *b, char *line, size_t size)
{
	for (; *text; text += strcspn(text, "\n") + 1) {
		snprintf(line, size, "%.*s", (int)strcspn(text, "\n"), text);
		if (strstr(line, a) && strstr(line, b))
			return true;
		if (!text[strcspn(text, "\n")])
			break;
	}
	return false;
}

unsigned long long number_after(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	assert_non_null(at);
	return strtoull(at + strlen(key), NULL, 10);
}

double timestamp_of(const char *line)
{
	struct tm tm = { 0 };
	const char *at = strstr(line, "\"timestamp\":\"");

	assert_non_null(at);
	at = strptime(at + strlen("\"timestamp\":\""), "%Y-%m-%dT%H:%M:%S", &tm);
	assert_non_null(at);
	return (double)timegm(&tm) + strtod(at, NULL);
}

/* What a stretch of a run's lines adds up to. */
struct sums {
	uint64_t lines, missing; /* missing: from the gaps in sequence */
	uint64_t reported;       /* lost in the output, as events_lost has it */
};

static void add_lines(struct sums *sums, const char *text)
{
	uint64_t sequence;
	const char *end;
	char line[4096];

	for (; *text; text = end + 1) {
		end = strchr(text, '\n');
		assert_non_null(end);
		assert_true((size_t)(end - text) < sizeof(line));
		snprintf(line, sizeof(line), "%.*s", (int)(end - text), text);
		assert_ptr_equal(strstr(line, "{\"timestamp\":"), line);
		assert_string_equal(line + strlen(line) - 2, "}}");
		sequence = number_after(line, "\"sequence\":");
		assert_true(sequence > sums->lines + sums->missing);
		sums->missing = sequence - ++sums->lines;
		if (strstr(line, "\"stage\":\"output\""))
			sums->reported += number_after(line, "\"count\":");
	}
}

void assert_whole_lines(const char *text)
{
	add_lines(&(struct sums){ 0 }, text);
}

void assert_whole_run(const char *text)
{
	struct sums sums = { 0 };

	add_lines(&sums, text);
	assert_non_null(strstr(text, "\"event_name\":\"katrace.started\""));
	assert_true(strstr(text, "\"event_name\":\"katrace.started\"") < strchr(text, '\n'));
	assert_non_null(strstr(last_line(text), "\"event_name\":\"katrace.stats\""));
	assert_int_equal(number_after(last_line(text), "\"lost_output\":"), sums.missing);
	assert_int_equal(sums.reported, sums.missing);
}

char *read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat info;
	char *text;

	must(fd >= 0 && fstat(fd, &info) == 0, path);
	text = calloc(1, (size_t)info.st_size + 1);
	must(text && read(fd, text, (size_t)info.st_size) == info.st_size, path);
	close(fd);
	return text;
}

const char *event_key(const char *event)
{
	static char text[64];

	snprintf(text, sizeof(text), "\"event_name\":\"katrace.%s\"", event);
	return text;
}

const char *port_key(const struct tcp *tcp)
{
	static char text[32];

	snprintf(text, sizeof(text), "\"port\":%u}", tcp->client_port);
	return text;
}

const char *pid_key(void)
{
	static char text[32];

	snprintf(text, sizeof(text), "\"pid\":%d,", getpid());
	return text;
}
