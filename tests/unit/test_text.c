// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The text output, to the letter. */
#include "page.h"

#include "format/words.h"

#include <errno.h>
#include <stdio.h>

static void a_death(void **state)
{
	struct page *page = page_new(plain, "sshd");

	(void)state;
	observe(page, make_probe(1, 1, 10114 * MS));
	observe(page, make_answer(1, 1, 10114400000));
	observe(page, make_probe(1, 1, 40120 * MS));
	observe(page, make_probe(1, 2, 45125 * MS));
	observe(page, make_probe(1, 3, 50130 * MS));
	observe(page, make_timeout(1, 3, 55135 * MS));
	expect(page,
	       "TIME          PID    COMM    LOCAL            PEER             EVENT\n"
	       "21:04:10.114  1787   sshd    10.0.2.15:22     10.0.2.2:51040   keepalive: 30s idle, then 3 probes 5s "
	       "apart (interval from sysctl)\n"
	       "21:04:10.114  1787   sshd    10.0.2.15:22     10.0.2.2:51040   probe 1/3 after 30.0s of silence\n"
	       "21:04:10.114  1787   sshd    10.0.2.15:22     10.0.2.2:51040   answered in 400us\n"
	       "21:04:40.120  1787   sshd    10.0.2.15:22     10.0.2.2:51040   probe 1/3 after 30.0s of silence\n"
	       "21:04:45.125  1787   sshd    10.0.2.15:22     10.0.2.2:51040   probe 2/3 after 35.0s of silence, 1 "
	       "unanswered\n"
	       "21:04:50.130  1787   sshd    10.0.2.15:22     10.0.2.2:51040   probe 3/3 after 40.0s of silence, 2 "
	       "unanswered\n"
	       "21:04:55.135  1787   sshd    10.0.2.15:22     10.0.2.2:51040   ended: keepalive timeout, ETIMEDOUT\n"
	       "\n"
	       "10.0.2.15:22 - 10.0.2.2:51040  sshd[1787]\n"
	       "  keepalive: 30s idle, then 3 probes 5s apart (interval from sysctl)\n"
	       "      +0.0s  probe 1/3    answered in 400us\n"
	       "     +30.0s  probe 1/3    no answer\n"
	       "     +35.0s  probe 2/3    no answer\n"
	       "     +40.0s  probe 3/3    no answer\n"
	       "     +45.0s  ended        keepalive timeout, ETIMEDOUT\n"
	       "  The peer answered none of 3 probes; after 45.0s of silence the application gets ETIMEDOUT from its "
	       "next call on the socket.\n"
	       "\n");
	page_free(page);
}

static void a_long_life(void **state)
{
	struct page *page = page_new(plain, "sshd");

	(void)state;
	for (uint64_t i = 0; i < 240; i++) {
		observe(page, make_probe(1, 1, 30 * i * SECOND));
		observe(page, make_answer(1, 1, 30 * i * SECOND + (300 + i) * 1000));
	}
	observe(page, make_probe(1, 1, 7200100 * MS));
	page->out.used = 0;
	model_finish(page->model, 7201 * SECOND);
	expect(page, "\n"
		     "10.0.2.15:22 - 10.0.2.2:51040  sshd[1787]\n"
		     "  keepalive: 30s idle, then 3 probes 5s apart (interval from sysctl)\n"
		     "      +0.0s  240 probes   all answered, 300us to 539us (median 412us)\n"
		     "   +7200.1s  probe 1/3    no answer yet\n"
		     "  Still open. A dead peer is noticed 45s after it was last heard.\n"
		     "\n");
	page_free(page);
}

