// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/text_why.h"

#include "format/text_closing.h"
#include "format/words.h"
#include "model/detection.h"

#include <errno.h>
#include <netinet/tcp.h>

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
	if (c->state == TCP_CLOSE_WAIT) /* tcp_recvmsg() returns the end of file first: live on 6.18 */
		out_text(out, " from its next write to the socket; reads still return end of file.");
	else
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

/* Longer than almost any round trip: a reset that comes later has nothing to do with the probe. */
#define RESET_FOLLOWS_NS 300000000

const struct entry *text_reset_probe(const struct connection *c)
{
	const struct timeline *timeline = &c->timeline;
	const struct entry *last = timeline->n ? &timeline->entries[timeline->n - 1] : NULL;

	if (c->fate != FATE_ENDED || c->verdict != VERDICT_RESET_BY_PEER || !last)
		return NULL;
	if (last->kind != ENTRY_PROBE || last->answered || last->has_result || c->last_ns < last->time_ns)
		return NULL;
	return c->last_ns - last->time_ns <= RESET_FOLLOWS_NS ? last : NULL;
}

/* A socket that the peer has closed can be written to: the peer answers with a reset. */
static void say_reset_after_fin(const struct connection *c, struct out *out)
{
	out_text(out, "The peer closed the connection, and a reset followed before this side had closed it");
	if (c->unacked_bytes)
		out_printf(out, "; the last %u byte%s sent %s never acknowledged", c->unacked_bytes,
			   words_plural(c->unacked_bytes), c->unacked_bytes == 1 ? "was" : "were");
	out_text(out, ".");
}

/* A firewall or a balancer on the way, this host's own included, sends resets in the peer's name. */
static void say_reset(const struct connection *c, struct out *out)
{
	const struct entry *probe = text_reset_probe(c);

	if (!probe) {
		if (c->error == EPIPE) /* the kernel says that in CLOSE_WAIT only: tcp_reset(), 5.10 to 7.2 */
			say_reset_after_fin(c, out);
		else
			out_text(out, "A reset ended the connection.");
		if (!c->probes_unanswered)
			closing_idle(c, out);
		return;
	}
	out_text(out, "A reset came ");
	words_duration(out, (c->last_ns - probe->time_ns) / 1000);
	out_text(out, " after ");
	words_probe(out, probe->number, probe->limit);
	out_text(out,
		 ": whoever sent it (the peer, or a firewall or balancer on the way) no longer knows the connection.");
}

void text_why(const struct connection *c, struct out *out)
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
		say_reset(c, out);
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
		if (closing_is_given_up(c))
			closing_given_up(c, out);
		else
			closing_here(c, "aborted", out);
		break;
	case VERDICT_UNSEEN:
		out_text(out, "The connection is gone; its end was not seen.");
		break;
	case VERDICTS:
		break;
	}
}
