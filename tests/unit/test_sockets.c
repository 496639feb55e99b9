// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The table of sockets: contents, order, and which connections are zombies. */
#include "sockets.h"

#include "model/criteria.h"

#include <errno.h>
#include <stdlib.h>

static void a_socket_comes_out_as_it_went_in(void **state)
{
	struct katrace_socket found = make_socket(1);
	const struct owner owner = make_holder(42, "nginx");
	struct sockets *sockets = sockets_new(HZ, 7);
	struct listed listed = { 0 };
	const struct connection *c = &listed.connection;

	(void)state;
	found.connection.cookie = 99;
	found.connection.flags |= KATRACE_MPTCP_SUBFLOW;
	found.connection.probes_out = 2;
	found.connection.silent = found.connection.heard = 35 * HZ;
	found.timer_due = 3 * HZ;
	assert_int_equal(sockets_add(sockets, &found, &owner), 0);
	assert_int_equal(sort_all(sockets), 1);
	sockets_get(sockets, 0, &listed);
	assert_int_equal(c->id.inode, 1001);
	assert_int_equal(c->id.netns, 7);
	assert_int_equal(c->id.local.port, 22);
	assert_int_equal(c->id.peer.port, 40001);
	assert_memory_equal(c->id.local.addr, ((uint8_t[]){ 10, 0, 2, 15 }), 4);
	assert_memory_equal(c->id.peer.addr, ((uint8_t[]){ 10, 0, 2, 2 }), 4);
	assert_int_equal(c->cookie, 99);
	assert_true(c->mptcp_subflow);
	assert_int_equal(c->owner.pid, 42);
	assert_string_equal(c->owner.comm, "nginx");
	assert_int_equal(c->settings.idle_s, 30);
	assert_int_equal(c->settings.from_sysctl, KATRACE_INTERVAL);
	assert_int_equal(c->silent_us, 35000000);
	assert_int_equal(listed.state, TCP_ESTABLISHED);
	assert_int_equal(listed.probes_out, 2);
	assert_true(listed.due);
	assert_int_equal(listed.next_us, 3000000);
	assert_true(listed.detects);
	assert_int_equal(listed.detection_us, 8000000); /* the third probe in 3 s, and 5 s for its answer */
	sockets_free(sockets);
	sockets_free(NULL);
}

static void ipv6_and_mapped_addresses(void **state)
{
	static const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 2, 2 };
	struct katrace_socket six = make_socket(1), four = make_socket(2);
	struct sockets *sockets = sockets_new(HZ, 7);
	struct listed listed = { 0 };

	(void)state;
	six.connection.family = four.connection.family = AF_INET6;
	inet_pton(AF_INET6, "2001:db8::1", six.connection.local_addr);
	inet_pton(AF_INET6, "2001:db8::2", six.connection.peer_addr);
	memcpy(four.connection.local_addr, mapped, sizeof(mapped));
	memcpy(four.connection.peer_addr, mapped, sizeof(mapped));
	six.timer_due = HZ;
	assert_int_equal(sockets_add(sockets, &six, NULL), 0);
	assert_int_equal(sockets_add(sockets, &four, NULL), 0);
	assert_int_equal(sort_all(sockets), 2);
	sockets_get(sockets, 0, &listed);
	assert_true(listed.connection.id.peer.ipv6);
	assert_memory_equal(listed.connection.id.peer.addr, six.connection.peer_addr, 16);
	assert_int_equal(listed.connection.owner.pid, 0);
	sockets_get(sockets, 1, &listed);
	assert_false(listed.connection.id.peer.ipv6);
	assert_memory_equal(listed.connection.id.peer.addr, mapped + 12, 4);
	sockets_free(sockets);
}

