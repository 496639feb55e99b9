// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Connections whose timer should have fired are looked at: are they still there? */
#include "run/session_parts.h"

/* At once: a few milliseconds. */
#define LOOK_MAX 1024

static void look_at(struct session *session, uint64_t sock, bool last_call)
{
	const uint64_t now_ns = clock_ns(CLOCK_BOOTTIME);
	struct katrace_record record;
	struct sighting sighting;
	int err;

	if (walk_look(session->walk, sock, &record))
		return; /* nothing is known */
	record.kind = KATRACE_SETTLED;
	record.time_ns = now_ns;
	err = sighting_decode(&sighting, &record, walk_facts(session->walk)->hz); /* other memory by now */
	if (model_looked(session->model, sock, err ? NULL : &sighting, now_ns, last_call))
		session->losses.lost_records++;
}

static size_t look_at_some(struct session *session, bool last_call)
{
	uint64_t socks[LOOK_MAX];
	const size_t n = model_overdue(session->model, clock_ns(CLOCK_BOOTTIME), socks, LOOK_MAX);

	for (size_t i = 0; i < n; i++)
		look_at(session, socks[i], last_call);
	session_ignore_unwanted(session);
	return n;
}

/* First the ring: what happened to them may be there. */
void look_for_overdue(void *ctx)
{
	struct session *session = ctx;
	budget_step_begins(&session->looks);
	if (!session_catch_up(session)) {
		session->looks.next_ns = clock_ns(CLOCK_BOOTTIME);
		return;
	}
	look_at_some(session, false);
	budget_step_ends(&session->looks, true);
}

uint64_t look_due(void *ctx)
{
	const struct session *session = ctx;
	const uint64_t due_ns = model_look_ns(session->model);

	return due_ns > session->looks.next_ns ? due_ns : session->looks.next_ns;
}

void look_for_last(struct session *session)
{
	model_hurry(session->model, clock_ns(CLOCK_BOOTTIME));
	while (look_at_some(session, true))
		;
}
