// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Fuzzes what reads command lines: a title ends, is no longer than it may be, and is a part of its command line. */
#include "model/title.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {
		"java", "python3", "node", "ruby", "perl", "php", "beam.smp", "dotnet", "x"
	};
	char title[TITLE_LENGTH + 1];
	size_t length;

	if (!size)
		return 0;
	title_find(title, (const char *)data + 1, size - 1, names[data[0] % (sizeof(names) / sizeof(names[0]))]);
	length = strnlen(title, sizeof(title));
	require(length <= TITLE_LENGTH);
	for (size_t i = length; i < sizeof(title); i++)
		require(!title[i]);
	require(!memchr(title, '/', length));
	require(title[0] == '-' || memmem(data, size, title, length));
	require(strlen(title_in_brief(title)) <= length);
	return 0;
}
