/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Applies events to connections. The state of a connection follows from its events alone, so the model (live) and
 * replay (from a recording) get the same result.
 */
#ifndef KATRACE_STORY_H
#define KATRACE_STORY_H

#include "model/event.h"

/*
 * Applies one event to its connection: timeline, counts, settings, and how it ended. The caller sets identity and
 * owner. Returns 0, or -ENOMEM: then the timeline lacks an entry; everything else is applied.
 */
int story_tell(struct connection *connection, const struct event *event);

/* For sorting by age: negative if the story of a began before that of b; at the same time, by their numbers. */
int story_compare(const struct connection *a, const struct connection *b);

#endif
