/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * When keepalive would notice a dead peer. It gives up at the first firing of its timer that finds the probe limit
 * reached, or the user timeout expired and a probe sent. The first firing that probes comes when the idle time has
 * passed since the last ACK or data from the peer, each further firing one interval later. After a probe the timer
 * restarts at the interval, answered or not: if that is longer than the idle time, the next first probe waits for it.
 */
#ifndef KATRACE_DETECTION_H
#define KATRACE_DETECTION_H

#include "model/settings.h"

/*
 * The time from now in microseconds, for a peer that is silent for silent_us, the timer due in next_us and probes_out
 * probes unanswered. False: never.
 */
bool detection_from_now(const struct settings *settings, uint64_t silent_us, uint64_t next_us, uint32_t probes_out,
			uint64_t *detection_us);

/*
 * True if the timer was set with other values: it is due later than these allow. A sysctl or TCP_KEEPINTVL moves no
 * timer that runs; only TCP_KEEPIDLE restarts it (tcp_sock_set_keepidle_locked()). A timer that is due too early only
 * re-arms itself with the new values, and is not meant. probes_out: 0 while data is waiting.
 */
bool detection_timer_is_old(const struct settings *settings, uint64_t silent_us, uint64_t next_us, uint32_t probes_out);

/*
 * How long the peer is silent before the first probe: the idle time, or longer while an old timer runs. next_us: 0 if
 * none runs.
 */
uint64_t detection_first_probe_us(const struct settings *settings, uint64_t silent_us, uint64_t next_us,
				  uint32_t probes_out);

/*
 * How long an idle connection is silent from one probe, which is answered, to the next: when the timer fires after the
 * interval, the idle time since the answer may not be over, and it waits for the rest.
 */
uint64_t detection_next_probe_us(const struct settings *settings);

/* When a peer that was just heard is noticed to be dead, at the latest; 0: never. */
uint64_t detection_after_heard(const struct settings *settings);

/* True if that does not depend on whether the peer was last heard before a probe or after it. */
bool detection_is_exact(const struct settings *settings);

/*
 * Something has arrived since the first of the unanswered probes, but nothing that answers them: the peer's own probes
 * or segments that are refused.
 */
bool detection_is_contradicted(const struct settings *settings, uint64_t silent_us, uint64_t heard_us);

#endif
