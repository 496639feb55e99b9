/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A writer into memory of fixed size: formats write to it and need no file, socket or terminal. */
#ifndef KATRACE_OUT_H
#define KATRACE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct out {
	char *buf;
	size_t size;
	size_t used; /* bytes in buf, which is not zero-terminated */
	bool cut;    /* some text did not fit and was left out */
};

/* An empty writer. The caller keeps the buffer. */
struct out out_make(char *buf, size_t size);

/* If some text did not fit, the end of the rest says so, and ends the line. Call it when all is written. */
void out_finish(struct out *out);

void out_bytes(struct out *out, const char *bytes, size_t n);
void out_text(struct out *out, const char *text);
__attribute__((format(printf, 2, 3))) void out_printf(struct out *out, const char *format, ...);

/* In decimal; much faster than out_printf(). */
void out_number(struct out *out, uint64_t number);

/* How many columns of a terminal the text from that position on takes. It must be out_escaped(), or plain. */
size_t out_width(const struct out *out, size_t from);

/* Pads with spaces until the text from position from takes width columns. */
void out_pad(struct out *out, size_t from, size_t width);

/*
 * Shortens the text from position from on to width columns if it takes more: "..." as one character is in the place of
 * what was left out, after which the last tail columns of the text remain.
 */
void out_shorten(struct out *out, size_t from, size_t width, size_t tail);

struct out_line {
	size_t from, end; /* positions in the text */
	size_t indent;    /* spaces before it */
};

/*
 * The next line of a text that is broken, between words if it can be, into lines of that many columns (0: as many as it
 * has), all but the first indented. Begin with an empty line; false when there is none left.
 */
bool out_next_line(const struct out *out, size_t columns, size_t indent, struct out_line *line);

/*
 * Text from other processes, up to its end or n bytes. Neither terminal sequences nor invalid UTF-8 get through: bytes
 * that are not printable UTF-8 (utf8_width()) are written as \xNN.
 */
void out_escaped(struct out *out, const char *text, size_t n);

#endif