/* What a namespace has and no descriptor refers to, seen twice. */
static void sockets_without_a_descriptor(void **state)
{
	const struct owner owner = make_holder(42, "nginx"), other = make_holder(43, "other");
	struct sockets *sockets = sockets_new(HZ, 7);
	struct katrace_socket found[5];
	struct listed listed = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 5; i++) {
		found[i] = make_socket(i + 1);
		found[i].timer_due = (int32_t)(i + 1) * HZ;
		found[i].found = i == 4 ? KATRACE_FOUND_WITHOUT_FILE : KATRACE_FOUND_WITH_FILE;
		assert_int_equal(sockets_add(sockets, &found[i], NULL), 0);
	}
	assert_true(sockets_want_second_look(sockets));
	/* the first is held, the second was missed and is shared, the third is gone, the fourth has no descriptor */
	found[0].found = found[1].found = KATRACE_FOUND_HELD;
	assert_int_equal(sockets_add(sockets, &found[0], &owner), 0);
	assert_int_equal(sockets_look_again(sockets, &found[0], &other), 0); /* its holders were counted */
	assert_int_equal(sockets_look_again(sockets, &found[1], &owner), 0);
	assert_int_equal(sockets_look_again(sockets, &found[1], &other), 0);
	assert_int_equal(sockets_look_again(sockets, &found[3], NULL), 0);
	assert_int_equal(sort_all(sockets), 4);
	sockets_get(sockets, 0, &listed);
	assert_true(listed.connection.owner.pid == 42 && !listed.connection.owner.n_others && !listed.unheld);
	sockets_get(sockets, 1, &listed);
	assert_true(listed.connection.owner.pid == 42 && listed.connection.owner.n_others == 1 && !listed.unheld);
	sockets_get(sockets, 2, &listed);
	assert_true(listed.connection.id.peer.port == 40004 && !listed.connection.owner.pid && listed.unheld);
	sockets_get(sockets, 3, &listed);
	assert_true(!listed.connection.owner.pid && !listed.unheld && !listed.unseen && listed.in_kernel);
	sockets_free(sockets);
}

/* Several descriptors, several processes, and the file gone between the walks: one row. */
static void a_socket_is_listed_once(void **state)
{
	const struct owner parent = make_holder(100, "parent"), child = make_holder(101, "child");
	const struct owner grandchild = make_holder(102, "grandchild");
	struct katrace_socket found = make_socket(1), other = make_socket(2);
	struct sockets *sockets = sockets_new(HZ, 7);
	struct listed listed = { 0 };

	(void)state;
	other.timer_due = 1;
	assert_int_equal(sockets_add(sockets, &found, &child), 0);
	assert_int_equal(sockets_add(sockets, &other, &child), 0);
	assert_int_equal(sockets_add(sockets, &found, &child), 0);
	assert_int_equal(sockets_add(sockets, &found, &parent), 0);
	assert_int_equal(sockets_add(sockets, &other, &parent), 0);
	assert_int_equal(sockets_add(sockets, &found, &grandchild), 0);
	found.connection.inode = 0;
	assert_int_equal(sockets_add(sockets, &found, NULL), 0);
	assert_int_equal(sort_all(sockets), 2);
	sockets_get(sockets, 0, &listed);
	assert_int_equal(listed.connection.owner.pid, 100);
	assert_int_equal(listed.connection.owner.n_others, 1);
	sockets_get(sockets, 1, &listed);
	assert_int_equal(listed.connection.owner.pid, 100);
	assert_string_equal(listed.connection.owner.comm, "parent");
	assert_int_equal(listed.connection.owner.n_others, 2);
	assert_int_equal(listed.connection.owner.other_pids[0], 101);
	assert_int_equal(listed.connection.owner.other_pids[1], 102);
	sockets_free(sockets);
}

/* Two sockets are handed to the same process: each keeps its own first holder. */
static void the_same_second_holder(void **state)
{
	const struct owner one = make_holder(100, "one"), two = make_holder(101, "two"),
			   both = make_holder(102, "both");
	struct katrace_socket found = make_socket(1), other = make_socket(2);
	struct sockets *sockets = sockets_new(HZ, 7);
	struct listed listed = { 0 };

	(void)state;
	other.timer_due = 1;
	assert_int_equal(sockets_add(sockets, &found, &one), 0);
	assert_int_equal(sockets_add(sockets, &other, &two), 0);
	assert_int_equal(sockets_add(sockets, &found, &both), 0);
	assert_int_equal(sockets_add(sockets, &other, &both), 0);
	assert_int_equal(sort_all(sockets), 2);
	sockets_get(sockets, 0, &listed);
	assert_int_equal(listed.connection.owner.pid, 101);
	assert_int_equal(listed.connection.owner.other_pids[0], 102);
	sockets_get(sockets, 1, &listed);
	assert_int_equal(listed.connection.owner.pid, 100);
	assert_int_equal(listed.connection.owner.other_pids[0], 102);
	sockets_free(sockets);
}

