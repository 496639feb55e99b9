/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* When the timers that suppress keepalive give up. */
#ifndef KATRACE_GIVING_UP_H
#define KATRACE_GIVING_UP_H

#include "model/sighting.h"

#include <stdint.h>

/*
 * An estimate of how long after a sighting with unacknowledged or queued data the kernel ends the connection, if the
 * peer is not heard again, in milliseconds. With a user timeout and a closed window it is the longest it can take.
 */
uint64_t gives_up_ms(const struct sighting *s);

#endif
