// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* From a record's numbers to what they mean: decoding, settings, verdicts. */
#include "unit.h"

#include "model/settings.h"
#include "model/verdict.h"

#include <errno.h>
#include <stdio.h>

static struct katrace_record make_record(void)
{
	struct katrace_record r = {
		.kind = KATRACE_PROBE_SENT,
		.netns = 4026531840,
		.time_ns = 123456789,
		.sock = 0xffff888000000001,
		.inode = 42,
		.cookie = 9,
		.local_addr = { 10, 0, 2, 15 },
		.peer_addr = { 10, 0, 2, 2 },
		.local_port = 22,
		.peer_port = 51040,
		.family = AF_INET,
		.state = TCP_ESTABLISHED,
		.flags = KATRACE_KEEPALIVE_ON | KATRACE_MPTCP_SUBFLOW,
		.idle = 7500,
		.interval = 1250,
		.silent = 7501,
		.heard = 500,
		.data_in = 2000,
		.data_out = 0xffffffff, /* 32 bits of jiffies: 198 days */
		.probe_limit = 3,
		.from_sysctl = KATRACE_INTERVAL,
		.probes_out = 2,
	};

	return r;
}

static void decodes_a_record(void **state)
{
	const struct katrace_record r = make_record();
	struct sighting s;

	(void)state;
	assert_int_equal(sighting_decode(&s, &r, 250), 0);
	assert_int_equal(s.kind, KATRACE_PROBE_SENT);
	assert_int_equal(s.time_ns, 123456789);
	assert_int_equal(s.id.netns, 4026531840);
	assert_int_equal(s.id.inode, 42);
	assert_int_equal(s.cookie, 9);
	assert_true(s.mptcp_subflow);
	assert_false(s.id.local.ipv6);
	assert_int_equal(s.id.local.port, 22);
	assert_memory_equal(s.id.peer.addr, ((uint8_t[]){ 10, 0, 2, 2 }), 4);
	assert_true(s.settings.enabled);
	assert_int_equal(s.settings.idle_s, 30);
	assert_int_equal(s.settings.interval_s, 5);
	assert_int_equal(s.settings.probe_limit, 3);
	assert_int_equal(s.settings.from_sysctl, KATRACE_INTERVAL);
	assert_int_equal(s.silent_us, 30004000);
	assert_int_equal(s.heard_us, 2000000);
	assert_true(s.data.known);
	assert_int_equal(s.data.received_us, 8000000);
	assert_int_equal(s.data.sent_us, 17179869180000ULL);
	assert_int_equal(s.probes_out, 2);
	assert_false(s.has_result);
	assert_int_equal(s.rto_max_ms, 120000); /* of a kernel that has no other */
}

/* A FIN is no byte of data; it comes after them, and so is the first to be queued. Nor is a SYN. */
static void only_data_is_counted(void **state)
{
	static const struct {
		uint8_t state;
		uint32_t unacked, queued, data_unacked, data_queued;
		bool fin;
	} cases[] = {
		{ TCP_ESTABLISHED, 11, 5, 11, 5, false }, { TCP_FIN_WAIT1, 1, 0, 0, 0, true },
		{ TCP_FIN_WAIT1, 12, 0, 11, 0, true },    { TCP_FIN_WAIT1, 11, 6, 11, 5, true },
		{ TCP_FIN_WAIT1, 11, 1, 11, 0, true },    { TCP_LAST_ACK, 12, 0, 11, 0, true },
		{ TCP_LAST_ACK, 0, 0, 0, 0, false },      { TCP_CLOSING, 1, 0, 0, 0, true },
		{ TCP_FIN_WAIT2, 0, 0, 0, 0, false },     { TCP_CLOSE_WAIT, 1, 0, 1, 0, false },
		{ TCP_SYN_SENT, 1, 0, 0, 0, false },      { TCP_SYN_RECV, 0, 0, 0, 0, false },
	};
	struct katrace_record r = make_record();
	struct sighting s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r.state = cases[i].state;
		r.unacked_bytes = cases[i].unacked;
		r.queued_bytes = cases[i].queued;
		assert_int_equal(sighting_decode(&s, &r, 250), 0);
		assert_int_equal(s.unacked_bytes, cases[i].data_unacked);
		assert_int_equal(s.queued_bytes, cases[i].data_queued);
		assert_int_equal(s.fin, cases[i].fin);
	}
}

