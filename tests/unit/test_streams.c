// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A katrace started without stdin, stdout or stderr: nothing else takes their places. */
#include "unit.h"

#include "system/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a process without the descriptors of this bit set: is the next file opened another, and do they stay unusable? */
static bool fills(unsigned int missing)
{
	char byte = 0;

	for (int fd = 0; fd < 3; fd++)
		if (missing & (1U << fd))
			close(fd);
	if (streams_fill() || open("/dev/null", O_RDWR) < 3)
		return false;
	for (int fd = 0; fd < 3; fd++) {
		if (!(missing & (1U << fd)))
			continue;
		errno = 0;
		if ((fd ? write(fd, &byte, 1) : read(fd, &byte, 1)) != -1 || errno != EBADF)
			return false;
	}
	return true;
}

static void missing_streams_stay_unusable(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	for (unsigned int missing = 0; missing < 8; missing++) {
		pid = fork();
		if (pid == 0)
			_exit(fills(missing) ? 0 : 1);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_streams_stay_unusable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
