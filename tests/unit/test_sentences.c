// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The text output: what is said of one situation each, mostly in the sentence under the timeline. */
#include "page.h"

#include <errno.h>

/* Right after a probe it takes longer: the timer goes by the interval then. */
static void noticed_at_the_latest(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting s = make_probe(1, 1, 10 * SECOND);

	(void)state;
	s.settings = (struct settings){ true, 2, 6, 2, 0, 0 };
	observe(page, s);
	model_finish(page->model, 11 * SECOND);
	expect_sentence(page, "  Still open. A dead peer is noticed at most 18s after it was last heard.\n");
	page_free(page);
}

/* The MPTCP socket may have other subflows: the application is not told. */
static void a_subflow(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting s = make_timeout(1, 1, 15 * SECOND);

	(void)state;
	observe(page, make_probe(1, 1, 10 * SECOND));
	s.mptcp_subflow = true;
	observe(page, s);
	expect_sentence(page, "sshd[1787]  MPTCP subflow\n");
	expect_sentence(page,
			" of silence the subflow ended (ETIMEDOUT); the MPTCP connection goes on if it has another "
			"one.\n");
	page_free(page);
}

/* Each probe has the limit in force then. */
static void what_changed(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting s = make_probe(1, 1, 10 * SECOND);

	(void)state;
	s.settings = (struct settings){ true, 5, 3, 3, 0, 0 };
	observe(page, s);
	s = make_probe(1, 2, 13 * SECOND);
	s.settings = (struct settings){ true, 5, 2, 9, 0, 0 };
	observe(page, s);
	s = make_probe(1, 3, 15 * SECOND);
	s.settings = (struct settings){ true, 5, 2, 9, 60000, 0 };
	observe(page, s);
	s = make_timeout(1, 3, 17 * SECOND);
	s.settings = (struct settings){ false, 5, 2, 9, 60000, 0 };
	observe(page, s);
	expect_sentence(page, "      +0.0s  probe 1/3    no answer\n"
			      "      +3.0s  changed      interval 3s to 2s, probes 3 to 9\n"
			      "      +3.0s  probe 2/9    no answer\n"
			      "      +5.0s  changed      user timeout none to 60s\n"
			      "      +5.0s  probe 3      no answer\n"
			      "      +7.0s  changed      keepalive switched off\n");
	page_free(page);
}

/* 5 s from one to the next, and the fourth firing would end it. */
static void dying(void **state)
{
	struct page *page = page_new(plain, "sshd");

	(void)state;
	observe(page, make_probe(1, 1, 10 * SECOND));
	observe(page, make_probe(1, 2, 15 * SECOND));
	model_finish(page->model, 16 * SECOND);
	expect_sentence(page, "  Still open, with 2 probes unanswered: it dies at about +15.0s if the peer stays "
			      "silent.\n");
	page_free(page);
}

/* The probe limit would have ended it at the same firing: nothing was overridden. */
static void a_user_timeout_as_long_as_the_limit(void **state)
{
	struct page *page = page_new(plain, "java");
	struct sighting s = make_timeout(1, 3, 24 * SECOND);

	(void)state;
	for (uint32_t i = 1; i <= 3; i++) {
		struct sighting probe = make_probe(1, i, (10 + 5 * i) * SECOND);

		probe.settings = (struct settings){ true, 5, 5, 3, 17000, 0 };
		observe(page, probe);
	}
	s.settings = (struct settings){ true, 5, 5, 3, 17000, 0 };
	s.silent_us = 20000000;
	observe(page, s);
	expect_sentence(page,
			"  TCP_USER_TIMEOUT (17s) ran out at the same time as the limit of 3 probes; after 20.0s of "
			"silence the application gets ETIMEDOUT from its next call on the socket.\n");
	page_free(page);
}

/* A time that is not known is not shown, and none that may belong to another probe counts as a round trip. */
static void answers_without_an_exact_time(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting next = make_probe(1, 1, 20 * SECOND);

	(void)state;
	observe(page, make_probe(1, 1, 10 * SECOND));
	observe(page, make_probe(1, 2, 11 * SECOND));
	observe(page, make_answer(1, 2, 12 * SECOND));
	observe(page, make_probe(1, 1, 15 * SECOND));
	next.silent_us = 5000000;
	observe(page, next);
	model_finish(page->model, 20 * SECOND);
	expect_sentence(page, "  answered in at least 1.0s, at most 2.0s\n");
	expect_sentence(page, "  answered\n");
	expect_sentence(page, "      +0.0s  probe 1/3    no answer\n"
			      "      +1.0s  probe 2/3    answered\n"
			      "      +5.0s  probe 1/3    answered\n"
			      "     +10.0s  probe 1/3    no answer yet\n");
	page_free(page);
}

