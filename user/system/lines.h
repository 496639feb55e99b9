/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Reads lines from a file or a pipe in bounded memory. */
#ifndef KATRACE_LINES_H
#define KATRACE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Longer lines are skipped. */
#define LINES_MAX (64UL * 1024)

struct lines;

/* Reads from fd, which the caller keeps. NULL when out of memory. */
struct lines *lines_new(int fd);

/* NULL is fine. */
void lines_free(struct lines *lines);

/*
 * Waits for more input and reads it. Then call lines_next() until it returns false. Returns the number of bytes read, 0
 * at the end, or -errno.
 */
ssize_t lines_read(struct lines *lines);

/*
 * Takes the next line that was read; it is valid until the next lines_read(). It has neither a newline nor a zero at
 * its end. At the end of the input, text after the last newline is a line too. False: there is none.
 */
bool lines_next(struct lines *lines, const char **line, size_t *n);

/* How many lines longer than LINES_MAX were skipped. */
uint64_t lines_too_long(const struct lines *lines);

#endif
