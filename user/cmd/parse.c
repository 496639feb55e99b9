// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cmd/parse.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* PID_MAX_LIMIT of include/linux/threads.h on 64 bit machines */
#define PID_MAX 4194304

int parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
	unsigned long long value;
	char *end;

	if (!*text || strspn(text, "0123456789") != strlen(text))
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || value < min || value > max)
		return -ERANGE;
	*number = value;
	return 0;
}

static int parse_pid(const char *text, uint32_t *pid)
{
	uint64_t number;

	if (parse_number(text, 1, PID_MAX, &number))
		return -EINVAL;
	if (kill((pid_t)number, 0) && errno == ESRCH)
		return -ESRCH;
	*pid = (uint32_t)number;
	return 0;
}

static int append(uint32_t **pids, size_t *n, uint32_t pid)
{
	uint32_t *more = realloc(*pids, (*n + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	more[(*n)++] = pid;
	*pids = more;
	return 0;
}

int parse_pids(const char *text, uint32_t **pids, size_t *n, char *bad, size_t bad_size)
{
	size_t length;
	uint32_t pid;
	int err;

	for (;; text += length + 1) {
		length = strcspn(text, ",");
		if ((size_t)snprintf(bad, bad_size, "%.*s", (int)length, text) >= bad_size)
			return -EINVAL;
		err = parse_pid(bad, &pid);
		if (!err)
			err = append(pids, n, pid);
		if (err || !text[length])
			return err;
	}
}
