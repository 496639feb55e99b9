// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/text_timeline.h"

#include "format/text_closing.h"
#include "format/text_why.h"
#include "format/words.h"
#include "model/criteria.h"
#include "model/detection.h"

#include <inttypes.h>

/* Records of two CPUs may come out of order, and so may recorded events if the clock was set. */
static uint64_t since(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns > from_ns ? to_ns - from_ns : 0;
}

static void offset(const struct connection *c, uint64_t time_ns, struct out *out)
{
	const size_t from = out->used;
	char number[32];
	struct out text = out_make(number, sizeof(number));

	out_printf(&text, "+%.1fs", (double)since(c->first_ns, time_ns) / 1e9);
	out_pad(out, from, text.used < 9 ? 11 - text.used : 2);
	out_bytes(out, text.buf, text.used);
	out_text(out, "  ");
}

static void entry_name(struct out *out, const char *name)
{
	const size_t from = out->used;

	out_text(out, name);
	out_pad(out, from, 11);
	out_text(out, "  ");
}

static void say_round_trips(const struct entry *entry, struct out *out)
{
	if (!entry->n_rtts)
		return;
	if (entry->n_rtts == 1) {
		out_text(out, " in ");
		words_duration(out, entry->rtt_min_us);
		return;
	}
	out_text(out, ", ");
	words_duration(out, entry->rtt_min_us);
	out_text(out, " to ");
	words_duration(out, entry->rtt_max_us);
	out_text(out, " (median ");
	words_duration(out, entry->rtt_median_us);
	out_text(out, ")");
}

/* Of the last entry the end says more. */
static const char *unanswered(const struct connection *c, bool last)
{
	if (last && c->fate == FATE_OPEN)
		return "no answer yet";
	if (last && c->fate == FATE_ENDED && c->verdict == VERDICT_RESET_BY_PEER)
		return text_reset_probe(c) ? "a reset" : "no answer before the reset";
	return "no answer";
}

static void say_probe_entry(const struct connection *c, const struct entry *entry, bool last, struct out *out)
{
	if (entry->has_result) {
		out_text(out, "refused on this host: ");
		words_errno(out, -entry->result);
	} else if (entry->answered) {
		out_text(out, "answered");
		say_round_trips(entry, out);
	} else {
		out_text(out, unanswered(c, last));
	}
}

static void say_suppressed_entry(const struct entry *entry, struct out *out)
{
	words_backlog(out, entry->unacked_bytes, entry->queued_bytes, entry->fin, entry->retransmits);
	if (entry->orphan)
		out_text(out, "; closed by this side (an orphan)");
	out_printf(out, "; %s in charge", entry->window_probe ? "window probing" : "retransmission");
	if (!entry->end_ns)
		return;
	out_text(out, " for ");
	words_duration(out, since(entry->time_ns, entry->end_ns) / 1000);
}

static void say_configured_entry(const struct entry *entry, struct out *out)
{
	const size_t from = out->used;

	words_changes(out, &entry->before, &entry->after);
	if (out->used == from) /* they are not in force; or a recording lacks the values before */
		out_text(out, "keepalive settings");
}

static void probe_name(const struct entry *entry, struct out *out)
{
	char name[32];
	struct out text = out_make(name, sizeof(name) - 1);

	if (entry->kind == ENTRY_ANSWERED_RUN && entry->count > 1)
		out_printf(&text, "%u probes", entry->count);
	else
		words_probe(&text, entry->number, entry->limit);
	name[text.used] = '\0';
	entry_name(out, name);
}

static void entry_line(const struct connection *c, const struct entry *entry, bool last, struct out *out)
{
	offset(c, entry->time_ns, out);
	switch (entry->kind) {
	case ENTRY_ANSWERED_RUN:
		probe_name(entry, out);
		out_text(out, entry->count > 1 ? "all answered" : "answered");
		say_round_trips(entry, out);
		break;
	case ENTRY_PROBE:
		probe_name(entry, out);
		say_probe_entry(c, entry, last, out);
		break;
	case ENTRY_DROPPED:
		probe_name(entry, out);
		out_printf(out, "not sent: refused by the local stack, %u time%s", entry->count,
			   words_plural(entry->count));
		break;
	case ENTRY_SUPPRESSED:
		entry_name(out, "suppressed");
		say_suppressed_entry(entry, out);
		break;
	case ENTRY_PEER_CLOSED:
		entry_name(out, "half-closed");
		out_text(out, CLOSING_BY_PEER);
		break;
	case ENTRY_CONFIGURED:
		entry_name(out, "changed");
		say_configured_entry(entry, out);
		break;
	}
	out_text(out, "\n");
}

/* The current suppression is the last one in the timeline. */
static void say_suppressed_prospect(const struct connection *c, struct out *out)
{
	const struct entry *entry = c->timeline.entries + c->timeline.n;

	closing_what_waits(c, out);
	while (entry > c->timeline.entries && (--entry)->kind != ENTRY_SUPPRESSED)
		;
	if (c->timeline.n && entry->kind == ENTRY_SUPPRESSED && entry->gives_up_ms)
		out_printf(out, "; if the peer stays silent, %s gives up at about +%.1fs",
			   entry->window_probe ? "window probing" : "retransmission",
			   (double)(since(c->first_ns, entry->time_ns) + entry->gives_up_ms * 1000000) / 1e9);
	out_text(out, ".");
}