/* The application has read end of file, and goes on to: only writing tells the error. */
static void a_half_closed_connection_times_out(void **state)
{
	struct page *page = page_new(plain, "java");
	struct sighting probe = make_probe(1, 1, 10 * SECOND), s = make_timeout(1, 1, 15 * SECOND);

	(void)state;
	probe.state = s.state = TCP_CLOSE_WAIT;
	observe(page, probe);
	observe(page, s);
	expect_sentence(page, "  The peer answered none of 1 probe; after 35.0s of silence the application gets "
			      "ETIMEDOUT from its next write to the socket; reads still return end of file.\n");
	page_free(page);
}

/* As a pool of connections does that has not noticed the FIN. */
static void used_after_the_peer_closed(void **state)
{
	struct page *page = page_new(plain, "java");
	struct sighting s = make_sighting(KATRACE_CLOSED, 1, 15 * SECOND);

	(void)state;
	observe(page, make_probe(1, 1, 10 * SECOND));
	observe(page, make_answer(1, 1, 10 * SECOND + MS));
	s.state = TCP_CLOSE_WAIT;
	s.error = EPIPE;
	s.unacked_bytes = 149;
	observe(page, s);
	expect_sentence(page, "  The peer closed the connection, and a reset followed before this side had closed it; "
			      "the last 149 bytes sent were never acknowledged.\n");
	page_free(page);
}

static void nothing_leaves_this_host(void **state)
{
	struct page *page = page_new(plain, "sshd");

	(void)state;
	observe(page, make_sighting(KATRACE_PROBE_DROPPED, 1, 50 * SECOND));
	model_finish(page->model, 70 * SECOND);
	expect_sentence(
		page, "  Still open. Probes never left this host (its own queue refused them); as long as that lasts, "
		      "keepalive does not end the connection.\n");
	page_free(page);
}

/* The kernel counts the probe as sent, but it never left: the peer may be alive. */
static void refused_on_this_host(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting s = make_probe(1, 1, 10 * SECOND);

	(void)state;
	s.has_result = true;
	s.result = -EPERM;
	observe(page, s);
	observe(page, make_timeout(1, 1, 15 * SECOND));
	expect(page,
	       "TIME          PID    COMM    LOCAL            PEER             EVENT\n"
	       "21:04:10.000  1787   sshd    10.0.2.15:22     10.0.2.2:51040   keepalive: 30s idle, then 3 probes 5s "
	       "apart (interval from sysctl)\n"
	       "21:04:10.000  1787   sshd    10.0.2.15:22     10.0.2.2:51040   probe 1/3 after 30.0s of silence; "
	       "refused on this host: EPERM\n"
	       "21:04:15.000  1787   sshd    10.0.2.15:22     10.0.2.2:51040   ended: keepalive timeout, ETIMEDOUT\n"
	       "\n"
	       "10.0.2.15:22 - 10.0.2.2:51040  sshd[1787]\n"
	       "  keepalive: 30s idle, then 3 probes 5s apart (interval from sysctl)\n"
	       "      +0.0s  probe 1/3    refused on this host: EPERM\n"
	       "      +5.0s  ended        keepalive timeout, ETIMEDOUT\n"
	       "  Probes were refused on this host (EPERM: a local firewall?); the peer may be alive; after 35.0s of "
	       "silence the application gets ETIMEDOUT from its next call on the socket.\n"
	       "\n");
	page_free(page);
}

static void retransmission_gave_up(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting s = make_sighting(KATRACE_CLOSED, 1, 10 * SECOND);

	(void)state;
	s.error = EHOSTUNREACH;
	s.retransmits = 15;
	s.unacked_bytes = 11;
	s.silent_us = 900 * 1000000ULL;
	observe(page, s);
	expect_sentence(
		page,
		"  Keepalive never got to act: 11 bytes were unacknowledged, so retransmission was in charge; it gave "
		"up after 15 tries, and a router reported the host unreachable; after 900.0s of silence "
		"the application gets EHOSTUNREACH from its next call on the socket.\n");
	page_free(page);
}

