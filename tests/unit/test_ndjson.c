// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The reader of recordings: which lines it accepts and rejects. test_replay.c tests that it reads what is written. */
#include "unit.h"

#include "format/json_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define HEAD_OF(version, name)                                                                                         \
	"{\"timestamp\":\"2026-11-20T21:04:10.114000001Z\",\"schema_version\":\"" version "\",\"event_name\":\"" name  \
	"\",\"severity_number\":9,\"severity_text\":\"INFO\",\"sequence\":17,"
#define HEAD(name) HEAD_OF("1.1", "katrace." name)
#define NETWORK                                                                                                        \
	"\"network\":{\"transport\":\"tcp\",\"type\":\"ipv4\",\"local\":{\"address\":\"10.0.2.15\",\"port\":22},"      \
	"\"peer\":{\"address\":\"10.0.2.2\",\"port\":51040},\"connection\":{\"state\":\"established\"}},"
#define PROCESS "\"process\":{\"pid\":1787,\"name\":\"sshd\"},"
#define KEEPALIVE                                                                                                      \
	"\"keepalive\":{\"enabled\":true,\"idle_s\":30,\"interval_s\":5,\"probe_limit\":3,\"user_timeout_ms\":0,"      \
	"\"from_sysctl\":[\"interval_s\"]}"
#define KATRACE "\"katrace\":{\"connection_id\":\"5f3a-12\",\"netns\":\"7\"," KEEPALIVE ",\"silent_us\":30000000"
#define LINE(name) HEAD(name) NETWORK PROCESS KATRACE
#define PROBE LINE("probe_sent") ",\"probe\":{\"number\":2,\"limit\":3}}}"

static int read_bytes(const char *line, size_t n, struct recorded *recorded)
{
	struct ndjson *ndjson = ndjson_new();
	int err;

	assert_non_null(ndjson);
	err = ndjson_read(ndjson, line, n, recorded);
	ndjson_free(ndjson);
	return err;
}

static int read_line(const char *line, struct recorded *recorded)
{
	return read_bytes(line, strlen(line), recorded);
}

static void refused(const char *line, int error)
{
	struct recorded recorded;
	int err = read_line(line, &recorded);

	if (err != error)
		print_error("%d instead of %d: %s\n", err, error, line);
	assert_int_equal(err, error);
}

/* PROBE with one part replaced is refused. */
static void refused_with(const char *part, const char *instead)
{
	char line[4096];
	const char *at = strstr(PROBE, part);

	assert_non_null(at);
	snprintf(line, sizeof(line), "%.*s%s%s", (int)(at - PROBE), PROBE, instead, at + strlen(part));
	refused(line, -EINVAL);
}

static void a_probe(void **state)
{
	struct recorded r;

	(void)state;
	assert_int_equal(read_line(PROBE, &r), 0);
	assert_int_equal(r.kind, RECORDED_EVENT);
	assert_int_equal(r.time_ns, 1795208650114000001);
	assert_int_equal(r.event.kind, EVENT_PROBE_SENT);
	assert_int_equal(r.event.time_ns, r.time_ns);
	assert_int_equal(r.event.probe.number, 2);
	assert_int_equal(r.event.probe.limit, 3);
	assert_int_equal(r.event.probe.unanswered_before, 1);
	assert_false(r.event.probe.has_result);
	assert_int_equal(r.event.silent_us, 30000000);
	assert_int_equal(r.event.state, TCP_ESTABLISHED);
	assert_int_equal(r.event.settings.idle_s, 30);
	assert_int_equal(r.event.settings.from_sysctl, KATRACE_INTERVAL);
	assert_string_equal(r.connection_id, "5f3a-12");
	assert_int_equal(r.id.netns, 7);
	assert_int_equal(r.id.local.port, 22);
	assert_int_equal(r.owner.pid, 1787);
	assert_string_equal(r.owner.comm, "sshd");
}

static void a_beginning_and_sums(void **state)
{
	struct recorded r;

	(void)state;
	assert_int_equal(read_line(HEAD("started") "\"katrace\":{\"netns\":\"4026531840\"}}", &r), 0);
	assert_int_equal(r.kind, RECORDED_STARTED);
	assert_int_equal(r.own_netns, 4026531840);
	assert_int_equal(read_line(HEAD("started") "\"katrace\":{}}", &r), 0);
	assert_int_equal(r.own_netns, 0);
	assert_int_equal(read_line(HEAD("stats") "\"katrace\":{}}", &r), 0);
	assert_int_equal(r.kind, RECORDED_STATS);
}

