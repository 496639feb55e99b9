/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef KATRACE_TERMINAL_H
#define KATRACE_TERMINAL_H

#include "out/text.h"

#include <stdbool.h>

/* stdout is a terminal, and its user does not mind colours (NO_COLOR, TERM). */
bool terminal_has_color(void);

/* How text fits stdout, a terminal or not. own_netns as in struct text_options. */
struct text_options terminal_text_options(uint32_t own_netns);

#endif
