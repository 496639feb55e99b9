// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "system/limits.h"

#include <errno.h>
#include <sys/resource.h>

int limits_open_files(uint64_t needed, uint64_t *most)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= needed)
		return 0;
	*most = limit.rlim_max;
	if (limit.rlim_max < needed)
		return -EMFILE;
	limit.rlim_cur = needed;
	return setrlimit(RLIMIT_NOFILE, &limit) ? -EMFILE : 0;
}