/* A later minor version only adds fields; another major version may change them. */
static void versions(void **state)
{
	struct recorded r;

	(void)state;
	assert_int_equal(read_line(HEAD_OF("1.0", "katrace.stats") "\"katrace\":{}}", &r), 0);
	assert_int_equal(read_line(HEAD_OF("1.27", "katrace.stats") "\"katrace\":{\"new\":[{}]},\"b\":1}", &r), 0);
	refused(HEAD_OF("2.0", "katrace.stats") "\"katrace\":{}}", -EPROTONOSUPPORT);
	refused(HEAD_OF("1.x", "katrace.stats") "\"katrace\":{}}", -EPROTONOSUPPORT);
	refused(HEAD_OF("1", "katrace.stats") "\"katrace\":{}}", -EPROTONOSUPPORT);
	refused("{\"event_name\":\"katrace.stats\"}", -EINVAL);
}

static void what_is_not_katraces(void **state)
{
	(void)state;
	refused("", -EBADMSG);
	refused("hello", -EBADMSG);
	refused("{\"a\":1}", -ENOMSG);
	refused("[1]", -ENOMSG);
	refused("12", -EBADMSG); /* more digits might follow */
	refused("null", -EBADMSG);
	refused("{\"event_name\":17}", -ENOMSG);
	refused(HEAD_OF("1.1", "other.started") "\"katrace\":{}}", -ENOMSG);
	refused(HEAD("brandnew") "\"katrace\":{}}", -ENOSYS);
	refused(HEAD("socket") "\"katrace\":{}}", -ENOTSUP);
	refused(HEAD("summary") "\"katrace\":{}}", -ENOTSUP);
	refused(HEAD("sysctl") "\"katrace\":{}}", -ENOTSUP);
}

static void cut_anywhere(void **state)
{
	struct recorded r;

	(void)state;
	for (size_t n = 0; n < strlen(PROBE); n++)
		assert_int_equal(read_bytes(PROBE, n, &r), -EBADMSG);
	refused(PROBE "x", -EBADMSG);
	refused(PROBE PROBE, -EBADMSG);
	assert_int_equal(read_line(PROBE "\r", &r), 0);
	assert_int_equal(read_bytes(PROBE "\0x", strlen(PROBE) + 2, &r), -EBADMSG);
}

static void deep_nesting(void **state)
{
	char line[40000];
	size_t used;

	(void)state;
	used = (size_t)snprintf(line, sizeof(line), "%s", HEAD("stats") "\"katrace\":{},\"deep\":");
	memset(line + used, '[', 16000);
	memset(line + used + 16000, ']', 16000);
	snprintf(line + used + 32000, sizeof(line) - used - 32000, "}");
	refused(line, -EBADMSG);
}

static void invalid_values(void **state)
{
	(void)state;
	refused_with("2026-11-20T21", "2026-11-31T21");
	refused_with("2026-11-20T21", "2026-11-20T25");
	refused_with("2026-11-20T21", "1969-11-20T21");
	refused_with("2026-11-20T21", "9999-11-20T21");
	refused_with("2026-11-20T21", "-026-11-20T21");
	refused_with("10.114000001Z", "10.114Z");
	refused_with("\"katrace\":{", "\"other\":{");
	refused_with("10.0.2.15", "10.0.2.256");
	refused_with("10.0.2.15", "::1");
	refused_with("\"ipv4\"", "\"ipv5\"");
	refused_with("\"established\"", "\"enchanted\"");
	refused_with("\"established\"", "1");
	refused_with("51040", "65536");
	refused_with("51040", "-1");
	refused_with("51040", "\"51040\"");
	refused_with("51040", "510.5");
	refused_with("1787", "0");
	refused_with("1787", "4294967296");
	refused_with("sshd", "0123456789abcdef");
	refused_with("sshd", "a\\u0000b");
	refused_with("5f3a-12", "");
	refused_with("5f3a-12", "0123456789012345678901234567890123456789012345678901234567890123456789");
	refused_with("\"netns\":\"7\"", "\"netns\":7");
	refused_with("\"netns\":\"7\"", "\"netns\":\"4294967296\"");
	refused_with("\"netns\":\"7\"", "\"netns\":\" 7\"");
	refused_with("\"idle_s\":30", "\"idle_s\":-30");
	refused_with("\"idle_s\":30", "\"idle_s\":99999999999999999999");
	refused_with("\"enabled\":true", "\"enabled\":1");
	refused_with("[\"interval_s\"]", "[7]");
	refused_with("30000000", "9223372036854775808");
	refused_with("\"number\":2", "\"number\":0");
	refused_with("\"limit\":3", "\"limit\":null");
	refused_with("\"probe\":{", "\"probe\":[],\"x\":{");
}

