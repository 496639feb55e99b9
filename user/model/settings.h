/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The keepalive settings of a connection. */
#ifndef KATRACE_SETTINGS_H
#define KATRACE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

/* Effective values. from_sysctl: KATRACE_IDLE... bits (record.h) of those the socket did not set itself. */
struct settings {
	bool enabled;
	uint32_t idle_s;
	uint32_t interval_s;
	uint32_t probe_limit;
	uint32_t user_timeout_ms; /* 0: none; otherwise it decides instead of probe_limit */
	uint8_t from_sysctl;
};

bool same_settings(const struct settings *a, const struct settings *b);

#endif