/* The same addresses elsewhere, another socket in the same place, and listeners that share a port. */
static void what_only_looks_alike_is_kept_apart(void **state)
{
	struct katrace_socket first = make_socket(1), second = first;
	struct sockets *sockets = sockets_new(HZ, 7);

	(void)state;
	assert_int_equal(sockets_add(sockets, &first, NULL), 0);
	second.connection.netns = 8;
	assert_int_equal(sockets_add(sockets, &second, NULL), 0);
	second = first;
	second.connection.inode = 5;
	assert_int_equal(sockets_add(sockets, &second, NULL), 0);
	first.connection.state = TCP_LISTEN;
	first.connection.peer_port = 0;
	for (first.connection.inode = 100; first.connection.inode < 300; first.connection.inode++)
		assert_int_equal(sockets_add(sockets, &first, NULL), 0);
	assert_int_equal(sort_all(sockets), 203);
	sockets_free(sockets);
}

static void broken_records_are_refused(void **state)
{
	struct katrace_socket found = make_socket(1);
	struct sockets *sockets = sockets_new(HZ, 7);

	(void)state;
	found.connection.family = 1;
	assert_int_equal(sockets_add(sockets, &found, NULL), -EPROTO);
	found = make_socket(1);
	found.connection.kind = KATRACE_CLOSED;
	assert_int_equal(sockets_add(sockets, &found, NULL), -EPROTO);
	assert_int_equal(sort_all(sockets), 0);
	sockets_free(sockets);
}

static void thousands_are_found_again(void **state)
{
	enum { N = 20000 };
	struct sockets *sockets = sockets_new(HZ, 7);
	struct listed listed = { 0 };
	uint64_t before = 0;

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < N; i++) {
			struct katrace_socket found = make_socket(i);

			found.timer_due = (int32_t)(i * 7919 % N);
			assert_int_equal(sockets_add(sockets, &found, NULL), 0);
		}
	}
	assert_int_equal(sort_all(sockets), N);
	for (size_t i = 0; i < N; i++) {
		sockets_get(sockets, i, &listed);
		assert_true(listed.next_us >= before);
		before = listed.next_us;
	}
	sockets_free(sockets);
}

static bool is_on(void *ctx, const struct listed *listed)
{
	(*(int *)ctx)++;
	return listed->connection.settings.enabled;
}

/* The kernel counts window probes in the same place: they are not keepalive's. */
static void waiting_data_makes_no_probe_unanswered(void **state)
{
	const struct listed listed = { .state = TCP_ESTABLISHED,
				       .waiting = true,
				       .probes_out = 1,
				       .connection.settings.enabled = true,
				       .due = true };

	(void)state;
	assert_int_equal(concern_of(&listed, &usual), CONCERN_NONE);
}

static void worst_comes_first(void **state)
{
	enum { OFF, ZOMBIE, UNANSWERED, RETRANSMITTING, SOON, LATE, CLOSING, LISTENER, N };
	static const int expected[N] = { UNANSWERED, RETRANSMITTING, ZOMBIE, OFF, SOON, LATE, CLOSING, LISTENER };
	struct katrace_socket found[N];
	struct sockets *sockets = sockets_new(HZ, 7);
	struct listed listed = { 0 };
	int seen = 0;

	(void)state;
	for (uint32_t i = 0; i < N; i++)
		found[i] = make_socket(i);
	found[OFF].connection.flags = found[CLOSING].connection.flags = found[ZOMBIE].connection.flags = 0;
	found[ZOMBIE].connection.silent = found[ZOMBIE].connection.heard = 601 * HZ;
	found[UNANSWERED].connection.probes_out = 1;
	found[RETRANSMITTING].connection.unacked_bytes = 5;
	found[RETRANSMITTING].connection.retransmits = 1;
	found[SOON].timer_due = HZ;
	found[LATE].timer_due = 15 * 86400 * HZ; /* more milliseconds than the sort key has bits for */
	found[CLOSING].connection.state = TCP_FIN_WAIT2;
	found[LISTENER].connection.state = TCP_LISTEN;
	for (int i = 0; i < N; i++)
		assert_int_equal(sockets_add(sockets, &found[i], NULL), 0);
	assert_int_equal(sort_all(sockets), N);
	for (size_t i = 0; i < N; i++) {
		sockets_get(sockets, i, &listed);
		assert_int_equal(listed.connection.id.inode, 1000 + expected[i]);
	}
	sockets_free(sockets);

	sockets = sockets_new(HZ, 7);
	for (int i = 0; i < N; i++)
		assert_int_equal(sockets_add(sockets, &found[i], NULL), 0);
	assert_int_equal(sockets_sort(sockets, &usual, is_on, &seen), 0);
	assert_int_equal(seen, N);
	assert_int_equal(sockets_count(sockets), N - 3);
	sockets_free(sockets);
}