static void unknown_names(void **state)
{
	(void)state;
	refused(LINE("ended") ",\"verdict\":\"boredom\",\"probes_unanswered\":0,\"probes_sent\":0,"
			      "\"probes_answered\":0,\"observed_us\":0,\"partial\":false}}",
		-EINVAL);
	refused(LINE("ended") ",\"verdict\":\"unreachable\",\"errno\":\"EBORED\",\"probes_unanswered\":0,"
			      "\"probes_sent\":0,\"probes_answered\":0,\"observed_us\":0,\"partial\":false}}",
		-EINVAL);
	refused(HEAD("events_lost") "\"katrace\":{\"stage\":\"moon\",\"count\":1}}", -EINVAL);
	refused(LINE("suppressed") ",\"phase\":\"middle\",\"unacked_bytes\":0,\"queued_bytes\":0,\"retransmits\":0}}",
		-EINVAL);
}

/* What every such line has; what a later minor version added need not be there. */
static void missing_values(void **state)
{
	(void)state;
	refused_with("\"timestamp\"", "\"time\"");
	refused_with("\"network\"", "\"net\"");
	refused_with("\"address\":\"10.0.2.15\",", "");
	refused_with("\"pid\":1787,", "");
	refused_with(",\"name\":\"sshd\"", "");
	refused_with("\"connection_id\"", "\"id\"");
	refused_with("\"netns\":\"7\",", "");
	refused_with("\"enabled\":true,", "");
	refused_with("\"idle_s\":30,", "");
	refused_with(",\"from_sysctl\":[\"interval_s\"]", "");
	refused_with("\"number\":2,", "");
	refused_with("\"process\":{\"pid\":1787,\"name\":\"sshd\"}", "\"process\":1787");
	refused_with("\"connection\":{\"state\":\"established\"}", "\"connection\":{}");
	refused(LINE("suppressed") ",\"phase\":\"end\",\"unacked_bytes\":0,\"queued_bytes\":0}}", -EINVAL);
}

static void too_many_pids(void **state)
{
	struct recorded r;

	(void)state;
	assert_int_equal(read_line(LINE("configured") ",\"other_pids\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]}}", &r),
			 0);
	assert_int_equal(r.owner.n_others, OWNERS_OTHERS_MAX);
	refused(LINE("configured") ",\"other_pids\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}}", -EINVAL);
	refused(LINE("configured") ",\"other_pids\":[\"1\"]}}", -EINVAL);
	refused(LINE("configured") ",\"other_pids\":1}}", -EINVAL);
}

static void containers(void **state)
{
	struct recorded r;

	(void)state;
	assert_int_equal(read_line(HEAD("configured") NETWORK PROCESS
				   "\"container\":{\"id\":\"0123456789abcdef\"}," KATRACE ",\"cgroup_id\":\"4711\"}}",
				   &r),
			 0);
	assert_string_equal(r.owner.cgroup.container, "0123456789abcdef");
	assert_int_equal(r.owner.cgroup.id, 4711);
	refused(HEAD("configured") NETWORK PROCESS "\"container\":{\"id\":\"0123\\u001b\"}," KATRACE "}}", -EINVAL);
	refused(HEAD("configured") NETWORK PROCESS "\"container\":{\"id\":\"0123456789abcdef0123456789abcdef0123456789a"
						   "bcdef0123456789abcdef0\"}," KATRACE "}}",
		-EINVAL);
}

/* Twice: the reader works after a truncated line. */
static void goes_on_after_a_bad_line(void **state)
{
	struct ndjson *ndjson = ndjson_new();
	struct recorded r;

	(void)state;
	assert_int_equal(ndjson_read(ndjson, PROBE, 100, &r), -EBADMSG);
	assert_int_equal(ndjson_read(ndjson, PROBE, strlen(PROBE), &r), 0);
	assert_int_equal(ndjson_read(ndjson, "}", 1, &r), -EBADMSG);
	assert_int_equal(ndjson_read(ndjson, PROBE, strlen(PROBE), &r), 0);
	ndjson_free(ndjson);
}

