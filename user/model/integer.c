// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/integer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
	unsigned long long value;

	if (!*text || strspn(text, "0123456789") != strlen(text))
		return -EINVAL;
	errno = 0;
	value = strtoull(text, NULL, 10);
	if (errno || value < min || value > max)
		return -ERANGE;
	*number = value;
	return 0;
}