/* The flag of the record is the old state, its kind the new one. */
static void switching_is_about_to_be_true(void **state)
{
	struct katrace_record r = make_record();
	struct sighting s;

	(void)state;
	r.kind = KATRACE_SWITCHED_OFF;
	assert_int_equal(sighting_decode(&s, &r, 250), 0);
	assert_false(s.settings.enabled);
	assert_true(s.was_on);
	r.kind = KATRACE_SWITCHED_ON;
	r.flags = 0;
	assert_int_equal(sighting_decode(&s, &r, 250), 0);
	assert_true(s.settings.enabled);
	assert_false(s.was_on);
}

static void jiffies_follow_hz(void **state)
{
	static const uint32_t rates[] = { 100, 250, 300, 1000 };
	struct katrace_record r = make_record();
	struct sighting s;

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		r.idle = 7200 * rates[i];
		r.silent = rates[i] / 2;
		r.next_try = (int32_t)rates[i] / -2; /* late */
		assert_int_equal(sighting_decode(&s, &r, rates[i]), 0);
		assert_int_equal(s.settings.idle_s, 7200);
		assert_int_equal(s.silent_us, 500000);
		assert_int_equal(s.next_try_ms, 0);
	}
}

static void tells_address_families_apart(void **state)
{
	struct katrace_record r = make_record();
	struct sighting s;

	(void)state;
	r.family = AF_INET6;
	memset(r.local_addr, 0, 16);
	inet_pton(AF_INET6, "2001:db8::1", r.local_addr);
	inet_pton(AF_INET6, "::ffff:10.0.2.2", r.peer_addr);
	assert_int_equal(sighting_decode(&s, &r, 250), 0);
	assert_true(s.id.local.ipv6);
	assert_memory_equal(s.id.local.addr, r.local_addr, 16);
	assert_false(s.id.peer.ipv6);
	assert_memory_equal(s.id.peer.addr, ((uint8_t[16]){ 10, 0, 2, 2 }), 16);
}

/* SO_BINDTODEVICE binds to an interface, too, but changes no address. */
static void only_link_local_addresses_have_a_scope(void **state)
{
	struct katrace_record r = make_record();
	struct sighting s;

	(void)state;
	r.interface = 3;
	assert_int_equal(sighting_decode(&s, &r, 250), 0);
	assert_int_equal(s.id.local.scope.id, 0);
	assert_int_equal(s.id.peer.scope.id, 0);
	r.family = AF_INET6;
	inet_pton(AF_INET6, "2001:db8::1", r.local_addr);
	inet_pton(AF_INET6, "febf::1", r.peer_addr);
	assert_int_equal(sighting_decode(&s, &r, 250), 0);
	assert_int_equal(s.id.local.scope.id, 0);
	assert_int_equal(s.id.peer.scope.id, 3);
	inet_pton(AF_INET6, "fec0::1", r.peer_addr);
	assert_int_equal(sighting_decode(&s, &r, 250), 0);
	assert_int_equal(s.id.peer.scope.id, 0);
}

static void refuses_what_no_kernel_side_writes(void **state)
{
	struct katrace_record r = make_record();
	struct sighting s;

	(void)state;
	r.close_reason = KATRACE_REASONS;
	assert_int_equal(sighting_decode(&s, &r, 250), -EPROTO);
	r.close_reason = KATRACE_REASON_UNKNOWN;
	r.kind = KATRACE_RECORD_KINDS;
	assert_int_equal(sighting_decode(&s, &r, 250), -EPROTO);
	r = make_record();
	r.family = AF_UNIX;
	assert_int_equal(sighting_decode(&s, &r, 250), -EPROTO);
	r = make_record();
	r.close_cause = 99;
	assert_int_equal(sighting_decode(&s, &r, 250), -EPROTO);
	r = make_record();
	assert_int_equal(sighting_decode(&s, &r, 0), -EPROTO);
}

static void every_part_of_the_identity_counts(void **state)
{
	const struct identity a = make_sighting(KATRACE_PROBE_SENT, 1, 0).id;
	struct identity b = a;

	(void)state;
	assert_true(same_connection(&a, &b));
	b.inode = 0; /* closed by its process, still the same */
	assert_true(same_connection(&a, &b));
	b.inode = a.inode + 1;
	assert_false(same_connection(&a, &b));
	b = a;
	b.sock++;
	assert_false(same_connection(&a, &b));
	b = a;
	b.netns++;
	assert_false(same_connection(&a, &b));
	b = a;
	b.peer.port++;
	assert_false(same_connection(&a, &b));
	b = a;
	b.local.addr[3]++;
	assert_false(same_connection(&a, &b));
	b = a;
	b.local.ipv6 = true;
	assert_false(same_connection(&a, &b));
	b = a;
	b.peer.scope.id = 3;
	assert_false(same_connection(&a, &b));
	b = a;
	snprintf(b.peer.scope.name, sizeof(b.peer.scope.name), "eth0"); /* interfaces may be renamed */
	assert_true(same_connection(&a, &b));
}

