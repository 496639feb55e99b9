/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The list of sockets for programs: katrace.socket, one JSON object a line, see docs/events.md. */
#ifndef KATRACE_SOCKET_H
#define KATRACE_SOCKET_H

#include "model/sockets.h"
#include "format/events.h"

/* One line, EVENTS_LINE_MAX bytes at most. line->sequence also makes its connection id. */
void socket_line(const struct event_line *line, const struct listed *listed, struct out *out);

#endif
