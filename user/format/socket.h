/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The list of sockets for programs: katrace.socket, one JSON object per line, see docs/events.md. */
#ifndef KATRACE_SOCKET_H
#define KATRACE_SOCKET_H

#include "model/sockets.h"
#include "format/events.h"

/* One line, at most EVENTS_LINE_MAX bytes. line->sequence is also part of its connection id. */
void socket_line(const struct event_line *line, const struct listed *listed, struct out *out);

#endif
