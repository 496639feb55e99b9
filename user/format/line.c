// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/line.h"

#include "format/fields.h"

#include <string.h>

/* The limit of numbers: larger ones are strings, because many readers store numbers as doubles. */
#define NUMBER_MAX (1LL << 53)

static const struct {
	const char *name; /* of lines that are not events */
	const char *means;
} kinds[LINE_KINDS] = {
	[LINE_STARTED] = { "katrace.started", "First line of a run." },
	[EVENT_CONFIGURED] = { .means = "Before the first other event of a connection, and when its values changed." },
	[EVENT_PROBE_SENT] = { .means = "The kernel sent a probe, or counted it as sent." },
	[EVENT_PROBE_DROPPED] = { .means =
					  "This host refused the probe; it does not count, and the kernel tries again." },
	[EVENT_PROBE_ANSWERED] = { .means = "The peer answered a probe." },
	[EVENT_SUPPRESSED] = { .means =
				       "The keepalive timer fired, but data is waiting and another timer is in "
				       "charge: once when that begins, again if this side closes meanwhile, once when it ends." },
	[EVENT_PEER_CLOSED] = { .means =
					"The peer has closed its side, and the application did not close for a second: "
					"the connection is half-closed. If the FIN came before the first event of the "
					"connection, the line has the time of the firing that showed it. Since 1.2." },
	[EVENT_ENDED] = { .means = "The connection is over." },
	[EVENT_EVENTS_LOST] = { .means = "Events were lost." },
	[LINE_STATS] = { "katrace.stats", "Totals since the start: every --stats seconds, and as the last line." },
	[LINE_SOCKET] = { "katrace.socket", "A line of katrace list --json." },
	[LINE_SUMMARY] = { "katrace.summary",
			   "A line of katrace list --summary --json: the connections of one process. Without a "
			   "process: those that no process holds." },
	[LINE_SYSCTL] = { "katrace.sysctl", "A line of katrace list --sysctl --json: one network namespace." },
};

const char *line_name(enum line_kind kind)
{
	return (int)kind < EVENT_KINDS ? event_name((enum event_kind)kind) : kinds[kind].name;
}

const char *line_means(enum line_kind kind)
{
	return kinds[kind].means;
}

static const struct {
	unsigned int number;
	const char *name;
} severities[SEVERITIES] = {
	[SEVERITY_INFO] = { 9, "INFO" },
	[SEVERITY_WARN] = { 13, "WARN" },
};

unsigned int severity_number(enum severity severity)
{
	return severities[severity].number;
}

const char *severity_name(enum severity severity)
{
	return severities[severity].name;
}

bool names_has_own(const struct names *names, unsigned int number)
{
	const char *name = names->name(number);

	for (unsigned int i = names->first; i < number && name; i++)
		if (names->name(i) && strcmp(names->name(i), name) == 0)
			return false;
	return name;
}

bool field_is_in(const struct field *field, enum line_kind kind)
{
	return field->lines & (1U << kind);
}

bool field_is_in_all(const struct field *field)
{
	return field->lines == (1U << LINE_KINDS) - 1;
}

bool field_is_of_connection(const struct field *field)
{
	return field_is_in(field, (enum line_kind)EVENT_CONFIGURED) &&
	       field_is_in(field, (enum line_kind)EVENT_ENDED) && !field_is_in_all(field);
}

int64_t field_max(const struct field *field)
{
	if (field->max)
		return field->max;
	return field->size > sizeof(uint32_t) ? NUMBER_MAX : UINT32_MAX;
}

uint64_t field_number(const struct field *field, const void *at)
{
	uint64_t wide = 0;
	uint32_t middle = 0;
	uint16_t small = 0;

	switch (field->size) {
	case sizeof(wide):
		memcpy(&wide, at, sizeof(wide));
		return wide;
	case sizeof(middle):
		memcpy(&middle, at, sizeof(middle));
		return middle;
	case sizeof(small):
		memcpy(&small, at, sizeof(small));
		return small;
	default:
		return *(const uint8_t *)at;
	}
}

void field_store(const struct field *field, void *at, uint64_t number)
{
	const uint32_t middle = (uint32_t)number;
	const uint16_t small = (uint16_t)number;

	switch (field->size) {
	case sizeof(number):
		memcpy(at, &number, sizeof(number));
		break;
	case sizeof(middle):
		memcpy(at, &middle, sizeof(middle));
		break;
	case sizeof(small):
		memcpy(at, &small, sizeof(small));
		break;
	default:
		*(uint8_t *)at = (uint8_t)number;
	}
}