static struct listed unpack_one(const struct katrace_socket *found)
{
	struct sockets *sockets = sockets_new(HZ, 7);
	struct listed listed = { 0 };

	assert_int_equal(sockets_add(sockets, found, NULL), 0);
	assert_int_equal(sort_all(sockets), 1);
	sockets_get(sockets, 0, &listed);
	sockets_free(sockets);
	return listed;
}

static void when_keepalive_does_nothing(void **state)
{
	struct katrace_socket found = make_socket(1);

	(void)state;
	found.connection.state = TCP_FIN_WAIT2;
	assert_true(unpack_one(&found).due);
	found.connection.flags |= KATRACE_ORPHAN; /* the same timer, but it ends FIN_WAIT2 */
	assert_false(unpack_one(&found).due);
	found = make_socket(1);
	found.connection.queued_bytes = 1;
	assert_true(unpack_one(&found).due);
	assert_false(unpack_one(&found).detects); /* another timer will find out */
	found = make_socket(1);
	found.timer_runs = 0;
	assert_false(unpack_one(&found).due);
	assert_false(unpack_one(&found).detects);
	found = make_socket(1);
	found.timer_due = -5;
	assert_int_equal(unpack_one(&found).next_us, 0);
	found.connection.state = TCP_SYN_SENT;
	assert_false(unpack_one(&found).was_connected);
}

/* The numbers are those of test_giving_up.c. */
static void when_retransmission_gives_up(void **state)
{
	struct katrace_socket found = make_socket(1);

	(void)state;
	found.connection.unacked_bytes = 11;
	found.connection.retry_limit = 5;
	found.connection.rto = found.connection.next_try = 51 << 3; /* 204 ms */
	assert_int_equal(unpack_one(&found).gives_up_ms, 0);        /* it will be acknowledged */
	found.connection.retransmits = 3;
	found.connection.retransmitting = 204 * (2 + 4);
	assert_int_equal(unpack_one(&found).gives_up_ms, 204 * (8 + 16 + 32));
	found.connection.state = TCP_SYN_SENT; /* another limit */
	assert_int_equal(unpack_one(&found).gives_up_ms, 0);
}

static bool meets(const struct criteria *criteria, const struct katrace_socket *found)
{
	const struct listed listed = unpack_one(found);

	return criteria_met(criteria, &usual, &listed);
}

