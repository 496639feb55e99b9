// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/event.h"

static bool is_warning(const struct event *event)
{
	switch (event->kind) {
	case EVENT_CONFIGURED:
		return event->changed.middlebox_timeout_s;
	case EVENT_PROBE_DROPPED:
	case EVENT_SUPPRESSED:
	case EVENT_PEER_CLOSED: /* the application may have forgotten it */
	case EVENT_EVENTS_LOST:
		return true;
	case EVENT_PROBE_SENT:
		return event->probe.number >= 2; /* the previous one was not answered */
	case EVENT_ENDED:
		return !verdict_is_normal(event->ended.verdict);
	default:
		return false;
	}
}

enum severity event_severity(const struct event *event)
{
	return is_warning(event) ? SEVERITY_WARN : SEVERITY_INFO;
}

bool event_is_change(const struct event *event)
{
	return event->changed.settings || event->changed.user_timeout || event->changed.enabled;
}

const char *event_name(enum event_kind kind)
{
	static const char *const names[EVENT_KINDS] = {
		[EVENT_CONFIGURED] = "katrace.configured",       [EVENT_PROBE_SENT] = "katrace.probe_sent",
		[EVENT_PROBE_DROPPED] = "katrace.probe_dropped", [EVENT_PROBE_ANSWERED] = "katrace.probe_answered",
		[EVENT_SUPPRESSED] = "katrace.suppressed",       [EVENT_ENDED] = "katrace.ended",
		[EVENT_PEER_CLOSED] = "katrace.peer_closed",     [EVENT_EVENTS_LOST] = "katrace.events_lost",
	};

	return names[kind];
}

const char *lost_stage_name(enum lost_stage stage)
{
	static const char *const names[LOST_STAGES] = {
		[LOST_HOOK] = "hook",     [LOST_RING] = "ring",
		[LOST_OUTPUT] = "output", [LOST_CONNECTIONS] = "connections",
		[LOST_OWNER] = "owner",
	};

	return names[stage];
}