static struct sighting make_orphan(uint64_t time_ns)
{
	struct sighting s = make_sighting(KATRACE_SUPPRESSED, 1, time_ns);

	s.state = TCP_FIN_WAIT1;
	s.orphan = s.fin = true;
	s.rto_ms = s.next_try_ms = 204;
	s.retransmits = 2;
	s.retry_limit = 15;
	return s;
}

static void closed_by_this_side(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting s = make_orphan(10 * SECOND);

	(void)state;
	observe(page, s);
	expect_sentence(page,
			"  suppressed: FIN unacknowledged, 2 retransmissions; closed by this side (an orphan), "
			"waiting for the peer to confirm; retransmission is in charge, gives up in about 104.2s\n");
	s.kind = KATRACE_CLOSED;
	s.time_ns = 100 * SECOND;
	s.error = ETIMEDOUT;
	s.retransmits = 8;
	observe(page, s);
	expect_sentence(page, "  ended: close timeout\n");
	expect_sentence(page,
			"      +0.0s  suppressed   FIN unacknowledged, 2 retransmissions; closed by this side (an "
			"orphan); retransmission in charge\n"
			"     +90.0s  ended        close timeout\n"
			"  This side closed the connection, and the peer never confirmed it: retransmission gave "
			"up after 8 tries; all data was acknowledged.\n");
	s.id.sock = 2;
	s.id.inode = 0;
	s.unacked_bytes = 1;
	s.queued_bytes = 7;
	observe(page, s);
	expect_sentence(page,
			"gave up after 8 tries; 1 byte of data was never acknowledged, 7 bytes of data were never "
			"sent.\n");
	page_free(page);
}

/* Neither side has ended it, and no timer: the kernel had too many like it. */
static void given_up_by_the_kernel(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting s = make_orphan(10 * SECOND);

	(void)state;
	observe(page, s);
	s.kind = KATRACE_CLOSED;
	s.unacked_bytes = 11;
	observe(page, s);
	expect_sentence(page, "  ended: reset locally\n");
	expect_sentence(page,
			"  This side closed the connection, and its kernel gave it up before the peer confirmed: too "
			"many orphans (net.ipv4.tcp_max_orphans), too little memory (net.ipv4.tcp_mem), or its "
			"network namespace is gone; 11 bytes of data were never acknowledged.\n");
	page_free(page);
	page = page_new(plain, "sshd");
	s = make_orphan(10 * SECOND);
	s.orphan = false; /* shutdown(), then close() with SO_LINGER and 0 */
	observe(page, s);
	s.kind = KATRACE_CLOSED;
	observe(page, s);
	expect_sentence(page, "  This side aborted the connection.\n");
	page_free(page);
}

/* Closed while its data was retransmitted already: another limit applies. */
static void closed_in_the_middle(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting s = make_orphan(20 * SECOND), before = make_orphan(10 * SECOND);

	(void)state;
	before.state = TCP_ESTABLISHED;
	before.orphan = before.fin = false;
	before.unacked_bytes = s.unacked_bytes = 11;
	before.settings.user_timeout_ms = s.settings.user_timeout_ms = 30000;
	observe(page, before);
	observe(page, s);
	model_finish(page->model, 21 * SECOND);
	expect_sentence(page,
			"      +0.0s  suppressed   11 bytes unacknowledged, 2 retransmissions; retransmission in "
			"charge for 10.0s\n"
			"     +10.0s  suppressed   11 bytes and FIN unacknowledged, 2 retransmissions; closed by this "
			"side (an orphan); retransmission in charge\n"
			"  Closed by this side, waiting for the peer to confirm; if the peer stays silent, "
			"retransmission gives up at about +40.0s.\n");
	page_free(page);
}

/* shutdown(), with the socket still held: the application gets the error. */
static void a_fin_that_was_never_acknowledged(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting s = make_orphan(10 * SECOND);

	(void)state;
	s.orphan = false;
	observe(page, s);
	s.kind = KATRACE_CLOSED;
	s.error = ETIMEDOUT;
	s.retransmits = 15;
	observe(page, s);
	expect_sentence(page,
			"  Keepalive never got to act: the FIN was unacknowledged, so retransmission was in charge; "
			"it gave up after 15 tries; after 30.0s of silence the application gets ETIMEDOUT from its "
			"next call on the socket.\n");
	s.id.sock = 2;
	s.id.inode = 1002;
	s.kind = KATRACE_SUPPRESSED;
	observe(page, s);
	model_finish(page->model, 21 * SECOND);
	expect_sentence(page, "  Still open. The FIN is not acknowledged, so keepalive does not probe; if the peer");
	page_free(page);
}