static void every_setting_counts(void **state)
{
	const struct settings a = { true, 30, 5, 3, 4000, KATRACE_INTERVAL };
	const struct settings others[] = {
		{ false, 30, 5, 3, 4000, KATRACE_INTERVAL }, { true, 31, 5, 3, 4000, KATRACE_INTERVAL },
		{ true, 30, 6, 3, 4000, KATRACE_INTERVAL },  { true, 30, 5, 4, 4000, KATRACE_INTERVAL },
		{ true, 30, 5, 3, 4001, KATRACE_INTERVAL },  { true, 30, 5, 3, 4000, KATRACE_IDLE },
	};

	(void)state;
	assert_true(same_settings(&a, &a));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(same_settings(&a, &others[i]));
}

static const struct {
	enum katrace_close_cause cause;
	int error;
	uint8_t before;
	uint32_t user_timeout_ms, retransmits, probes_out;
	bool orphan;
	enum verdict verdict;
	uint32_t queued_bytes;
} ends[] = {
	{ KATRACE_CLOSE_KEEPALIVE, ETIMEDOUT, TCP_ESTABLISHED, 0, 0, 3, false, VERDICT_KEEPALIVE_TIMEOUT, 0 },
	{ KATRACE_CLOSE_KEEPALIVE, EHOSTUNREACH, TCP_ESTABLISHED, 0, 0, 3, false, VERDICT_KEEPALIVE_TIMEOUT, 0 },
	{ KATRACE_CLOSE_KEEPALIVE, ETIMEDOUT, TCP_ESTABLISHED, 5000, 0, 1, false, VERDICT_USER_TIMEOUT, 0 },
	{ KATRACE_CLOSE_OTHER, ETIMEDOUT, TCP_ESTABLISHED, 0, 15, 0, false, VERDICT_RETRANSMISSION_TIMEOUT, 0 },
	{ KATRACE_CLOSE_OTHER, ETIMEDOUT, TCP_ESTABLISHED, 0, 0, 5, false, VERDICT_WINDOW_PROBE_TIMEOUT, 0 },
	{ KATRACE_CLOSE_OTHER, ETIMEDOUT, TCP_ESTABLISHED, 0, 0, 0, false, VERDICT_WINDOW_PROBE_TIMEOUT, 7 },
	{ KATRACE_CLOSE_OTHER, ETIMEDOUT, TCP_ESTABLISHED, 5000, 2, 0, false, VERDICT_USER_TIMEOUT, 0 },
	{ KATRACE_CLOSE_OTHER, ETIMEDOUT, TCP_ESTABLISHED, 5000, 0, 0, false, VERDICT_USER_TIMEOUT, 7 },
	{ KATRACE_CLOSE_OTHER, ETIMEDOUT, TCP_ESTABLISHED, 5000, 0, 4, false, VERDICT_USER_TIMEOUT, 7 },
	/* a long user timeout, and all window probes unanswered before it was over */
	{ KATRACE_CLOSE_OTHER, ETIMEDOUT, TCP_ESTABLISHED, 5000, 0, 5, false, VERDICT_WINDOW_PROBE_TIMEOUT, 7 },
	{ KATRACE_CLOSE_OTHER, ETIMEDOUT, TCP_SYN_SENT, 0, 6, 0, false, VERDICT_CONNECT_TIMEOUT, 0 },
	{ KATRACE_CLOSE_OTHER, ETIMEDOUT, TCP_FIN_WAIT1, 0, 8, 0, true, VERDICT_CLOSE_TIMEOUT, 0 },
	{ KATRACE_CLOSE_OTHER, ETIMEDOUT, TCP_LAST_ACK, 0, 8, 0, true, VERDICT_CLOSE_TIMEOUT, 0 },
	{ KATRACE_CLOSE_OTHER, ETIMEDOUT, TCP_CLOSING, 5000, 8, 0, true, VERDICT_CLOSE_TIMEOUT, 0 },
	{ KATRACE_CLOSE_OTHER, ETIMEDOUT, TCP_FIN_WAIT1, 0, 0, 3, true, VERDICT_CLOSE_TIMEOUT, 7 },
	{ KATRACE_CLOSE_OTHER, EHOSTUNREACH, TCP_FIN_WAIT1, 0, 8, 0, true, VERDICT_CLOSE_TIMEOUT, 0 },
	{ KATRACE_CLOSE_OTHER, ECONNRESET, TCP_FIN_WAIT1, 0, 1, 0, true, VERDICT_RESET_BY_PEER, 0 },
	{ KATRACE_CLOSE_OTHER, ETIMEDOUT, TCP_FIN_WAIT1, 0, 8, 0, false, VERDICT_RETRANSMISSION_TIMEOUT, 0 },
	{ KATRACE_CLOSE_OTHER, ECONNRESET, TCP_ESTABLISHED, 0, 0, 1, false, VERDICT_RESET_BY_PEER, 0 },
	{ KATRACE_CLOSE_OTHER, ECONNREFUSED, TCP_SYN_SENT, 0, 0, 0, false, VERDICT_RESET_BY_PEER, 0 },
	{ KATRACE_CLOSE_OTHER, ECONNREFUSED, TCP_ESTABLISHED, 0, 15, 0, false, VERDICT_RETRANSMISSION_TIMEOUT, 0 },
	{ KATRACE_CLOSE_OTHER, ECONNREFUSED, TCP_FIN_WAIT1, 0, 8, 0, true, VERDICT_CLOSE_TIMEOUT, 0 },
	{ KATRACE_CLOSE_OTHER, EPIPE, TCP_CLOSE_WAIT, 0, 0, 1, false, VERDICT_RESET_BY_PEER, 0 },
	{ KATRACE_CLOSE_OTHER, EHOSTUNREACH, TCP_ESTABLISHED, 0, 0, 0, false, VERDICT_UNREACHABLE, 0 },
	{ KATRACE_CLOSE_OTHER, EHOSTUNREACH, TCP_ESTABLISHED, 0, 3, 0, false, VERDICT_RETRANSMISSION_TIMEOUT, 0 },
	{ KATRACE_CLOSE_OTHER, EHOSTUNREACH, TCP_SYN_SENT, 0, 0, 0, false, VERDICT_UNREACHABLE, 0 },
	{ KATRACE_CLOSE_OTHER, EHOSTUNREACH, TCP_SYN_SENT, 0, 2, 0, false, VERDICT_UNREACHABLE, 0 },
	{ KATRACE_CLOSE_OTHER, ECONNABORTED, TCP_ESTABLISHED, 0, 0, 0, false, VERDICT_RESET_LOCALLY, 0 },
	{ KATRACE_CLOSE_OTHER, 0, TCP_ESTABLISHED, 0, 0, 0, false, VERDICT_RESET_LOCALLY, 0 },
	{ KATRACE_CLOSE_OTHER, 0, TCP_LAST_ACK, 0, 0, 0, true, VERDICT_CLOSED_BY_PEER, 0 },
	{ KATRACE_CLOSE_OTHER, 0, TCP_FIN_WAIT2, 0, 0, 0, true, VERDICT_CLOSED_LOCALLY, 0 },
};

