// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/settings.h"

#include <katrace/record.h>

static const struct {
	const char *name;
	const char *words;
	uint8_t bit;
} settings_known[SETTINGS] = {
	[SETTING_ENABLED] = { "enabled", "keepalive", 0 },
	[SETTING_IDLE] = { "idle_s", "idle", KATRACE_IDLE },
	[SETTING_INTERVAL] = { "interval_s", "interval", KATRACE_INTERVAL },
	[SETTING_PROBE_LIMIT] = { "probe_limit", "probes", KATRACE_PROBE_LIMIT },
	[SETTING_USER_TIMEOUT] = { "user_timeout_ms", "user timeout", 0 },
};

const char *setting_name(enum setting setting)
{
	return settings_known[setting].name;
}

const char *setting_words(enum setting setting)
{
	return settings_known[setting].words;
}

uint8_t setting_bit(enum setting setting)
{
	return settings_known[setting].bit;
}

bool same_setting(const struct settings *a, const struct settings *b, enum setting setting)
{
	switch (setting) {
	case SETTING_ENABLED:
		return a->enabled == b->enabled;
	case SETTING_IDLE:
		return a->idle_s == b->idle_s;
	case SETTING_INTERVAL:
		return a->interval_s == b->interval_s;
	case SETTING_PROBE_LIMIT:
		return a->probe_limit == b->probe_limit;
	case SETTING_USER_TIMEOUT:
		return a->user_timeout_ms == b->user_timeout_ms;
	case SETTINGS:
		break;
	}
	return true;
}

bool same_settings(const struct settings *a, const struct settings *b)
{
	for (enum setting i = 0; i < SETTINGS; i++)
		if (!same_setting(a, b, i))
			return false;
	return a->from_sysctl == b->from_sysctl;
}