static void names(void **state)
{
	struct recorded r;

	(void)state;
	assert_int_equal(read_line(HEAD("configured") NETWORK "\"process\":{\"pid\":1,\"name\":\"a\xef\xbf\xbd"
							      "\\u001b\\ufffd\"}," KATRACE "}}",
				   &r),
			 0);
	assert_string_equal(r.owner.comm, "a?\x1b?");
	assert_int_equal(read_line(HEAD("configured") NETWORK KATRACE "}}", &r), 0);
	assert_int_equal(r.owner.pid, 0);
	refused(HEAD("configured") NETWORK "\"process\":{\"pid\":1,\"name\":\"\xff\"}," KATRACE "}}", -EBADMSG);
}

#define TITLED(title) HEAD("configured") NETWORK "\"process\":{\"pid\":1,\"name\":\"java\"," title "}," KATRACE "}}"
#define TITLE_63                                                                                                       \
	"0123456789012345678901234567890123456789012345678901234567890\xef\xbf\xbd"                                    \
	"2"

static void titles(void **state)
{
	struct recorded r;

	(void)state;
	assert_int_equal(read_line(TITLED("\"title\":\"org.example.Main\""), &r), 0);
	assert_string_equal(r.owner.title, "org.example.Main");
	assert_int_equal(read_line(TITLED("\"title\":\"" TITLE_63 "\""), &r), 0);
	assert_int_equal(strlen(r.owner.title), TITLE_LENGTH);
	refused(TITLED("\"title\":\"" TITLE_63 "3\""), -EINVAL);
	refused(TITLED("\"title\":7"), -EINVAL);
	assert_int_equal(
		read_line(HEAD("configured") NETWORK "\"process\":{\"pid\":1,\"name\":\"a\"}," KATRACE "}}", &r), 0);
	assert_string_equal(r.owner.title, "");
}

static int read_name(const char *name, struct recorded *recorded)
{
	char line[4096];

	snprintf(line, sizeof(line), HEAD("configured") NETWORK "\"process\":{\"pid\":1,\"name\":\"%s\"}," KATRACE "}}",
		 name);
	return read_line(line, recorded);
}

/* Versions of json-c differ in what they accept from 0x80 on; katrace does not. */
static void names_in_utf8(void **state)
{
	static const char *const good[] = {
		"h\xc3\xa9llo", "\xe2\x82\xac", "\xed\x9f\xbf\xee\x80\x80", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf",
	};
	static const char *const bad[] = {
		"\x80",         "\xc3",           "\xc0\xaf",         "\xe0\x80\xaf",     "\xf0\x80\x80\xaf",
		"\xed\xa0\x80", "\xed\xbf\xbf",   "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82",
		"\\\xc3\xa9",   "\\\\\\\xc3\xa9",
	};
	struct recorded r;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(read_name(good[i], &r), 0);
		assert_string_equal(r.owner.comm, good[i]);
	}
	assert_int_equal(read_name("\\\\\xc3\xa9", &r), 0); /* a backslash that is escaped itself */
	assert_string_equal(r.owner.comm, "\\\xc3\xa9");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(read_name(bad[i], &r), -EBADMSG);
	refused("\xc3\xa9" PROBE, -EBADMSG);
	refused(PROBE "\xc3\xa9", -EBADMSG);
}

static void an_errno_without_a_name(void **state)
{
	struct recorded r;

	(void)state;
	assert_int_equal(read_line(LINE("ended") ",\"verdict\":\"unreachable\",\"errno\":\"E511\","
						 "\"probes_unanswered\":0,\"probes_sent\":0,\"probes_answered\":0,"
						 "\"observed_us\":0,\"partial\":false}}",
				   &r),
			 0);
	assert_int_equal(r.event.ended.error, 511);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_probe),
		cmocka_unit_test(a_beginning_and_sums),
		cmocka_unit_test(versions),
		cmocka_unit_test(what_is_not_katraces),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(deep_nesting),
		cmocka_unit_test(invalid_values),
		cmocka_unit_test(unknown_names),
		cmocka_unit_test(missing_values),
		cmocka_unit_test(too_many_pids),
		cmocka_unit_test(goes_on_after_a_bad_line),
		cmocka_unit_test(names),
		cmocka_unit_test(titles),
		cmocka_unit_test(names_in_utf8),
		cmocka_unit_test(containers),
		cmocka_unit_test(an_errno_without_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