static void say_probed_prospect(const struct connection *c, uint64_t probe_ns, struct out *out)
{
	const uint64_t interval_us = 1000000ULL * c->settings.interval_s;
	uint64_t us;

	out_printf(out, "Still open, with %u probes unanswered", c->probes_unanswered);
	if (detection_from_now(&c->settings, c->silent_us, interval_us, c->probes_unanswered, &us))
		out_printf(out, ": it dies at about +%.1fs if the peer stays silent",
			   (double)(since(c->first_ns, probe_ns) + us * 1000) / 1e9);
	out_text(out, ".");
}

static void say_prospect(const struct connection *c, struct out *out)
{
	const uint64_t us = detection_after_heard(&c->settings);
	const struct timeline *timeline = &c->timeline;
	const struct entry *last = timeline->n ? &timeline->entries[timeline->n - 1] : NULL;

	if (c->suppressed) {
		say_suppressed_prospect(c, out);
		return;
	}
	/* one alone may be answered any moment */
	if (last && last->kind == ENTRY_PROBE && c->probes_unanswered > 1) {
		say_probed_prospect(c, last->time_ns, out);
		return;
	}
	if (last && last->kind == ENTRY_DROPPED) {
		out_text(out,
			 "Still open. Probes never left this host (its own queue refused them); as long as that lasts, "
			 "keepalive does not end the connection.");
		return;
	}
	if (!us) {
		out_text(out, "Still open. Keepalive is off: a dead peer would not be noticed.");
		return;
	}
	out_text(out, "Still open. A dead peer is noticed ");
	if (!detection_is_exact(&c->settings))
		out_text(out, "at most ");
	words_ms(out, us / 1000);
	out_text(out, " after it was last heard.");
}

static void sentence(const struct connection *c, struct out *out)
{
	out_text(out, "  ");
	switch (c->fate) {
	case FATE_OPEN:
		closing_half(c, out);
		say_prospect(c, out);
		break;
	case FATE_ENDED:
		text_why(c, out);
		break;
	case FATE_UNKNOWN:
		out_text(out, "Its end was not seen.");
		break;
	case FATE_LEFT:
		out_text(out, "No longer followed: its owner no longer matches the filter.");
		break;
	}
	out_text(out, "\n");
}

/* The container id as container tools abbreviate it, otherwise the systemd unit. */
static void say_cgroup(const struct cgroup *cgroup, struct out *out)
{
	if (cgroup->container[0]) {
		out_printf(out, "  container %.12s", cgroup->container);
	} else if (cgroup->unit[0]) {
		out_text(out, "  ");
		out_escaped(out, cgroup->unit, sizeof(cgroup->unit));
	}
}

static void say_middlebox(const struct connection *c, struct out *out)
{
	static const char *const before[] = {
		[LATE_NONE] = " before the first probe",
		[LATE_FIRST] = " before the first probe",
		[LATE_SECOND] = " before the second probe: after a probe the timer restarts at the interval",
		[LATE_ALL] = ": there is no probe",
	};
	const enum late_probe late = middlebox_late_probe(&c->settings, 1000000ULL * c->settings.idle_s,
							  1000000ULL * c->middlebox_timeout_s);

	out_printf(out, "  A middlebox that forgets silent connections after %us does so%s.\n", c->middlebox_timeout_s,
		   before[late]);
}

static void block_header(const struct connection *c, uint32_t own_netns, struct out *out)
{
	words_endpoint(out, &c->id.local);
	out_text(out, " - ");
	words_endpoint(out, &c->id.peer);
	if (c->owner.pid) {
		out_text(out, "  ");
		out_escaped(out, c->owner.comm, sizeof(c->owner.comm));
		out_printf(out, "[%u", c->owner.pid);
		for (uint32_t i = 0; i < c->owner.n_others; i++)
			out_printf(out, ", %u", c->owner.other_pids[i]);
		if (c->owner.n_unlisted)
			out_printf(out, " and %u more", c->owner.n_unlisted);
		out_text(out, "]");
		words_title(out, &c->owner, false);
	}
	say_cgroup(&c->owner.cgroup, out);
	if (c->id.netns != own_netns) {
		out_text(out, "  netns ");
		words_netns(out, c->id.netns, c->id.netns_name);
	}
	if (c->mptcp_subflow)
		out_text(out, "  MPTCP subflow");
	out_text(out, "\n  keepalive: ");
	words_settings(out, &c->settings);
	out_text(out, "\n");
	if (c->middlebox_timeout_s)
		say_middlebox(c, out);
}

static void ended_line(const struct connection *c, struct out *out)
{
	offset(c, c->last_ns, out);
	entry_name(out, "ended");
	words_ended(out, c->verdict, c->error, &c->data, c->close_reason);
	out_text(out, "\n");
}

void timeline_text(const struct connection *c, uint32_t own_netns, struct out *out)
{
	const struct timeline *timeline = &c->timeline;

	block_header(c, own_netns, out);
	for (size_t i = 0; i < timeline->n; i++) {
		if (i == TIMELINE_FIRST_KEPT && timeline->left_out)
			out_printf(out, "             ... %" PRIu64 " entr%s left out ...\n", timeline->left_out,
				   timeline->left_out == 1 ? "y" : "ies");
		entry_line(c, &timeline->entries[i], i + 1 == timeline->n, out);
	}
	if (c->fate == FATE_ENDED)
		ended_line(c, out);
	sentence(c, out);
	out_text(out, "\n");
}