/* Who decided, and of what: the three ways a user timeout acts. */
static void user_timeouts(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting s = make_sighting(KATRACE_CLOSED, 1, 10 * SECOND);

	(void)state;
	s.error = ETIMEDOUT;
	s.settings.user_timeout_ms = 5000;
	s.silent_us = 6 * 1000000ULL;
	s.retransmits = 3;
	s.retry_limit = 15;
	s.unacked_bytes = 11;
	observe(page, s);
	expect_sentence(page, "  TCP_USER_TIMEOUT (5s) ran out with 11 bytes unacknowledged; after 6.0s of silence "
			      "the application gets ETIMEDOUT from its next call on the socket.\n");
	s.id.sock = 2;
	s.id.inode = 0;
	s.retransmits = s.unacked_bytes = 0;
	s.queued_bytes = 7;
	observe(page, s);
	model_tick(page->model, 11 * SECOND); /* no owner was found */
	expect_sentence(page,
			"  TCP_USER_TIMEOUT (5s) ran out with the peer's window closed, whether it answered window "
			"probes or not; after 6.0s of silence the application gets ETIMEDOUT from its next "
			"call on the socket.\n");
	page_free(page);
}

static struct sighting make_closing(enum katrace_record_kind kind, uint8_t state, uint64_t received_s, uint64_t sent_s)
{
	struct sighting s = make_sighting(kind, 1, 10 * SECOND);

	s.state = state;
	s.data = (struct data_age){ true, received_s * 1000000, sent_s * 1000000 };
	return s;
}

/* What the application or a balancer waited for ended with the FIN, not when the other side followed. */
static void closed_when_idle(void **state)
{
	struct page *page = page_new(plain, "sshd");

	(void)state;
	observe(page, make_probe(1, 1, 9 * SECOND));
	observe(page, make_answer(1, 1, 9 * SECOND + 1000));
	observe(page, make_closing(KATRACE_CLOSING, TCP_ESTABLISHED, 8, 9));
	observe(page, make_closing(KATRACE_CLOSING, TCP_CLOSE_WAIT, 14, 15));
	observe(page, make_closing(KATRACE_CLOSED, TCP_LAST_ACK, 14, 15));
	expect_sentence(page, "ended: closed by peer after 8.0s without data\n");
	expect_sentence(page,
			"      +1.0s  ended        closed by peer after 8.0s without data\n"
			"  The peer closed the connection. No data had come or gone for 8.0s: perhaps an idle timeout "
			"of its application or of a balancer. Keepalive probes are no data.\n");
	page_free(page);
}

/* Nobody but the application of this side closes it. */
static void closed_here_when_idle(void **state)
{
	struct page *page = page_new(plain, "nginx");
	struct sighting s = make_closing(KATRACE_CLOSING, TCP_ESTABLISHED, 3, 4);

	(void)state;
	s.close_reason = KATRACE_REASON_CLOSE;
	observe(page, make_probe(1, 1, 9 * SECOND));
	observe(page, make_answer(1, 1, 9 * SECOND + 1000));
	observe(page, s);
	observe(page, make_closing(KATRACE_CLOSED, TCP_FIN_WAIT2, 3, 4));
	expect_sentence(page, "ended: closed locally after 3.0s without data\n");
	expect_sentence(page,
			"  This side closed the connection. No data had come or gone for 3.0s: perhaps an idle timeout "
			"of the application, not TCP keepalive. Keepalive probes are no data.\n");
	page_free(page);
}

/* Its beginning was not seen, or is not worth a word. */
static void closed_without_times(void **state)
{
	struct page *page = page_new(plain, "sshd");

	(void)state;
	observe(page, make_probe(1, 1, 9 * SECOND));
	observe(page, make_closing(KATRACE_CLOSED, TCP_FIN_WAIT2, 8, 9));
	expect_sentence(page, "ended: closed locally\n");
	expect_sentence(page, "  This side closed the connection.\n");
	page_free(page);
	page = page_new(plain, "sshd");
	observe(page, make_probe(1, 1, 9 * SECOND));
	observe(page, make_closing(KATRACE_CLOSED, TCP_ESTABLISHED, 8, 0));
	expect_sentence(page, "ended: reset locally\n");
	page_free(page);
}

