// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/progress.h"

#include "system/clock.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reading a file of this size takes a while. */
#define BIG_FILE (32L * 1024 * 1024)
#define PAUSE_NS (NS_PER_S / 5)

void progress_begin(struct progress *progress, int fd)
{
	struct stat info;

	*progress = (struct progress){ 0 };
	if (isatty(STDERR_FILENO) && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size >= BIG_FILE)
		progress->size = (uint64_t)info.st_size;
}

bool progress_is_due(const struct progress *progress)
{
	return progress->size && clock_ns(CLOCK_MONOTONIC) - progress->shown_ns >= PAUSE_NS;
}

void progress_show(struct progress *progress)
{
	/* at most 100 %, even if the file grows while it is read */
	fprintf(stderr, "\rkatrace: %3.0f %% read", 100.0 * (double)progress->done / (double)progress->size);
	progress->shown = true;
	progress->shown_ns = clock_ns(CLOCK_MONOTONIC);
}

void progress_hide(struct progress *progress)
{
	if (progress->shown)
		fprintf(stderr, "\r%30s\r", "");
	progress->shown = false;
}

void progress_make_way(struct progress *progress)
{
	if (progress->shown && isatty(STDOUT_FILENO))
		progress_hide(progress);
}