/* On a terminal a main class is shown without its package, and cut where there is little room. */
static void titles(void **state)
{
	static const struct {
		unsigned int columns;
		const char *name;
	} samples[] = { { 0, "  java org.apache.catalina.startup.Bootstrap  10" },
			{ 120, "  java Bootstrap  10" },
			{ 80, "  java Boot\xe2\x80\xa6  :22" } };

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct page *page =
			page_new((struct text_options){ .columns = samples[i].columns, .own_netns = 7 }, "java");

		strcpy(page->title, "org.apache.catalina.startup.Bootstrap");
		observe(page, make_probe(1, 1, SECOND));
		expect_sentence(page, samples[i].name);
		model_finish(page->model, 2 * SECOND);
		expect_sentence(page, "  java[1787] org.apache.catalina.startup.Bootstrap\n");
		page_free(page);
	}
}

/* Suppressed by retransmission, settled, refused twice, then suppressed by window probing. */
static void observe_suppressed_and_refused(struct page *page)
{
	struct sighting s = make_sighting(KATRACE_SUPPRESSED, 1, 10 * SECOND);

	s.unacked_bytes = 11;
	s.retransmits = 3;
	s.retransmitting_ms = 1632 - 2 * 204;
	s.rto_ms = s.next_try_ms = 1632;
	s.retry_limit = 5;
	observe(page, s);
	observe(page, make_sighting(KATRACE_SETTLED, 1, 40 * SECOND));
	s = make_sighting(KATRACE_PROBE_DROPPED, 1, 50 * SECOND);
	observe(page, s);
	s.time_ns += SECOND / 2;
	observe(page, s);
	s = make_sighting(KATRACE_SUPPRESSED, 1, 60 * SECOND);
	s.window_probe = true;
	s.queued_bytes = 1;
	s.rto_ms = s.next_try_ms = 204;
	s.retry_limit = 2;
	observe(page, s);
}

static void suppressed_and_refused(void **state)
{
	struct page *page = page_new(plain, "sshd");

	(void)state;
	observe_suppressed_and_refused(page);
	model_finish(page->model, 70 * SECOND);
	expect(page,
	       "TIME          PID    COMM    LOCAL            PEER             EVENT\n"
	       "21:04:10.000  1787   sshd    10.0.2.15:22     10.0.2.2:51040   keepalive: 30s idle, then 3 "
	       "probes 5s apart (interval from sysctl)\n"
	       "21:04:10.000  1787   sshd    10.0.2.15:22     10.0.2.2:51040   suppressed: 11 bytes "
	       "unacknowledged, 3 retransmissions; retransmission is in charge, gives up in about 11.4s\n"
	       "21:04:40.000  1787   sshd    10.0.2.15:22     10.0.2.2:51040   no longer suppressed: 0 bytes "
	       "unacknowledged\n"
	       "21:04:50.000  1787   sshd    10.0.2.15:22     10.0.2.2:51040   probe 1/3 not sent: refused by "
	       "the local stack, after 30.0s of silence\n"
	       "21:04:50.500  1787   sshd    10.0.2.15:22     10.0.2.2:51040   probe 1/3 not sent: refused by "
	       "the local stack, after 30.0s of silence\n"
	       "21:05:00.000  1787   sshd    10.0.2.15:22     10.0.2.2:51040   suppressed: 1 byte queued; window "
	       "probing is in charge, gives up in about 1.4s\n"
	       "\n"
	       "10.0.2.15:22 - 10.0.2.2:51040  sshd[1787]\n"
	       "  keepalive: 30s idle, then 3 probes 5s apart (interval from sysctl)\n"
	       "      +0.0s  suppressed   11 bytes unacknowledged, 3 retransmissions; retransmission in charge "
	       "for 30.0s\n"
	       "     +40.0s  probe 1/3    not sent: refused by the local stack, 2 times\n"
	       "     +50.0s  suppressed   1 byte queued; window probing in charge\n"
	       "  Still open. Data is waiting, so keepalive does not probe; if the peer stays silent, window probing "
	       "gives up at about +51.4s.\n"
	       "\n");
	page_free(page);
}

