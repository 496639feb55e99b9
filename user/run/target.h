/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Where the lines of one output go: the standard output, or a file that can be opened anew. Says its troubles on
 * stderr. */
#ifndef KATRACE_TARGET_H
#define KATRACE_TARGET_H

#include "format/out.h"

#include <stdbool.h>
#include <stdint.h>

/* NULL stands for one without lines: nothing of it is lost, and it is never in trouble. */
struct target;

/*
 * file is appended to, made with mode 0640, and must outlive the target; NULL: stdout. Starts the sink's thread:
 * privileges must have been dropped before. Returns 0, or -errno after a line on stderr.
 */
int target_new(struct target **target, const char *file);

/* The file, or words for stdout. */
const char *target_name(const struct target *target);
bool target_is_stdout(const struct target *target);

/* Queues whole lines. Returns 0, also when they were dropped because the queue is full, or the error that broke it. */
int target_write(struct target *target, const struct out *lines);

/* From now on there is time: target_write() waits for room instead of dropping. */
void target_take_time(struct target *target);

/* Waits until all is written. Returns 0; -ENOSPC when there is no space for it; or the error that broke it. */
int target_flush(struct target *target);

/* Lines that were not written; and whether one more has a chance. */
uint64_t target_lost(const struct target *target);
bool target_has_room(struct target *target);

/* Opens the file anew, after it was renamed; goes on with the old one if that fails. Nothing for stdout. */
void target_reopen(struct target *target);

/*
 * Becomes readable when there is trouble. target_trouble() says that its disk is full; it returns 0 as long as it is
 * worth trying, or the error that broke it.
 */
int target_fd(const struct target *target);
int target_trouble(struct target *target);

/*
 * Waits until all is written, but not for space, and frees; NULL is fine. Returns 0 or the error it ended with, after
 * saying so; -EPIPE, a reader that left, is not said.
 */
int target_close(struct target *target);

#endif