static void verdicts_follow_the_socket(void **state)
{
	struct sighting s;

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		s = make_sighting(KATRACE_CLOSED, 1, 0);
		s.close_cause = ends[i].cause;
		s.error = ends[i].error;
		s.state = ends[i].before;
		s.settings.user_timeout_ms = ends[i].user_timeout_ms;
		s.retransmits = ends[i].retransmits;
		s.probes_out = ends[i].probes_out;
		s.orphan = ends[i].orphan;
		s.queued_bytes = ends[i].queued_bytes;
		s.retry_limit = 5;
		assert_string_equal(verdict_name(verdict_of(&s)), verdict_name(ends[i].verdict));
	}
}

/* Nobody has confirmed it: a process or the kernel has dropped the connection. */
static void a_fin_that_was_not_acknowledged_ends_nothing(void **state)
{
	static const uint8_t states[] = { TCP_FIN_WAIT1, TCP_CLOSING, TCP_LAST_ACK };
	struct sighting s = make_sighting(KATRACE_CLOSED, 1, 0);

	(void)state;
	s.fin = true;
	for (size_t i = 0; i < sizeof(states); i++) {
		s.state = states[i];
		s.orphan = !s.orphan;
		assert_string_equal(verdict_name(verdict_of(&s)), "reset_locally");
	}
}

int main(void)
{
	const struct CMUnitTest records[] = {
		cmocka_unit_test(decodes_a_record),
		cmocka_unit_test(only_data_is_counted),
		cmocka_unit_test(switching_is_about_to_be_true),
		cmocka_unit_test(jiffies_follow_hz),
		cmocka_unit_test(tells_address_families_apart),
		cmocka_unit_test(only_link_local_addresses_have_a_scope),
		cmocka_unit_test(refuses_what_no_kernel_side_writes),
		cmocka_unit_test(every_part_of_the_identity_counts),
		cmocka_unit_test(every_setting_counts),
		cmocka_unit_test(verdicts_follow_the_socket),
		cmocka_unit_test(a_fin_that_was_not_acknowledged_ends_nothing),
	};

	return cmocka_run_group_tests(records, NULL, NULL);
}