static void criteria_choose(void **state)
{
	struct katrace_socket on = make_socket(1), off = make_socket(2), listener = make_socket(3);
	struct criteria criteria = { 0 };

	(void)state;
	on.connection.silent = on.connection.heard = 20 * HZ;
	on.timer_due = 10 * HZ;
	off.connection.flags = 0;
	listener.connection.state = TCP_LISTEN;
	assert_true(meets(&criteria, &on) && meets(&criteria, &off) && !meets(&criteria, &listener));
	criteria.listeners = true;
	assert_true(!meets(&criteria, &on) && !meets(&criteria, &off) && meets(&criteria, &listener));
	listener.connection.flags = 0;
	assert_false(meets(&criteria, &listener));
	criteria = (struct criteria){ .no_keepalive = true };
	assert_true(!meets(&criteria, &on) && meets(&criteria, &off));
	off.connection.state = TCP_CLOSE_WAIT;
	assert_false(meets(&criteria, &off));
	off.connection.state = TCP_ESTABLISHED;
	criteria = (struct criteria){ .by_silence = true, .silent_over_us = 19999999 };
	assert_true(meets(&criteria, &on) && !meets(&criteria, &off));
	criteria.silent_over_us++;
	assert_false(meets(&criteria, &on));
	criteria = (struct criteria){ .by_due = true, .due_within_us = 10000000 };
	assert_true(meets(&criteria, &on) && !meets(&criteria, &off));
	criteria.due_within_us--;
	assert_false(meets(&criteria, &on));
	criteria = (struct criteria){ .by_middlebox = true, .middlebox_us = 30000000 };
	assert_true(meets(&criteria, &on) && meets(&criteria, &off));
	criteria.middlebox_us++;
	assert_true(!meets(&criteria, &on) && meets(&criteria, &off));
	on.connection.interval = 31 * HZ;
	assert_true(meets(&criteria, &on));
	criteria.middlebox_us = 31000001;
	assert_false(meets(&criteria, &on));
	on.connection.state = TCP_SYN_SENT; /* it was never heard, so it is not silent */
	criteria = (struct criteria){ .by_silence = true };
	assert_false(meets(&criteria, &on));
	on.connection.state = TCP_ESTABLISHED;
	criteria = (struct criteria){ .problems = true };
	assert_true(!meets(&criteria, &on) && meets(&criteria, &off));
}

static void zombies_are_silent_and_not_looked_after(void **state)
{
	const struct criteria criteria = { .zombies = true };
	struct katrace_socket found = make_socket(1);

	(void)state;
	found.connection.silent = found.connection.heard = 600 * HZ;
	found.timer_due = 3601 * HZ;
	assert_false(meets(&criteria, &found));
	found.connection.heard = ++found.connection.silent;
	assert_true(meets(&criteria, &found));
	found.timer_due = 3600 * HZ;
	assert_false(meets(&criteria, &found));
	found.connection.flags = 0;
	assert_true(meets(&criteria, &found));
	found.connection.state = TCP_CLOSE_WAIT;
	assert_false(meets(&criteria, &found));
}

/* The peer's own probes are a sign of life; but not if it answers nothing. */
static void who_is_heard_is_no_zombie(void **state)
{
	const struct criteria criteria = { .zombies = true },
			      silent = { .by_silence = true, .silent_over_us = 1000000 };
	struct katrace_socket found = make_socket(1);
	struct listed listed;

	(void)state;
	found.connection.flags = 0;
	found.connection.silent = 926 * HZ;
	found.connection.heard = HZ / 2;
	assert_false(meets(&criteria, &found) || meets(&silent, &found));
	listed = unpack_one(&found);
	assert_int_equal(silence_us(&listed), 500000);
	assert_int_equal(concern_of(&listed, &usual), CONCERN_NO_KEEPALIVE);
	found.connection.flags = KATRACE_KEEPALIVE_ON;
	found.connection.probes_out = 2;
	listed = unpack_one(&found);
	assert_int_equal(silence_us(&listed), 926000000);
	assert_int_equal(concern_of(&listed, &usual), CONCERN_UNANSWERED);
	assert_true(meets(&silent, &found));
	found.connection.probes_out = 0;
	found.connection.unacked_bytes = found.connection.retransmits = 1;
	listed = unpack_one(&found);
	assert_int_equal(silence_us(&listed), 926000000);
	assert_int_equal(concern_of(&listed, &usual), CONCERN_RETRANSMITTING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_socket_comes_out_as_it_went_in),
		cmocka_unit_test(ipv6_and_mapped_addresses),
		cmocka_unit_test(sockets_without_a_descriptor),
		cmocka_unit_test(a_socket_is_listed_once),
		cmocka_unit_test(the_same_second_holder),
		cmocka_unit_test(what_only_looks_alike_is_kept_apart),
		cmocka_unit_test(broken_records_are_refused),
		cmocka_unit_test(thousands_are_found_again),
		cmocka_unit_test(waiting_data_makes_no_probe_unanswered),
		cmocka_unit_test(worst_comes_first),
		cmocka_unit_test(when_keepalive_does_nothing),
		cmocka_unit_test(when_retransmission_gives_up),
		cmocka_unit_test(criteria_choose),
		cmocka_unit_test(zombies_are_silent_and_not_looked_after),
		cmocka_unit_test(who_is_heard_is_no_zombie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
