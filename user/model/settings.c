// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/settings.h"

bool same_settings(const struct settings *a, const struct settings *b)
{
	return a->enabled == b->enabled && a->idle_s == b->idle_s && a->interval_s == b->interval_s &&
	       a->probe_limit == b->probe_limit && a->user_timeout_ms == b->user_timeout_ms &&
	       a->from_sysctl == b->from_sysctl;
}
