// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "system/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int streams_fill(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* the lowest free descriptor, which is fd; for the wrong direction, so that using it fails */
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			return -errno;
	}
	return 0;
}