static void something_arrived(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting s = make_probe(1, 1, 10 * SECOND);

	(void)state;
	s.heard_us = 2000000;
	observe(page, s); /* before the first probe: said of none */
	s = make_probe(1, 2, 15 * SECOND);
	s.heard_us = 340000;
	observe(page, s);
	s = make_timeout(1, 2, 20 * SECOND);
	s.heard_us = 1500000;
	observe(page, s);
	expect_sentence(page, "probe 1/3 after 30.0s of silence\n");
	expect_sentence(page, "probe 2/3 after 35.0s of silence, 1 unanswered, but something arrived 340.0ms ago\n");
	expect_sentence(page,
			"ETIMEDOUT from its next call on the socket. Something arrived 1.5s before the end, but no "
			"answer: the peer's own probes, or segments that this host refuses.\n");
	page_free(page);
}

/* Whoever is the current task at the end, it is told by the FIN; so is a reset without one. */
static void its_process_exited(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting s = make_closing(KATRACE_CLOSING, TCP_ESTABLISHED, 0, 8);

	(void)state;
	observe(page, make_probe(1, 1, 9 * SECOND));
	s.close_reason = KATRACE_REASON_EXIT;
	observe(page, s);
	observe(page, make_closing(KATRACE_CLOSED, TCP_FIN_WAIT2, 1, 9));
	expect_sentence(page, "ended: closed locally; its process exited\n");
	expect_sentence(page, "  This side closed the connection: its process exited or was killed.\n");
	page_free(page);
	page = page_new(plain, "sshd");
	s.kind = KATRACE_CLOSED;
	observe(page, make_probe(1, 1, 9 * SECOND));
	observe(page, s);
	expect_sentence(page, "ended: reset locally; its process exited\n");
	expect_sentence(page, "  This side aborted the connection: its process exited or was killed.\n");
	page_free(page);
	page = page_new(plain, "sshd");
	s.kind = KATRACE_CLOSING;
	s.close_reason = KATRACE_REASON_CLOSE;
	observe(page, make_probe(1, 1, 9 * SECOND));
	observe(page, s);
	observe(page, make_closing(KATRACE_CLOSED, TCP_FIN_WAIT2, 1, 9));
	expect_sentence(page, "ended: closed locally\n");
	expect_sentence(page, "  This side closed the connection.\n");
	page_free(page);
}

/* Of a peer that has closed first, nothing was to be expected. */
static void closed_without_data(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting begins = make_closing(KATRACE_CLOSING, TCP_ESTABLISHED, 6, 1);
	struct sighting probe = make_probe(1, 1, 9 * SECOND), s = make_orphan(20 * SECOND);

	(void)state;
	begins.close_reason = KATRACE_REASON_EXIT;
	s.kind = KATRACE_CLOSED;
	s.error = ETIMEDOUT;
	observe(page, probe);
	observe(page, begins);
	observe(page, s);
	expect_sentence(page,
			"  This side closed the connection (its process exited or was killed), and the peer never "
			"confirmed it: retransmission gave up after 2 tries; all data was acknowledged. When this side "
			"closed, no data had come from the peer for 6.0s.\n");
	page_free(page);
	page = page_new(plain, "sshd");
	s.state = TCP_LAST_ACK;
	observe(page, probe);
	observe(page, begins);
	observe(page, s);
	expect_sentence(page, "gave up after 2 tries; all data was acknowledged.\n");
	page_free(page);
}

static void reset_when_idle(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting s = make_closing(KATRACE_CLOSED, TCP_ESTABLISHED, 350, 351);

	(void)state;
	observe(page, make_probe(1, 1, 9 * SECOND));
	observe(page, make_answer(1, 1, 9 * SECOND + 1000));
	s.error = ECONNRESET;
	observe(page, s);
	expect_sentence(page, "ended: reset by peer, ECONNRESET, after 350.0s without data\n");
	expect_sentence(page, "  A reset ended the connection. No data had come or gone for 350.0s: perhaps");
	page_free(page);
}

