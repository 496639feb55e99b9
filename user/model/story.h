/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a connection knows follows from its events alone: the model tells them as they happen, a replay as they were
 * recorded.
 */
#ifndef KATRACE_STORY_H
#define KATRACE_STORY_H

#include "model/event.h"

/*
 * Applies one event to the connection it is about: its timeline, counts, settings, and how it ended. Who it is and who
 * owns it is the caller's to say. Returns 0, or -ENOMEM: then the timeline lacks an entry, all else is applied.
 */
int story_tell(struct connection *connection, const struct event *event);

/* For sorting by age: negative when the story of a began before that of b; if at the same time, by their numbers. */
int story_compare(const struct connection *a, const struct connection *b);

#endif
