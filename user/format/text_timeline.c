// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/text_timeline.h"

#include "format/text_closing.h"
#include "format/words.h"
#include "model/detection.h"

#include <errno.h>
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

static void say_probe_entry(const struct entry *entry, bool open, struct out *out)
{
	if (entry->has_result) {
		out_text(out, "refused on this host: ");
		words_errno(out, -entry->result);
	} else if (entry->answered) {
		out_text(out, "answered");
		say_round_trips(entry, out);
	} else {
		out_text(out, open ? "no answer yet" : "no answer");
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

static void entry_line(const struct connection *c, const struct entry *entry, bool open, struct out *out)
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
		say_probe_entry(entry, open, out);
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

/* The error waits in sk_err until the application asks: it may sleep on. */
static void say_waited(const struct connection *c, struct out *out)
{
	out_text(out, "; after ");
	words_duration(out, c->silent_us);
	if (c->mptcp_subflow) { /* the MPTCP socket keeps the error to itself while another subflow may serve it */
		out_text(out, " of silence the subflow ended (");
		words_errno(out, c->error);
		out_text(out, "); the MPTCP connection goes on if it has another one.");
		return;
	}
	out_text(out, " of silence the application gets ");
	words_errno(out, c->error);
	out_text(out, " from its next call on the socket.");
}

/* What probably refused a probe on this host, judging by the errno. */
static void say_refused(int error, struct out *out)
{
	out_text(out, "Probes were refused on this host (");
	words_errno(out, error);
	if (error == EPERM)
		out_text(out, ": a local firewall?");
	else if (error == EHOSTUNREACH || error == ENETUNREACH || error == EINVAL)
		out_text(out, ": no route?");
	out_text(out, "); the peer may be alive");
}

static void say_keepalive_gave_up(const struct connection *c, struct out *out)
{
	if (c->refused_with)
		say_refused(c->refused_with, out);
	else if (!c->probes_unanswered)
		out_text(out, "No probe was sent: the limit is 0 probes (net.ipv4.tcp_keepalive_probes)");
	else
		out_printf(out, "The peer answered none of %u probe%s", c->probes_unanswered,
			   words_plural(c->probes_unanswered));
	say_waited(c, out);
	if (!c->probes_unanswered || !detection_is_contradicted(&c->settings, c->silent_us, c->heard_us))
		return;
	out_text(out, " Something arrived ");
	words_duration(out, c->heard_us);
	out_text(out, " before the end, but no answer: the peer's own probes, or segments that this host refuses.");
}

/* A user timeout acts in three cases: on probes, on unacknowledged data, and on a closed window. */
static void say_user_timeout(const struct connection *c, struct out *out)
{
	out_text(out, "TCP_USER_TIMEOUT (");
	words_ms(out, c->settings.user_timeout_ms);
	if (c->unacked_bytes) {
		out_text(out, ") ran out with ");
		words_backlog(out, c->unacked_bytes, 0, false, 0);
	} else if (c->suppressed || !c->probes_sent) {
		out_text(out, ") ran out with the peer's window closed, whether it answered window probes or not");
	} else {
		out_printf(out, ") %s the limit of %u probe%s",
			   c->probes_unanswered == c->settings.probe_limit ? "ran out at the same time as" : "overrode",
			   c->settings.probe_limit, words_plural(c->settings.probe_limit));
	}
	say_waited(c, out);
}

static void say_retransmission_gave_up(const struct connection *c, struct out *out)
{
	if (!c->probes_sent)
		out_text(out, "Keepalive never got to act: ");
	closing_backlog(c, out);
	out_printf(out, ", so retransmission was in charge; it gave up after %u %s", c->retransmits,
		   c->retransmits == 1 ? "try" : "tries");
	if (c->error == EHOSTUNREACH || c->error == ENETUNREACH)
		out_text(out, ", and a router reported the host unreachable");
	say_waited(c, out);
}

static void say_why(const struct connection *c, struct out *out)
{
	switch (c->verdict) {
	case VERDICT_KEEPALIVE_TIMEOUT:
		say_keepalive_gave_up(c, out);
		break;
	case VERDICT_USER_TIMEOUT:
		say_user_timeout(c, out);
		break;
	case VERDICT_RETRANSMISSION_TIMEOUT:
		say_retransmission_gave_up(c, out);
		break;
	case VERDICT_WINDOW_PROBE_TIMEOUT:
		out_text(out, "The peer's window was closed and it stopped answering; window probing gave up");
		say_waited(c, out);
		break;
	case VERDICT_CONNECT_TIMEOUT:
		out_text(out, "The connection was never established.");
		break;
	case VERDICT_CLOSE_TIMEOUT:
		closing_end(c, out);
		break;
	case VERDICT_RESET_BY_PEER:
		out_text(out, c->probes_unanswered
				      ? "The peer answered the probe with a reset: it no longer knows this "
					"connection, perhaps since a restart."
				      : "The peer reset the connection.");
		if (!c->probes_unanswered)
			closing_idle(c, out);
		break;
	case VERDICT_UNREACHABLE:
		out_text(out, "The network reported that the peer cannot be reached.");
		break;
	case VERDICT_CLOSED_BY_PEER:
		out_text(out, "The peer closed the connection.");
		closing_idle(c, out);
		break;
	case VERDICT_CLOSED_LOCALLY:
		closing_here(c, "closed", out);
		break;
	case VERDICT_RESET_LOCALLY:
		closing_here(c, "aborted", out);
		break;
	case VERDICT_UNSEEN:
		out_text(out, "The connection is gone; its end was not seen.");
		break;
	case VERDICTS:
		break;
	}
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
		say_why(c, out);
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
	}
	say_cgroup(&c->owner.cgroup, out);
	if (c->id.netns != own_netns)
		out_printf(out, "  netns %u", c->id.netns);
	if (c->mptcp_subflow)
		out_text(out, "  MPTCP subflow");
	out_text(out, "\n  keepalive: ");
	words_settings(out, &c->settings);
	out_text(out, "\n");
	if (c->middlebox_timeout_s)
		out_printf(out,
			   "  A middlebox that forgets silent connections after %us does so before the first probe.\n",
			   c->middlebox_timeout_s);
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
		const bool open = c->fate == FATE_OPEN && i + 1 == timeline->n;

		if (i == TIMELINE_FIRST_KEPT && timeline->left_out)
			out_printf(out, "             ... %" PRIu64 " entries left out ...\n", timeline->left_out);
		entry_line(c, &timeline->entries[i], open, out);
	}
	if (c->fate == FATE_ENDED)
		ended_line(c, out);
	sentence(c, out);
	out_text(out, "\n");
}
