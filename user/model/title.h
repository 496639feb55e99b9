/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What tells the processes of a runtime apart, which all have its name: main class or jar, script, node name. */
#ifndef KATRACE_TITLE_H
#define KATRACE_TITLE_H

#include <stddef.h>

#define TITLE_LENGTH 63

/*
 * From a command line: n bytes at args, with a zero behind each word, as in /proc/PID/cmdline. "" if the process is no
 * runtime, or nothing is known; name is that of the process, by which it may be known too. A title may have any bytes:
 * escape before showing. All of title is written: behind its end there are zeros.
 */
void title_find(char title[TITLE_LENGTH + 1], const char *args, size_t n, const char *name);

/* Where there is little room: a main class without its package, other titles as they are. */
const char *title_in_brief(const char *title);

#endif