static void user_timeout_takes_the_limits_place(void **state)
{
	struct page *page = page_new(plain, "java");
	struct sighting s = make_probe(1, 1, 10 * SECOND);

	(void)state;
	s.settings = (struct settings){ true, 1, 11, 3, 5000, 0 };
	observe(page, s);
	s = make_timeout(1, 1, 21 * SECOND);
	s.settings = (struct settings){ true, 1, 11, 3, 5000, 0 };
	s.silent_us = 12000000;
	observe(page, s);
	expect(page, "TIME          PID    COMM    LOCAL            PEER             EVENT\n"
		     "21:04:10.000  1787   java    10.0.2.15:22     10.0.2.2:51040   keepalive: 1s idle, then probes "
		     "11s apart until TCP_USER_TIMEOUT 5s\n"
		     "21:04:10.000  1787   java    10.0.2.15:22     10.0.2.2:51040   probe 1 after 30.0s of silence\n"
		     "21:04:21.000  1787   java    10.0.2.15:22     10.0.2.2:51040   ended: user timeout, ETIMEDOUT\n"
		     "\n"
		     "10.0.2.15:22 - 10.0.2.2:51040  java[1787]\n"
		     "  keepalive: 1s idle, then probes 11s apart until TCP_USER_TIMEOUT 5s\n"
		     "      +0.0s  probe 1      no answer\n"
		     "     +11.0s  ended        user timeout, ETIMEDOUT\n"
		     "  TCP_USER_TIMEOUT (5s) overrode the limit of 3 probes; after 12.0s of silence the "
		     "application gets ETIMEDOUT from its next call on the socket.\n"
		     "\n");
	page_free(page);
}

static const char *last_of(const char *text, const char *what)
{
	const char *last = NULL;

	for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
		last = at;
	return last;
}

/* In the first event and in the timeline; a probe that comes when the middlebox forgets comes too late, as in list. */
static void middleboxes(void **state)
{
	struct page *page = page_new_with(plain, "sshd", 30);
	struct sighting s = make_probe(1, 1, 10 * SECOND);

	(void)state;
	observe(page, s);
	s.settings.idle_s = 29;
	s.probes_out = 2;
	observe(page, s);
	model_finish(page->model, 11 * SECOND);
	page->buf[page->out.used] = '\0';
	assert_non_null(strstr(
		page->buf, "(interval from sysctl); first probe too late for a middlebox that forgets after 30s\n"));
	assert_non_null(
		strstr(page->buf, "keepalive is now: 29s idle, then 3 probes 5s apart (interval from sysctl)\n"));
	assert_null(strstr(page->buf, "A middlebox")); /* no longer */
	s.id.sock = 2;
	s.id.inode = 0;
	s.settings.idle_s = 30;
	observe(page, s);
	model_finish(page->model, 12 * SECOND);
	page->buf[page->out.used] = '\0';
	assert_non_null(strstr(page->buf, "  A middlebox that forgets silent connections after 30s does so before the "
					  "first probe.\n"));
	page_free(page);
}

/* The interval is what a middlebox sees between two probes, unless the idle time is longer. */
static void middleboxes_between_probes(void **state)
{
	struct page *page = page_new_with(plain, "sshd", 60);
	struct sighting s = make_probe(1, 1, 10 * SECOND);

	(void)state;
	s.settings.idle_s = 50;
	s.settings.interval_s = 75;
	observe(page, s);
	model_finish(page->model, 11 * SECOND);
	page->buf[page->out.used] = '\0';
	assert_non_null(strstr(page->buf, "; second probe too late for a middlebox that forgets after 60s\n"));
	assert_non_null(strstr(page->buf, "  A middlebox that forgets silent connections after 60s does so before the "
					  "second probe: after a probe the timer restarts at the interval.\n"));
	assert_null(strstr(page->buf, "first probe"));
	page_free(page);
}

