/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* When the timers that suppress keepalive give up. */
#ifndef KATRACE_GIVING_UP_H
#define KATRACE_GIVING_UP_H

#include "model/sighting.h"

#include <stdint.h>

/*
 * Estimates how long after a sighting with unacknowledged or queued data the kernel ends the connection, if the peer
 * stays silent, in milliseconds. With a user timeout and a closed window this is an upper bound.
 */
uint64_t gives_up_ms(const struct sighting *s);

#endif
