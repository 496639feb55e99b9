/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A writer into memory of fixed size: outputs are handed one and know no file, socket or terminal. */
#ifndef KATRACE_OUT_H
#define KATRACE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct out {
	char *buf;
	size_t size;
	size_t used; /* bytes in buf; no zero at the end */
	bool cut;    /* something did not fit and was left out */
};

/* Nothing written yet. The buffer stays the caller's. */
struct out out_make(char *buf, size_t size);

void out_bytes(struct out *out, const char *bytes, size_t n);
void out_text(struct out *out, const char *text);
__attribute__((format(printf, 2, 3))) void out_printf(struct out *out, const char *format, ...);

/* In decimal; much faster than out_printf(). */
void out_number(struct out *out, uint64_t number);

/* Spaces, until width columns have been written since position from. */
void out_pad(struct out *out, size_t from, size_t width);

/*
 * Text that is not katrace's own, up to its end or n bytes: what is not printable ASCII is written as \xNN, so that no
 * terminal sequence and no invalid UTF-8 gets through.
 */
void out_escaped(struct out *out, const char *text, size_t n);

#endif
