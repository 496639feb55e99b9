/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Shows how much of a large file has been read: a line on stderr that is redrawn, if stderr is a terminal. */
#ifndef KATRACE_PROGRESS_H
#define KATRACE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	uint64_t size, done; /* bytes; size 0: nothing is shown */
	uint64_t shown_ns;   /* last: CLOCK_MONOTONIC */
	bool shown;
};

/* Shows nothing unless fd is a large regular file and stderr a terminal. */
void progress_begin(struct progress *progress, int fd);

/* Is it time to redraw? */
bool progress_is_due(const struct progress *progress);
void progress_show(struct progress *progress);

/* Removes the line; progress_make_way() only if stdout may be the same terminal. */
void progress_hide(struct progress *progress);
void progress_make_way(struct progress *progress);

#endif
