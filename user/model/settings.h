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

/* The same values from the same sources: from_sysctl counts. */
bool same_settings(const struct settings *a, const struct settings *b);

/* The values above by name, in the order in which they are listed. */
enum setting { SETTING_ENABLED, SETTING_IDLE, SETTING_INTERVAL, SETTING_PROBE_LIMIT, SETTING_USER_TIMEOUT, SETTINGS };

bool same_setting(const struct settings *a, const struct settings *b, enum setting setting);

/* "idle_s", for programs */
const char *setting_name(enum setting setting);

/* "idle", for people */
const char *setting_words(enum setting setting);

/* Its KATRACE_IDLE... bit; 0 for a setting that has no sysctl. */
uint8_t setting_bit(enum setting setting);

#endif
