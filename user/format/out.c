// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/out.h"

#include "format/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

void out_finish(struct out *out)
{
	static const char mark[] = "... (cut)\n";
	const size_t n = sizeof(mark) - 1;
	size_t at;

	if (!out->cut || out->size < n)
		return;
	at = out->used < out->size - n ? out->used : out->size - n;
	while (at && ((unsigned char)out->buf[at] & 0xc0) == 0x80) /* not within a character */
		at--;
	memcpy(out->buf + at, mark, n);
	out->used = at + n;
}

void out_text(struct out *out, const char *text)
{
	out_bytes(out, text, strlen(text));
}

void out_printf(struct out *out, const char *format, ...)
{
	char text[512];
	va_list args, again;
	char *longer = NULL;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(text, sizeof(text), format, args);
	if (n >= (int)sizeof(text)) /* rare */
		n = vasprintf(&longer, format, again);
	va_end(again);
	va_end(args);
	if (n < 0) {
		out->cut = true; /* out of memory: then longer is not set */
		return;
	}
	out_bytes(out, longer ?: text, (size_t)n);
	free(longer);
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

/* The columns of the character at position at, and its length in bytes. ASCII comes first: nearly all there is. */
static size_t width_at(const struct out *out, size_t at, size_t *length)
{
	*length = 1;
	if (!((unsigned char)out->buf[at] & 0x80))
		return 1;
	*length = utf8_length(out->buf + at, out->used - at) ?: 1;
	return *length == 1 ? 1 : utf8_width(utf8_decode(out->buf + at, *length));
}

size_t out_width(const struct out *out, size_t from)
{
	size_t width = 0, length;

	for (; from < out->used; from += length)
		width += width_at(out, from, &length);
	return width;
}

void out_pad(struct out *out, size_t from, size_t width)
{
	const size_t have = out_width(out, from), room = out->size - out->used;
	size_t n = width > have ? width - have : 0;

	if (n > room) {
		out->cut = true;
		n = room;
	}
	memset(out->buf + out->used, ' ', n);
	out->used += n;
}

/* The position after at most so many columns of the text from position from on. */
static size_t after_columns(const struct out *out, size_t from, size_t columns)
{
	size_t length, width;

	for (; from < out->used; from += length) {
		width = width_at(out, from, &length);
		if (width > columns)
			break;
		columns -= width;
	}
	return from;
}

/* The end of the line that begins there; behind it may be a space, which belongs to no line. */
static size_t line_end(const struct out *out, size_t from, size_t columns)
{
	const size_t end = after_columns(out, from, columns);
	size_t at = end;

	if (end == out->used)
		return end;
	while (at > from && out->buf[at] != ' ')
		at--;
	if (at > from)
		return at;
	return end > from ? end : out->used;
}

bool out_next_line(const struct out *out, size_t columns, size_t indent, struct out_line *line)
{
	const size_t end = line->end;

	if (end >= out->used)
		return false;
	line->from = end && out->buf[end] == ' ' ? end + 1 : end;
	line->indent = line->from ? indent : 0;
	if (!columns)
		line->end = out->used;
	else
		line->end = line_end(out, line->from, columns > line->indent ? columns - line->indent : 1);
	return line->from < out->used;
}

void out_shorten(struct out *out, size_t from, size_t width, size_t tail)
{
	static const char ellipsis[] = "\xe2\x80\xa6";
	const size_t have = out_width(out, from), mark = sizeof(ellipsis) - 1;
	size_t head_end, tail_begin, n_tail;

	if (have <= width || !width)
		return;
	tail = tail < width ? tail : width - 1;
	head_end = after_columns(out, from, width - 1 - tail);
	tail_begin = after_columns(out, from, have - tail);
	n_tail = out->used - tail_begin;
	if (head_end + mark + n_tail > out->size) {
		out->cut = true;
		out->used = head_end;
		return;
	}
	memmove(out->buf + head_end + mark, out->buf + tail_begin, n_tail);
	memcpy(out->buf + head_end, ellipsis, mark);
	out->used = head_end + mark + n_tail;
}

static void escape_byte(struct out *out, unsigned char c)
{
	if (c == '\\')
		out_text(out, "\\\\");
	else
		out_printf(out, "\\x%02x", c);
}

void out_escaped(struct out *out, const char *text, size_t n)
{
	size_t length;
	bool shown;

	for (size_t i = 0; i < n && text[i]; i += length) {
		length = utf8_length(text + i, n - i);
		shown = length && text[i] != '\\' && utf8_width(utf8_decode(text + i, length));
		length = length ? length : 1;
		if (shown)
			out_bytes(out, text + i, length);
		for (size_t at = i; !shown && at < i + length; at++)
			escape_byte(out, (unsigned char)text[at]);
	}
}
