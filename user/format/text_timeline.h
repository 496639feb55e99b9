/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The timeline of a connection for people. */
#ifndef KATRACE_TEXT_TIMELINE_H
#define KATRACE_TEXT_TIMELINE_H

#include "format/out.h"
#include "model/connection.h"

#include <stdint.h>

/* The block of text_timeline(). The network namespace is shown unless it is own_netns. */
void timeline_text(const struct connection *connection, uint32_t own_netns, struct out *out);

#endif