/* What walks find before any probe: said, also of many at once, but no timeline without another event. */
static void middleboxes_of_walks(void **state)
{
	struct page *page = page_new_with(plain, "sshd", 30);
	struct sighting s = make_sighting(KATRACE_SETTLED, 1, 10 * SECOND), probed = make_probe(1, 1, 11 * SECOND);

	(void)state;
	s.settings.idle_s = 20;
	assert_int_equal(model_meet(page->model, &s, 1, s.time_ns), 0);
	assert_int_equal(model_meet(page->model, &s, 1, s.time_ns), 0); /* it is known */
	probed.settings.idle_s = 20;
	observe(page, probed);
	s.id.sock = s.id.inode = 2;
	s.settings.enabled = false;
	assert_int_equal(model_meet(page->model, &s, 1, s.time_ns), 0);
	model_gone(page->model, 2, 2);
	assert_int_equal(model_meet(page->model, &s, 4113, s.time_ns), 0);
	model_finish(page->model, 12 * SECOND);
	page->buf[page->out.used] = '\0';
	assert_non_null(strstr(page->buf,
			       "(interval from sysctl); an old timer is still running: first probe too late for a "
			       "middlebox that forgets after 30s\n"));
	assert_non_null(strstr(page->buf, "keepalive: off; no probe for a middlebox that forgets after 30s\n"));
	assert_non_null(strstr(page->buf,
			       "  *                *                4113 connections have no probe, or one too late, "
			       "for a middlebox that forgets after 30s\n"));
	assert_non_null(strstr(page->buf, "Still open"));
	assert_ptr_equal(strstr(page->buf, "A middlebox that forgets"), last_of(page->buf, "A middlebox that forgets"));
	page_free(page);
}

/* The name of a process may contain any bytes. */
static void hostile_names_are_escaped(void **state)
{
	struct page *page = page_new(plain, "\033[2J\n\\\x9b\xff");

	(void)state;
	observe(page, make_probe(1, 1, 10 * SECOND));
	model_finish(page->model, 11 * SECOND);
	page->buf[page->out.used] = '\0';
	assert_non_null(strstr(page->buf, "  \\x1b[2J\\x0a\\\\\\x9b\\xff  "));
	assert_non_null(strstr(page->buf, "  \\x1b[2J\\x0a\\\\\\x9b\\xff[1787]\n"));
	for (size_t i = 0; i < page->out.used; i++)
		assert_true(page->buf[i] == '\n' || (page->buf[i] >= 0x20 && page->buf[i] < 0x7f));
	page_free(page);
}

static void ipv6_and_other_namespaces(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting s = make_probe(1, 1, 10 * SECOND);

	(void)state;
	s.id.netns = 4026532177;
	s.id.local.ipv6 = s.id.peer.ipv6 = true;
	inet_pton(AF_INET6, "2001:db8::1", s.id.local.addr);
	inet_pton(AF_INET6, "fe80::1", s.id.peer.addr);
	observe(page, s);
	page->out.used = 0;
	model_finish(page->model, 11 * SECOND);
	expect(page, "\n"
		     "[2001:db8::1]:22 - [fe80::1]:51040  sshd[1787]  netns 4026532177\n"
		     "  keepalive: 30s idle, then 3 probes 5s apart (interval from sysctl)\n"
		     "      +0.0s  probe 1/3    no answer yet\n"
		     "  Still open. A dead peer is noticed 45s after it was last heard.\n"
		     "\n");
	page_free(page);
}

static void names_of_namespaces(void **state)
{
	struct page *page = page_new(plain, "sshd");
	struct sighting s = make_probe(1, 1, 10 * SECOND);

	(void)state;
	s.id.netns = 4026532177;
	s.id.netns_name = "bl\033ue";
	observe(page, s);
	model_finish(page->model, 11 * SECOND);
	expect_sentence(page, "sshd[1787]  netns bl\\x1bue\n");
	page_free(page);
}

