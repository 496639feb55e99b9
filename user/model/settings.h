/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The keepalive values of a connection. */
#ifndef KATRACE_SETTINGS_H
#define KATRACE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

/* Effective values; from_sysctl has the KATRACE_IDLE... bits (record.h) of those the socket did not set itself. */
struct settings {
	bool enabled;
	uint32_t idle_s;
	uint32_t interval_s;
	uint32_t probe_limit;
	uint32_t user_timeout_ms; /* 0: none; otherwise it decides instead of probe_limit */
	uint8_t from_sysctl;
};

/*
 * How long after it was last heard a dead peer is noticed, in milliseconds; 0: never. Keepalive gives up at the first
 * firing that finds the limit reached, and firings come idle, idle + interval, idle + 2 interval... after the peer was
 * last heard.
 */
uint64_t settings_detection_ms(const struct settings *settings);

/*
 * The same from now on, in microseconds, for a peer silent for silent_us, the timer due in next_us and probes_out
 * probes unanswered. False: never.
 */
bool settings_detection_from_now(const struct settings *settings, uint64_t silent_us, uint64_t next_us,
				 uint32_t probes_out, uint64_t *detection_us);

#endif
