// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/verdict.h"

#include <errno.h>
#include <netinet/tcp.h>

static const struct {
	const char *name;
	const char *words;
} verdicts[VERDICTS] = {
	[VERDICT_KEEPALIVE_TIMEOUT] = { "keepalive_timeout", "keepalive timeout" },
	[VERDICT_USER_TIMEOUT] = { "user_timeout", "user timeout" },
	[VERDICT_RETRANSMISSION_TIMEOUT] = { "retransmission_timeout", "retransmission timeout" },
	[VERDICT_WINDOW_PROBE_TIMEOUT] = { "window_probe_timeout", "window probe timeout" },
	[VERDICT_CONNECT_TIMEOUT] = { "connect_timeout", "connect timeout" },
	[VERDICT_CLOSE_TIMEOUT] = { "close_timeout", "close timeout" },
	[VERDICT_RESET_BY_PEER] = { "reset_by_peer", "reset by peer" },
	[VERDICT_UNREACHABLE] = { "unreachable", "peer unreachable" },
	[VERDICT_CLOSED_BY_PEER] = { "closed_by_peer", "closed by peer" },
	[VERDICT_CLOSED_LOCALLY] = { "closed_locally", "closed locally" },
	[VERDICT_RESET_LOCALLY] = { "reset_locally", "reset locally" },
	[VERDICT_UNSEEN] = { "unseen", "its end was not seen" },
};

/* If there is a user timeout, tcp_keepalive_timer() uses it instead of the probe limit. */
static enum verdict gave_up_probing(const struct sighting *closed)
{
	return closed->settings.user_timeout_ms ? VERDICT_USER_TIMEOUT : VERDICT_KEEPALIVE_TIMEOUT;
}

/* Data was waiting, but none was in flight: window probes were sent. */
static bool was_window_probing(const struct sighting *closed)
{
	return !closed->retransmits && (closed->queued_bytes || closed->fin || closed->probes_out);
}

/*
 * tcp_write_err() from the retransmission or the window probe timer. A user timeout replaces the limit of
 * retransmissions (retransmits_timed_out()), but not that of window probes: tcp_probe_timer() checks both.
 */
static enum verdict gave_up_sending(const struct sighting *closed)
{
	if (closed->state == TCP_SYN_SENT || closed->state == TCP_SYN_RECV)
		return VERDICT_CONNECT_TIMEOUT;
	if (closed->orphan) /* no application gets the error */
		return VERDICT_CLOSE_TIMEOUT;
	if (was_window_probing(closed) &&
	    (!closed->settings.user_timeout_ms || closed->probes_out >= closed->retry_limit))
		return VERDICT_WINDOW_PROBE_TIMEOUT;
	return closed->settings.user_timeout_ms ? VERDICT_USER_TIMEOUT : VERDICT_RETRANSMISSION_TIMEOUT;
}

/*
 * No error: the state shows which side closed first, and whether it sent a FIN. If that was not acknowledged, nothing
 * ended but this side, with a RST at most: a process, or the kernel that gave an orphan up (tcp_out_of_resources()).
 */
static enum verdict closed_without_error(const struct sighting *closed)
{
	if (closed->fin)
		return VERDICT_RESET_LOCALLY;
	switch (closed->state) {
	case TCP_CLOSE_WAIT:
	case TCP_LAST_ACK:
		return VERDICT_CLOSED_BY_PEER;
	case TCP_FIN_WAIT1:
	case TCP_FIN_WAIT2:
	case TCP_CLOSING:
		return VERDICT_CLOSED_LOCALLY;
	default:
		return VERDICT_RESET_LOCALLY;
	}
}

enum verdict verdict_of(const struct sighting *closed)
{
	if (closed->close_cause == KATRACE_CLOSE_KEEPALIVE)
		return gave_up_probing(closed);
	switch (closed->error) {
	case 0:
		return closed_without_error(closed);
	case ETIMEDOUT:
		return gave_up_sending(closed);
	/*
	 * Only tcp_reset() sets these two, and the third in SYN_SENT, before TCP_CLOSE (5.10 to 6.18), so they need no
	 * hook of their own: tcp_disconnect() sets its ECONNRESET after the change, a close with unread data sets none.
	 */
	case ECONNRESET:
	case EPIPE: /* the peer's FIN came first */
		return VERDICT_RESET_BY_PEER;
	case ECONNREFUSED: /* later it is an ICMP error, "port unreachable", reported by a timer that gives up */
		return closed->state == TCP_SYN_SENT ? VERDICT_RESET_BY_PEER : gave_up_sending(closed);
	case ECONNABORTED: /* tcp_abort(): ss -K */
		return VERDICT_RESET_LOCALLY;
	default:
		/* EHOSTUNREACH and similar from a router. A timer that gives up reports it instead of ETIMEDOUT. */
		if (closed->state != TCP_SYN_SENT && (closed->retransmits || was_window_probing(closed)))
			return gave_up_sending(closed);
		return VERDICT_UNREACHABLE;
	}
}

const char *verdict_name(enum verdict verdict)
{
	return verdicts[verdict].name;
}

const char *verdict_words(enum verdict verdict)
{
	return verdicts[verdict].words;
}

const char *close_reason_name(enum katrace_close_reason reason)
{
	static const char *const names[KATRACE_REASONS] = {
		[KATRACE_REASON_CLOSE] = "close",
		[KATRACE_REASON_SHUTDOWN] = "shutdown",
		[KATRACE_REASON_EXIT] = "process_exit",
	};

	return names[reason];
}

bool verdict_is_timeout(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_KEEPALIVE_TIMEOUT:
	case VERDICT_USER_TIMEOUT:
	case VERDICT_RETRANSMISSION_TIMEOUT:
	case VERDICT_WINDOW_PROBE_TIMEOUT:
	case VERDICT_CONNECT_TIMEOUT:
	case VERDICT_CLOSE_TIMEOUT:
		return true;
	default:
		return false;
	}
}

bool verdict_tells_application(enum verdict verdict)
{
	return !verdict_is_normal(verdict) && verdict != VERDICT_CLOSE_TIMEOUT;
}

bool verdict_is_normal(enum verdict verdict)
{
	return verdict == VERDICT_CLOSED_BY_PEER || verdict == VERDICT_CLOSED_LOCALLY;
}