static void narrow_terminals_and_color(void **state)
{
	const struct text_options options = { .color = true, .columns = 80, .own_netns = 7 };
	struct page *page = page_new(options, "sshd");

	(void)state;
	observe(page, make_probe(1, 2, 10 * SECOND));
	observe(page, make_answer(1, 2, 10 * SECOND + 1500000));
	expect(page,
	       "TIME          PID    COMM    LOCAL   PEER             EVENT\n"
	       "21:04:10.000  1787   sshd    :22     10.0.2.2:51040   \033[2mkeepalive: 30s idle, then 3 probes "
	       "5s apart (interval from sysctl)\033[0m\n"
	       "21:04:10.000  1787   sshd    :22     10.0.2.2:51040   \033[33mprobe 2/3 after 35.0s of silence, "
	       "1 unanswered\033[0m\n"
	       "21:04:10.001  1787   sshd    :22     10.0.2.2:51040   \033[32manswered in at least 1.5ms\033[0m\n");
	page_free(page);
}

/* On a terminal; elsewhere everything is shown. */
static void long_names_are_shortened(void **state)
{
	static const struct text_options terminal = { .columns = 80, .own_netns = 7 };
	static const char name[] = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
	struct sighting s = make_probe(1, 1, 10 * SECOND);
	struct page *page = page_new(terminal, name);

	(void)state;
	s.id.local.ipv6 = s.id.peer.ipv6 = true;
	inet_pton(AF_INET6, "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", s.id.peer.addr);
	observe(page, s);
	page->buf[page->out.used] = '\0';
	assert_non_null(strstr(page->buf, "1787   \\xff\\xff\\\xe2\x80\xa6  :22     "));
	assert_non_null(strstr(page->buf, "  [2001:db\xe2\x80\xa6:ffff]:51040  probe 1/3 "));
	page_free(page);
	page = page_new(plain, name);
	observe(page, s);
	page->buf[page->out.used] = '\0';
	assert_non_null(strstr(page->buf, "\\xff\\xff\\xff  "));
	assert_non_null(strstr(page->buf, "  [2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:51040  probe 1/3 "));
	page_free(page);
}

static void losses_are_lines(void **state)
{
	static const struct {
		uint64_t n;
		const char *text;
	} cases[][2] = {
		[LOST_HOOK] = { { 1, "1 event that katrace's hooks did not see" },
				{ 12, "12 events that katrace's hooks did not see" } },
		[LOST_RING] = { { 1, "1 event lost: this host made events faster than katrace could read them" },
				{ 12, "12 events lost: this host made events faster than katrace could read them" } },
		[LOST_OUTPUT] = { { 1, "1 event lost: the output was too slow" },
				  { 12, "12 events lost: the output was too slow" } },
		[LOST_CONNECTIONS] = { { 1, "1 connection without room: more than --max-connections at once" },
				       { 12, "12 connections without room: more than --max-connections at once" } },
		[LOST_OWNER] = { { 1, "1 event left out: the owner was not known in time" },
				 { 12, "12 events left out: the owner was not known in time" } },
	};
	struct page *page = page_new(plain, "sshd");
	char line[128];

	(void)state;
	for (enum lost_stage stage = 0; stage < LOST_STAGES; stage++) {
		for (size_t i = 0; i < 2; i++) {
			snprintf(line, sizeof(line), "21:04:10.000  %s\n", cases[stage][i].text);
			model_lost(page->model, stage, cases[stage][i].n, 10 * SECOND);
			expect(page, line);
		}
	}
	page_free(page);
}

/* One entry more than there is room for. */
static void one_entry_is_left_out(void **state)
{
	struct page *page = page_new(plain, "sshd");

	(void)state;
	for (uint32_t i = 0; i <= TIMELINE_ENTRIES_MAX; i++)
		observe(page, make_probe(1, 1 + i, (10 + i) * SECOND));
	model_finish(page->model, 100 * SECOND);
	expect_sentence(page, " ... 1 entry left out ...\n");
	page_free(page);
}

