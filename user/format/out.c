// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/out.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct out out_make(char *buf, size_t size)
{
	return (struct out){ .buf = buf, .size = size };
}

void out_bytes(struct out *out, const char *bytes, size_t n)
{
	const size_t room = out->size - out->used;

	if (n > room) {
		out->cut = true;
		n = room;
	}
	memcpy(out->buf + out->used, bytes, n);
	out->used += n;
}

void out_text(struct out *out, const char *text)
{
	out_bytes(out, text, strlen(text));
}

void out_printf(struct out *out, const char *format, ...)
{
	char text[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(text)) {
		out->cut = true;
		n = n < 0 ? 0 : (int)sizeof(text) - 1;
	}
	out_bytes(out, text, (size_t)n);
}

void out_number(struct out *out, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);
	uint32_t small;

	for (; number > UINT32_MAX; number /= 10)
		digits[--at] = (char)('0' + number % 10);
	small = (uint32_t)number; /* most numbers fit: cheaper to divide */
	do {
		digits[--at] = (char)('0' + small % 10);
		small /= 10;
	} while (small);
	out_bytes(out, digits + at, sizeof(digits) - at);
}

void out_pad(struct out *out, size_t from, size_t width)
{
	const size_t have = out->used - from, room = out->size - out->used;
	size_t n = width > have ? width - have : 0;

	if (n > room) {
		out->cut = true;
		n = room;
	}
	memset(out->buf + out->used, ' ', n);
	out->used += n;
}

void out_escaped(struct out *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n && text[i]; i++) {
		const unsigned char c = (unsigned char)text[i];

		if (c == '\\')
			out_text(out, "\\\\");
		else if (c >= 0x20 && c < 0x7f)
			out_bytes(out, text + i, 1);
		else
			out_printf(out, "\\x%02x", c);
	}
}
