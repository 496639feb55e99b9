/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The terminal on stdout, if there is one. */
#ifndef KATRACE_TERMINAL_H
#define KATRACE_TERMINAL_H

#include <stdbool.h>

/* True if stdout is a terminal and the environment does not forbid colours (NO_COLOR, TERM). */
bool terminal_has_color(void);

/* The width of the terminal; 0 if stdout is not a terminal. */
unsigned int terminal_columns(void);

#endif
