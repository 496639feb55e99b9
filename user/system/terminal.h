/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The terminal that stdout is, if it is one. */
#ifndef KATRACE_TERMINAL_H
#define KATRACE_TERMINAL_H

#include <stdbool.h>

/* stdout is a terminal, and its user does not mind colours (NO_COLOR, TERM). */
bool terminal_has_color(void);

/* The width of the terminal; 0 when stdout is none. */
unsigned int terminal_columns(void);

#endif
