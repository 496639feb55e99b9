/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Lines out of a file or a pipe, in bounded memory. */
#ifndef KATRACE_LINES_H
#define KATRACE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Longer lines are passed over. */
#define LINES_MAX (64UL * 1024)

struct lines;

/* Reads from fd, which stays the caller's. NULL when out of memory. */
struct lines *lines_new(int fd);

/* NULL is fine. */
void lines_free(struct lines *lines);

/* Waits for more input and reads it. Call lines_next() until it has no more. Returns its bytes, 0 at the end, or
 * -errno. */
ssize_t lines_read(struct lines *lines);

/*
 * Takes the next line out of what was read; it is valid until the next lines_read(). No zero at its end, no newline
 * either. At the end of the input what follows the last newline is a line too. False: there is none.
 */
bool lines_next(struct lines *lines, const char **line, size_t *n);

/* How many lines longer than LINES_MAX were passed over. */
uint64_t lines_too_long(const struct lines *lines);

#endif
