/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Characters in UTF-8: their bytes, and their width on a terminal. */
#ifndef KATRACE_UTF8_H
#define KATRACE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define UTF8_MAX 4

/* The length of the sequence at text, of which n bytes may be read (up to a zero, UTF8_MAX will do); 0 if it is none.
 */
size_t utf8_length(const char *text, size_t n);

/* Its code point; length is utf8_length(). */
uint32_t utf8_decode(const char *text, size_t length);

/*
 * How many columns a character takes: 1 or 2. 0: it does not print, prints nothing, or acts on the text around it, as
 * controls, combining marks and bidirectional overrides do.
 *
 * Terminals are taken to use UTF-8, whatever the locale: main() selects the locale C.UTF-8. Without it, on a host that
 * has no locales, the common scripts are known all the same, and other characters have no width.
 */
unsigned int utf8_width(uint32_t code);

#endif