static struct page *reset_after_probe(uint64_t after_ns)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting s = make_closing(KATRACE_CLOSED, TCP_ESTABLISHED, 350, 351);

	observe(page, make_probe(1, 1, 9 * SECOND));
	observe(page, make_probe(1, 2, 10 * SECOND));
	s.error = ECONNRESET;
	s.probes_out = 2;
	s.time_ns = 10 * SECOND + after_ns;
	observe(page, s);
	return page;
}

/* Who sent a reset cannot be seen; only when it came. */
static void reset_near_a_probe(void **state)
{
	struct page *page = reset_after_probe(140000);

	(void)state;
	expect_sentence(page, "probe 1/3    no answer\n");
	expect_sentence(page, "probe 2/3    a reset\n");
	expect_sentence(page,
			"  A reset came 140us after probe 2/3: whoever sent it (the peer, or a firewall or balancer on "
			"the way) no longer knows the connection.\n");
	page_free(page);
}

static void reset_far_from_a_probe(void **state)
{
	struct page *page = reset_after_probe(SECOND / 2);

	(void)state;
	expect_sentence(page, "probe 2/3    no answer before the reset\n");
	expect_sentence(page, "  A reset ended the connection.\n");
	page_free(page);
}

/* HAProxy sends both; a peer that has closed also answers data with a reset. */
static void reset_after_fin(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting s = make_closing(KATRACE_CLOSED, TCP_CLOSE_WAIT, 350, 351);

	(void)state;
	observe(page, make_probe(1, 1, 9 * SECOND));
	observe(page, make_answer(1, 1, 9 * SECOND + 1000));
	s.error = EPIPE;
	observe(page, s);
	expect_sentence(page, "ended: reset by peer, EPIPE");
	expect_sentence(page, "  The peer closed the connection, and a reset followed before this side had closed it.");
	page_free(page);
}

/* From the FIN on, if it came after the story began. */
static void half_closed(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting s = make_probe(2, 1, 30 * SECOND);
	struct sighting fin = make_sighting(KATRACE_PEER_CLOSED, 1, 22 * SECOND);

	(void)state;
	fin.state = TCP_CLOSE_WAIT;
	observe(page, make_probe(1, 1, 10 * SECOND));
	observe(page, make_answer(1, 1, 10 * SECOND + 159000));
	observe(page, fin);
	s.state = TCP_CLOSE_WAIT;
	s.id.inode = 0;
	observe(page, s); /* the FIN came before the story began */
	model_finish(page->model, 82 * SECOND);
	expect_sentence(page, "  the peer has closed, the application has not\n");
	expect_sentence(page,
			"      +0.0s  probe 1/3    answered in 159us\n"
			"     +12.0s  half-closed  the peer has closed, the application has not\n"
			"  Half-closed: the peer has closed, the application has not, since +12.0s (for 60.0s). Still "
			"open. A dead peer is noticed 45s after it was last heard.\n");
	expect_sentence(page,
			"  Half-closed: the peer has closed, the application has not, since +0.0s or before (for at "
			"least 52.0s). Still open.");
	page_free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(noticed_at_the_latest),
		cmocka_unit_test(a_subflow),
		cmocka_unit_test(dying),
		cmocka_unit_test(what_changed),
		cmocka_unit_test(a_user_timeout_as_long_as_the_limit),
		cmocka_unit_test(answers_without_an_exact_time),
		cmocka_unit_test(a_half_closed_connection_times_out),
		cmocka_unit_test(used_after_the_peer_closed),
		cmocka_unit_test(nothing_leaves_this_host),
		cmocka_unit_test(refused_on_this_host),
		cmocka_unit_test(retransmission_gave_up),
		cmocka_unit_test(user_timeouts),
		cmocka_unit_test(closed_when_idle),
		cmocka_unit_test(closed_here_when_idle),
		cmocka_unit_test(closed_without_times),
		cmocka_unit_test(something_arrived),
		cmocka_unit_test(its_process_exited),
		cmocka_unit_test(closed_without_data),
		cmocka_unit_test(reset_when_idle),
		cmocka_unit_test(reset_near_a_probe),
		cmocka_unit_test(reset_far_from_a_probe),
		cmocka_unit_test(reset_after_fin),
		cmocka_unit_test(half_closed),
		cmocka_unit_test(closed_by_this_side),
		cmocka_unit_test(given_up_by_the_kernel),
		cmocka_unit_test(closed_in_the_middle),
		cmocka_unit_test(a_fin_that_was_never_acknowledged),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
