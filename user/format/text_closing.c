// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/text_closing.h"

#include "format/words.h"

#include <netinet/tcp.h>

/* No application's idle timeout is shorter. */
#define IDLE_TIMEOUT_US 1000000

/* The clock may have been set during a recording. */
static double seconds(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns > from_ns ? (double)(to_ns - from_ns) / 1e9 : 0;
}

void closing_half(const struct connection *c, struct out *out)
{
	if (c->state != TCP_CLOSE_WAIT)
		return;
	out_text(out, "Half-closed: " CLOSING_BY_PEER);
	if (c->peer_closed_ns) {
		const bool first = c->peer_closed_ns <= c->first_ns; /* it may have been before that, too */

		out_printf(out, ", since %+.1fs%s (for %s%.1fs)", seconds(c->first_ns, c->peer_closed_ns),
			   first ? " or before" : "", first ? "at least " : "", seconds(c->peer_closed_ns, c->last_ns));
	}
	out_text(out, ". ");
}

void closing_what_waits(const struct connection *c, struct out *out)
{
	if (c->orphan)
		out_text(out, "Closed by this side, waiting for the peer to confirm");
	else if (state_awaits_fin_ack(c->state))
		out_text(out, "Still open. The FIN is not acknowledged, so keepalive does not probe");
	else
		out_text(out, "Still open. Data is waiting, so keepalive does not probe");
}

void closing_backlog(const struct connection *c, struct out *out)
{
	const bool fin = state_awaits_fin_ack(c->state);

	if (c->unacked_bytes && fin)
		out_printf(out, "%u byte%s and the FIN were unacknowledged", c->unacked_bytes,
			   words_plural(c->unacked_bytes));
	else if (c->unacked_bytes)
		out_printf(out, "%u byte%s unacknowledged", c->unacked_bytes,
			   c->unacked_bytes == 1 ? " was" : "s were");
	else /* a recording may lack the number of bytes */
		out_text(out, fin ? "the FIN was unacknowledged" : "data was unacknowledged");
}

static void say_bytes(uint32_t n, const char *never, struct out *out)
{
	out_printf(out, n == 1 ? "%u byte of data was never %s" : "%u bytes of data were never %s", n, never);
}

/* What the peer has not acknowledged may have arrived all the same; what was queued never left. */
static void say_undelivered(const struct connection *c, struct out *out)
{
	if (!c->unacked_bytes && !c->queued_bytes) {
		out_text(out, "all data was acknowledged");
		return;
	}
	if (c->unacked_bytes)
		say_bytes(c->unacked_bytes, "acknowledged", out);
	if (c->unacked_bytes && c->queued_bytes)
		out_text(out, ", ");
	if (c->queued_bytes)
		say_bytes(c->queued_bytes, "sent", out);
}

/* Perhaps why this side closed: its application missed something. A peer that closed first had nothing to send. */
static void say_missed(const struct connection *c, struct out *out)
{
	if (!c->data.known || c->data.received_us < IDLE_TIMEOUT_US || c->state == TCP_LAST_ACK)
		return;
	out_text(out, " When this side closed, no data had come from the peer for ");
	words_duration(out, c->data.received_us);
	out_text(out, ".");
}

void closing_end(const struct connection *c, struct out *out)
{
	out_printf(out, "This side closed the connection%s, and the peer never confirmed it: ",
		   c->close_reason == KATRACE_REASON_EXIT ? " (its process exited or was killed)" : "");
	if (c->settings.user_timeout_ms) {
		out_text(out, "TCP_USER_TIMEOUT (");
		words_ms(out, c->settings.user_timeout_ms);
		out_text(out, ") ran out");
	} else if (c->retransmits) {
		out_printf(out, "retransmission gave up after %u %s", c->retransmits,
			   c->retransmits == 1 ? "try" : "tries");
	} else {
		out_text(out, "its window was closed, and window probing gave up");
	}
	out_text(out, "; ");
	say_undelivered(c, out);
	out_text(out, ".");
	say_missed(c, out);
}

/* An error is set by whoever ends it from outside (ss -K); the kernel sets none. Subflows are MPTCP's to end. */
bool closing_is_given_up(const struct connection *c)
{
	return c->orphan && !c->error && !c->mptcp_subflow && state_awaits_fin_ack(c->state);
}

void closing_given_up(const struct connection *c, struct out *out)
{
	out_text(out, "This side closed the connection, and its kernel gave it up before the peer confirmed: too many "
		      "orphans (net.ipv4.tcp_max_orphans), too little memory (net.ipv4.tcp_mem), or its network "
		      "namespace is gone; ");
	say_undelivered(c, out);
	out_text(out, ".");
}

static void say_idle(const struct connection *c, const char *perhaps, struct out *out)
{
	if (!c->data.known || data_idle_us(&c->data) < IDLE_TIMEOUT_US)
		return;
	out_text(out, " No data had come or gone for ");
	words_duration(out, data_idle_us(&c->data));
	out_printf(out, ": perhaps an idle timeout of %s. Keepalive probes are no data.", perhaps);
}

void closing_idle(const struct connection *c, struct out *out)
{
	say_idle(c, "its application or of a balancer", out);
}

void closing_here(const struct connection *c, const char *did, struct out *out)
{
	out_printf(out, "This side %s the connection", did);
	if (c->close_reason == KATRACE_REASON_EXIT) {
		out_text(out, ": its process exited or was killed.");
		return;
	}
	out_text(out, ".");
	say_idle(c, "the application, not TCP keepalive", out);
}