static void durations_read_well(void **state)
{
	static const struct {
		uint64_t us;
		const char *text;
	} cases[] = {
		{ 0, "0us" },       { 65, "65us" },        { 999, "999us" },
		{ 1000, "1.0ms" },  { 12345, "12.3ms" },   { 999949, "999.9ms" },
		{ 999950, "1.0s" }, { 35000000, "35.0s" }, { 7200100000, "7200.1s" },
	};
	char buf[32];
	struct out out;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		out = out_make(buf, sizeof(buf));
		words_duration(&out, cases[i].us);
		assert_int_equal(out.used, strlen(cases[i].text));
		assert_memory_equal(buf, cases[i].text, out.used);
	}
}

static void every_source_of_settings(void **state)
{
	static const struct {
		struct settings settings;
		const char *text;
	} cases[] = {
		{ { true, 7200, 75, 9, 0, 7 }, "7200s idle, then 9 probes 75s apart (all from sysctl)" },
		{ { true, 60, 75, 1, 0, KATRACE_INTERVAL | KATRACE_PROBE_LIMIT },
		  "60s idle, then 1 probe 75s apart (probes, interval from sysctl)" },
		{ { true, 60, 10, 6, 0, 0 }, "60s idle, then 6 probes 10s apart" },
		{ { true, 60, 10, 6, 12500, 0 }, "60s idle, then probes 10s apart until TCP_USER_TIMEOUT 12.5s" },
		{ { true, 60, 10, 6, 30005, KATRACE_IDLE },
		  "60s idle, then probes 10s apart until TCP_USER_TIMEOUT 30.005s (idle from sysctl)" },
		{ { false, 60, 10, 6, 0, 0 }, "off" },
	};
	char buf[128];
	struct out out;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		out = out_make(buf, sizeof(buf) - 1);
		words_settings(&out, &cases[i].settings);
		buf[out.used] = '\0';
		assert_string_equal(buf, cases[i].text);
	}
}

/* The largest possible output fits the sizes in text.h. */
static void the_worst_fits(void **state)
{
	struct page *page = page_new(plain, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
	struct sighting s = make_sighting(KATRACE_SUPPRESSED, 1, 0);
	char buf[TEXT_TIMELINE_MAX];
	struct out out = out_make(buf, sizeof(buf));

	(void)state;
	s.unacked_bytes = s.queued_bytes = s.retransmits = UINT32_MAX;
	for (uint64_t i = 0; i < 200; i++) {
		s.kind = i % 2 ? KATRACE_SETTLED : KATRACE_SUPPRESSED;
		s.time_ns = i << 50;
		observe(page, s);
		page->out.used = 0;
	}
	model_finish(page->model, 200ULL << 50);
	out_bytes(&out, page->buf, page->out.used);
	assert_true(page->out.used > 4096);
	assert_false(out.cut);
	page_free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_death),
		cmocka_unit_test(a_long_life),
		cmocka_unit_test(titles),
		cmocka_unit_test(suppressed_and_refused),
		cmocka_unit_test(user_timeout_takes_the_limits_place),
		cmocka_unit_test(middleboxes),
		cmocka_unit_test(middleboxes_between_probes),
		cmocka_unit_test(middleboxes_of_walks),
		cmocka_unit_test(hostile_names_are_escaped),
		cmocka_unit_test(ipv6_and_other_namespaces),
		cmocka_unit_test(names_of_namespaces),
		cmocka_unit_test(narrow_terminals_and_color),
		cmocka_unit_test(long_names_are_shortened),
		cmocka_unit_test(losses_are_lines),
		cmocka_unit_test(one_entry_is_left_out),
		cmocka_unit_test(durations_read_well),
		cmocka_unit_test(every_source_of_settings),
		cmocka_unit_test(the_worst_fits),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
