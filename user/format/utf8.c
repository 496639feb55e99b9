// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/utf8.h"

#include <wchar.h>

/* Unicode 15, table 3-7, which excludes overlong forms, surrogates and code points beyond U+10FFFF. */
static const struct {
	unsigned char first_min, first_max, second_min, second_max;
	size_t length;
} forms[] = {
	{ 0x00, 0x7f, 0x00, 0xff, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

static size_t form_of(unsigned char first)
{
	size_t form = 0;

	while (form < sizeof(forms) / sizeof(forms[0]) &&
	       (first < forms[form].first_min || first > forms[form].first_max))
		form++;
	return form;
}

size_t utf8_length(const char *sequence, size_t n)
{
	const unsigned char *text = (const unsigned char *)sequence;
	const size_t form = n ? form_of(text[0]) : sizeof(forms) / sizeof(forms[0]);

	if (form == sizeof(forms) / sizeof(forms[0]) || forms[form].length > n)
		return 0;
	if (forms[form].length > 1 && (text[1] < forms[form].second_min || text[1] > forms[form].second_max))
		return 0;
	for (size_t at = 2; at < forms[form].length; at++)
		if ((text[at] & 0xc0) != 0x80)
			return 0;
	return forms[form].length;
}

uint32_t utf8_decode(const char *text, size_t length)
{
	uint32_t code = (unsigned char)*text;

	if (length > 1)
		code &= 0xffU >> (length + 1);
	for (size_t i = 1; i < length; i++)
		code = code << 6 | ((unsigned char)text[i] & 0x3f);
	return code;
}

struct range {
	uint32_t first, last;
	unsigned int width;
};

/* Sorted by code point. */
static const struct range *find(const struct range *ranges, size_t n, uint32_t code)
{
	for (size_t i = 0; i < n && ranges[i].first <= code; i++)
		if (code <= ranges[i].last)
			return &ranges[i];
	return NULL;
}

#define FIND(ranges, code) find((ranges), sizeof(ranges) / sizeof((ranges)[0]), (code))

unsigned int utf8_width(uint32_t code)
{
	/* Blank, or nothing at all, though some have a width: spaces, fillers, separators, bidirectional controls. */
	static const struct range blanks[] = {
		{ 0x00a0, 0x00a0, 0 }, { 0x00ad, 0x00ad, 0 }, { 0x061c, 0x061c, 0 }, { 0x115f, 0x1160, 0 },
		{ 0x1680, 0x1680, 0 }, { 0x180b, 0x180f, 0 }, { 0x2000, 0x200f, 0 }, { 0x2028, 0x202f, 0 },
		{ 0x205f, 0x206f, 0 }, { 0x2800, 0x2800, 0 }, { 0x3000, 0x3000, 0 }, { 0x3164, 0x3164, 0 },
		{ 0xfe00, 0xfe0f, 0 }, { 0xfeff, 0xfeff, 0 }, { 0xffa0, 0xffa0, 0 }, { 0xfff0, 0xfffb, 0 },
	};
	/* For hosts without locales: whole blocks, in which no character combines. */
	static const struct range common[] = {
		{ 0x00a1, 0x00ac, 1 },   { 0x00ae, 0x02ff, 1 },   { 0x0391, 0x03a1, 1 },   { 0x03a3, 0x0482, 1 },
		{ 0x048a, 0x052f, 1 },   { 0x0531, 0x0556, 1 },   { 0x05d0, 0x05ea, 1 },   { 0x0620, 0x064a, 1 },
		{ 0x0904, 0x0939, 1 },   { 0x0e01, 0x0e30, 1 },   { 0x10d0, 0x10ff, 1 },   { 0x1e00, 0x1f15, 1 },
		{ 0x2010, 0x2027, 1 },   { 0x2030, 0x205e, 1 },   { 0x20a0, 0x20bf, 1 },   { 0x2100, 0x218b, 1 },
		{ 0x2190, 0x2319, 1 },   { 0x2500, 0x25fc, 1 },   { 0x3001, 0x3029, 2 },   { 0x3041, 0x3096, 2 },
		{ 0x309b, 0x30ff, 2 },   { 0x3400, 0x4dbf, 2 },   { 0x4e00, 0x9fef, 2 },   { 0xac00, 0xd7a3, 2 },
		{ 0xff01, 0xff60, 2 },   { 0x1f300, 0x1f320, 2 }, { 0x1f600, 0x1f64f, 2 }, { 0x1f680, 0x1f6c5, 2 },
		{ 0x20000, 0x2a6d6, 2 },
	};
	const struct range *range;
	int width;

	if (code < 0x80)
		return code >= 0x20 && code < 0x7f;
	if (FIND(blanks, code))
		return 0;
	width = wcwidth((wchar_t)code);
	if (width >= 0)
		return (unsigned int)width;
	range = FIND(common, code);
	return range ? range->width : 0;
}
