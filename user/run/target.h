/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Where the lines of one output go: standard output, or a file that can be reopened. Reports errors on stderr. */
#ifndef KATRACE_TARGET_H
#define KATRACE_TARGET_H

#include "format/out.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* NULL is a target without lines: it loses nothing and never fails. */
struct target;

/*
 * Opens file to append to it; it is created with mode 0640. The string must outlive the target; NULL: stdout. Returns
 * 0, or -errno after a line on stderr.
 */
int target_new(struct target **target, const char *file);

/*
 * Before the first use of any of the following. capacity: as for sink_new(). Starts the sink's thread: drop privileges
 * first. Returns 0 or -errno.
 */
int target_start(struct target *target, size_t capacity);

/* The file, or words for stdout or for no target. */
const char *target_name(const struct target *target);
bool target_is_stdout(const struct target *target);

/* Do both write to the same place, other than /dev/null? Their lines would be mixed. */
bool target_shares_file(const struct target *a, const struct target *b);

/* Queues whole lines. Returns 0, also if they were dropped because the queue is full, or the error that broke it. */
int target_write(struct target *target, const struct out *lines);

/* From now on target_write() waits for room instead of dropping lines. */
void target_take_time(struct target *target);

/* Waits until everything is written. Returns 0; -ENOSPC or its like if there is no space; or the error that broke it.
 */
int target_flush(struct target *target);

/* Lines that were not written; and whether one more is likely to be written. */
uint64_t target_lost(const struct target *target);
bool target_has_room(struct target *target);

/* Reopens the file after it was renamed; keeps the old one if that fails. Does nothing for stdout. */
void target_reopen(struct target *target);

/*
 * target_fd() becomes readable if the disk is full or writing fails. target_trouble() then prints that the disk is full
 * and returns 0, or returns the error that broke it.
 */
int target_fd(const struct target *target);
int target_trouble(struct target *target);

/*
 * Waits until everything is written, but not for space, and frees; NULL is fine. Returns 0 or the error it ended with,
 * after printing it; -EPIPE (the reader has exited) is not printed if the reader may do that.
 */
int target_close(struct target *target, bool reader_may_exit);

#endif
