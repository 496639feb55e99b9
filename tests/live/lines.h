/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The JSON lines of a run. A failure ends the test. */
#ifndef KATRACE_TEST_LINES_H
#define KATRACE_TEST_LINES_H

#include "tcp.h"

const char *last_line(const char *text);

/* Into line the first one of text that has both. False: there is none. */
bool line_with(const char *text, const char *a, const char *b, char *line, size_t size);

/* The number after the key, which must be there. */
unsigned long long number_after(const char *line, const char *key);

/* The time of the line, in seconds of CLOCK_REALTIME. */
double timestamp_of(const char *line);

/* Each line is whole and comes after the one before. */
void assert_whole_lines(const char *text);

/* From started to stats, no line is missing except those reported as lost. */
void assert_whole_run(const char *text);

/* What the lines of an event, of a connection, and of this process have. Valid until the next call of the same. */
const char *event_key(const char *event);
const char *port_key(const struct tcp *tcp);
const char *pid_key(void);

/* The caller frees it. */
char *read_file(const char *path);

#endif
