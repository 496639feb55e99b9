// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "system/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lines {
	int fd;
	bool over;        /* end of input */
	bool in_too_long; /* inside a line that is being skipped */
	uint64_t too_long;
	size_t begin, end; /* read and not taken yet */
	char buf[2 * LINES_MAX];
};

struct lines *lines_new(int fd)
{
	struct lines *lines = calloc(1, sizeof(*lines));

	if (!lines)
		return NULL;
	lines->fd = fd;
	return lines;
}

void lines_free(struct lines *lines)
{
	free(lines);
}

ssize_t lines_read(struct lines *lines)
{
	ssize_t n;

	memmove(lines->buf, lines->buf + lines->begin, lines->end - lines->begin);
	lines->end -= lines->begin;
	lines->begin = 0;
	do
		n = read(lines->fd, lines->buf + lines->end, sizeof(lines->buf) - lines->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	lines->over = n == 0;
	lines->end += (size_t)n;
	return n;
}

/* The line at begin is incomplete: drops it if it is too long. True if it is complete because the input has ended. */
static bool unfinished(struct lines *lines)
{
	if (lines->in_too_long || lines->end - lines->begin > LINES_MAX) {
		lines->too_long += !lines->in_too_long;
		lines->in_too_long = !lines->over;
		lines->begin = lines->end;
	}
	return lines->over && lines->begin < lines->end;
}

bool lines_next(struct lines *lines, const char **line, size_t *n)
{
	const char *newline;

	while ((newline = memchr(lines->buf + lines->begin, '\n', lines->end - lines->begin))) {
		*line = lines->buf + lines->begin;
		*n = (size_t)(newline - *line);
		lines->begin += *n + 1;
		if (!lines->in_too_long && *n <= LINES_MAX)
			return true;
		lines->too_long += !lines->in_too_long;
		lines->in_too_long = false;
	}
	if (!unfinished(lines))
		return false;
	*line = lines->buf + lines->begin;
	*n = lines->end - lines->begin;
	lines->begin = lines->end;
	return true;
}

uint64_t lines_too_long(const struct lines *lines)
{
	return lines->too_long;
}
