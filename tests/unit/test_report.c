// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What `katrace list --summary` and `--sysctl` print, to the letter. */
#include "sockets.h"

#include "format/columns.h"
#include "format/json_writer.h"
#include "format/report.h"

#include <stdlib.h>

static char text[16384];

static const char *end_text(const struct out *out)
{
	assert_false(out->cut);
	text[out->used] = '\0';
	return text;
}

static void write_table(const struct summary *summary, unsigned int columns, struct out *out)
{
	struct grid grid;

	report_begin(&grid, columns);
	for (size_t i = 0; i < summary_count(summary); i++)
		report_measure(&grid, summary_get(summary, i));
	report_measured(&grid);
	grid_header(&grid, out);
	for (size_t i = 0; i < summary_count(summary); i++)
		report_line(&grid, summary_get(summary, i), out);
}

static void write_findings(const struct summary_line *line, struct out *out)
{
	for (size_t i = 0; i < REPORT_FINDINGS; i++) {
		const size_t from = out->used;

		report_finding(line, i, &usual, out);
		if (out->used > from)
			out_text(out, "\n");
	}
}

/* Of several connections the one whose dead peer would be noticed last, whichever comes first. */
static void the_longest_time_counts(void **state)
{
	const struct settings slow = { true, 60, 10, 3, 0, KATRACE_IDLE }, fast = { true, 30, 5, 3, 0, 0 };
	struct listed listed = { .state = TCP_ESTABLISHED, .due = true };
	struct summary *summary = summary_new(&usual, 7);

	(void)state;
	listed.connection.settings = slow;
	assert_int_equal(summary_add(summary, &listed), 0);
	listed.connection.settings = fast;
	assert_int_equal(summary_add(summary, &listed), 0);
	assert_int_equal(summary_get(summary, 0)->worst_us, 90 * 1000000);
	assert_int_equal(summary_get(summary, 0)->worst_sysctls, KATRACE_IDLE);
	summary_free(summary);
}

static void what_was_never_heard_is_not_silent(void **state)
{
	const struct listed connecting = { .state = TCP_SYN_SENT, .connection.silent_us = 1000000 };
	struct summary *summary = summary_new(&usual, 7);

	(void)state;
	assert_int_equal(summary_add(summary, &connecting), 0);
	assert_int_equal(summary_get(summary, 0)->concerns[CONCERN_PASSING].n, 1);
	assert_int_equal(summary_get(summary, 0)->concerns[CONCERN_PASSING].silent_us, 0);
	summary_free(summary);
}

/* The idle time was two hours, and is 30 s now. */
static struct listed make_old_timer(uint32_t probes_out)
{
	const struct owner nginx = make_holder(812, "nginx");
	struct katrace_socket found = make_socket(1);
	struct sockets *sockets = sockets_new(HZ, 7);
	struct listed listed = { 0 };

	found.timer_due = 7199 * HZ;
	found.connection.silent = found.connection.heard = HZ;
	found.connection.probes_out = (uint8_t)probes_out;
	assert_int_equal(sockets_add(sockets, &found, &nginx), 0);
	assert_int_equal(sort_all(sockets), 1);
	sockets_get(sockets, 0, &listed);
	sockets_free(sockets);
	return listed;
}

static void old_timers_are_noted(void **state)
{
	const struct listed old = make_old_timer(0), unanswered = make_old_timer(2);
	const struct look look = { .own_netns = 7, .zombies = usual };
	struct summary *summary = summary_new(&usual, 7);
	struct out out = out_make(text, sizeof(text) - 1);

	(void)state;
	column_cell(COLUMN_NOTE, &look, &unanswered, &out);
	assert_string_equal(end_text(&out), "2 unanswered, old timer still running, next probe in 1h59m");
	out = out_make(text, sizeof(text) - 1);
	column_cell(COLUMN_NOTICED, &look, &old, &out);
	out_text(&out, " ");
	column_cell(COLUMN_NOTE, &look, &old, &out);
	out_text(&out, "\n");
	assert_int_equal(summary_add(summary, &old), 0);
	write_findings(summary_get(summary, 0), &out);
	assert_string_equal(end_text(&out),
			    "2h old timer still running, next probe in 1h59m\n"
			    "nginx[812]: a dead peer is noticed only 2 h after it was last heard; its timer was "
			    "set with other values\n");
	summary_free(summary);
}

static struct summary *sum_up(void)
{
	struct summary *summary = summary_new(&usual, 7);
	struct sockets *sockets = make_sockets();
	struct listed listed = { 0 };

	for (size_t i = 0; i < sockets_count(sockets); i++) {
		sockets_get(sockets, i, &listed);
		assert_int_equal(summary_add(summary, &listed), 0);
	}
	summary_sort(summary);
	sockets_free(sockets);
	return summary;
}

static void summed_up(void **state)
{
	struct out out = out_make(text, sizeof(text) - 1);
	struct summary *summary = sum_up();

	(void)state;
	write_table(summary, 0, &out);
	for (size_t i = 0; i < summary_count(summary); i++)
		write_findings(summary_get(summary, i), &out);
	summary_free(summary);
	summary_free(NULL);
	assert_string_equal(
		end_text(&out),
		"PROCESS           CONNECTIONS  ON  OFF  PROBES/MIN  NOTICED  SETTINGS\n"
		"nginx[812]        2            2   0    2.00        45s      1: 30s+3x5s*, 1: 30s*+3*x5s*\n"
		"a \"b\"\\x1b[31m[7]  2            1   1    0.01        never    2h+3x75s*<9000.5s\n"
		"nobody            1            1   0    0.00        -        30s+3x5s*\n"
		"nginx[812]: 1 connection with unanswered keepalive probes, silent 37 s\n"
		"a \"b\"\\x1b[31m[7]: 1 connection perhaps half open: silent for over 10 m, and no probe due within 1 h, silent 3 d 4 h\n"
		"a \"b\"\\x1b[31m[7]: 1 established connection without keepalive, silent 3 d 4 h\n"
		"a \"b\"\\x1b[31m[7]: a dead peer is noticed only 2 h 31 m after it was last heard\n");
}

/* A main class is shown without its package in the table of a terminal, and in full in what is wrong. */
static void titles(void **state)
{
	struct listed listed = { .state = TCP_ESTABLISHED, .was_connected = true };
	struct summary *summary = summary_new(&usual, 7);
	struct out out;

	(void)state;
	listed.connection.owner = make_holder(812, "java");
	strcpy(listed.connection.owner.title, "org.apache.catalina.startup.Bootstrap");
	assert_int_equal(summary_add(summary, &listed), 0);
	out = out_make(text, sizeof(text) - 1);
	write_table(summary, 0, &out);
	assert_non_null(strstr(end_text(&out), "\njava[812] org.apache.catalina.startup.Bootstrap  1  "));
	out = out_make(text, sizeof(text) - 1);
	write_table(summary, 80, &out);
	assert_non_null(strstr(end_text(&out), "\njava[812] Bootstrap  1  "));
	out = out_make(text, sizeof(text) - 1);
	write_findings(summary_get(summary, 0), &out);
	assert_string_equal(end_text(&out), "java[812] org.apache.catalina.startup.Bootstrap: 1 established connection "
					    "without keepalive, silent 0 ms\n");
	summary_free(summary);
}

/* What does not fit is left out or shortened, and nothing is cut unseen. */
static void narrow_summaries(void **state)
{
	struct summary *summary = sum_up();
	struct out out;

	(void)state;
	out = out_make(text, sizeof(text) - 1);
	write_table(summary, 80, &out);
	assert_string_equal(end_text(&out),
			    "PROCESS           CONNECTIONS  ON  OFF  PROBES/MIN  NOTICED  SETTINGS\n"
			    "nginx[812]        2            2   0    2.00        45s      1: 30s+3x5s*, 1: 3…\n"
			    "a \"b\"\\x1b[31m[7]  2            1   1    0.01        never    2h+3x75s*<9000.5s\n"
			    "nobody            1            1   0    0.00        -        30s+3x5s*\n");
	out = out_make(text, sizeof(text) - 1);
	write_table(summary, 60, &out);
	assert_string_equal(end_text(&out), "PROCESS          CONNECTIONS  ON  OFF  NOTICED  SETTINGS\n"
					    "nginx[812]       2            2   0    45s      1: 30s+3x5s…\n"
					    "a \"b\"…1b[31m[7]  2            1   1    never    2h+3x75s*<9…\n"
					    "nobody           1            1   0    -        30s+3x5s*\n");
	out = out_make(text, sizeof(text) - 1);
	write_table(summary, 40, &out);
	assert_string_equal(end_text(&out), "PROCESS        CONNECTIONS  OFF  NOTICED\n"
					    "nginx[812]     2            0    45s\n"
					    "a \"b\"…[31m[7]  2            1    never\n"
					    "nobody         1            0    -\n");
	for (unsigned int columns = 1; columns < 120; columns++) {
		out = out_make(text, sizeof(text) - 1);
		write_table(summary, columns, &out);
		assert_fits(end_text(&out), columns);
	}
	summary_free(summary);
}

/* As on many busy hosts. */
static void thousands_without_keepalive(void **state)
{
	const struct owner nginx = make_holder(812, "nginx");
	struct out out = out_make(text, sizeof(text) - 1);
	struct summary *summary = summary_new(&usual, 7);
	struct sockets *sockets = sockets_new(HZ, 7);
	struct listed listed = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 4113; i++) {
		struct katrace_socket found = make_socket(i);

		found.connection.flags = 0;
		found.connection.silent = found.connection.heard = i ? 5 * HZ : (3 * 86400 + 4 * 3600) * HZ;
		assert_int_equal(sockets_add(sockets, &found, &nginx), 0);
	}
	assert_int_equal(sort_all(sockets), 4113);
	for (size_t i = 0; i < sockets_count(sockets); i++) {
		sockets_get(sockets, i, &listed);
		assert_int_equal(summary_add(summary, &listed), 0);
	}
	assert_int_equal(summary_count(summary), 1);
	write_findings(summary_get(summary, 0), &out);
	sockets_free(sockets);
	summary_free(summary);
	assert_string_equal(
		end_text(&out),
		"nginx[812]: 1 connection perhaps half open: silent for over 10 m, and no probe due within 1 h, "
		"silent 3 d 4 h\n"
		"nginx[812]: 4,113 established connections without keepalive, oldest silent 3 d 4 h\n");
}

/* Whoever has a connection with a problem, before whoever has many connections. */
static void trouble_comes_first(void **state)
{
	static const struct {
		const char *comm;
		int n, unanswered, off;
	} processes[] = { { "healthy", 30, 0, 0 }, { "off", 20, 0, 2 },   { "more-off", 5, 0, 5 },
			  { "dying", 10, 1, 0 },   { "fewer", 10, 0, 0 }, { "dying-more", 3, 2, 0 } };
	static const char *const order[] = { "dying-more", "dying", "more-off", "off", "healthy", "fewer" };
	struct summary *summary = summary_new(&usual, 7);

	(void)state;
	for (uint32_t i = 0; i < sizeof(processes) / sizeof(processes[0]); i++) {
		for (int at = 0; at < processes[i].n; at++) {
			struct listed listed = { .state = TCP_ESTABLISHED, .due = true, .was_connected = true };

			listed.connection.owner = make_holder(100 + i, processes[i].comm);
			listed.connection.settings = (struct settings){ true, 30, 5, 3, 0, 0 };
			listed.connection.settings.enabled = at >= processes[i].off;
			listed.probes_out = at < processes[i].unanswered;
			assert_int_equal(summary_add(summary, &listed), 0);
		}
	}
	summary_sort(summary);
	assert_int_equal(summary_count(summary), sizeof(order) / sizeof(order[0]));
	for (size_t i = 0; i < summary_count(summary); i++)
		assert_string_equal(summary_get(summary, i)->owner.comm, order[i]);
	summary_free(summary);
}

/* Two network namespaces, as the list of a terminal of that width shows them; 0: no terminal. */
static const char *named_sysctl_table(unsigned int columns, const char *name)
{
	const struct katrace_netns own = { 4026531840, 7200 * HZ, 75 * HZ, 9 }, other = { 7, 60 * HZ, HZ, 3 };
	struct out out = out_make(text, sizeof(text) - 1);
	struct sysctls sysctls[2];
	struct grid grid;

	sysctls_decode(&sysctls[0], &own, HZ);
	sysctls[0].is_own = true;
	sysctls[0].descriptors = 12;
	sysctls_decode(&sysctls[1], &other, HZ);
	sysctls[1].descriptors = 1;
	sysctls[1].netns_name = name;
	report_sysctl_begin(&grid, columns);
	for (size_t i = 0; i < 2; i++)
		report_sysctl_measure(&grid, &sysctls[i]);
	report_sysctl_measured(&grid);
	grid_header(&grid, &out);
	for (size_t i = 0; i < 2; i++)
		report_sysctl(&grid, &sysctls[i], &out);
	return end_text(&out);
}

static const char *sysctl_table(unsigned int columns)
{
	return named_sysctl_table(columns, NULL);
}

static void named_namespaces(void **state)
{
	(void)state;
	assert_string_equal(named_sysctl_table(80, "blue\n"),
			    "NETNS             TIME   INTVL  PROBES  NOTICED  DESCRIPTORS\n"
			    "4026531840 (own)  7200   75     9       2h11m    12\n"
			    "blue\\x0a          60     1      3       1m3s     1\n");
	assert_string_equal(named_sysctl_table(80, "qrouter-7c1e3ff8-98b1-1e0e-2a9f-0123456789ab"),
			    "NETNS                                 TIME   INTVL  PROBES  NOTICED  DESCRIPTORS\n"
			    "4026531840 (own)                      7200   75     9       2h11m    12\n"
			    "qrouter-7c1e3ff8-98b1-1e0e-2a9f-012…  60     1      3       1m3s     1\n");
}

static void sysctl_tables(void **state)
{
	(void)state;
	assert_string_equal(
		sysctl_table(0),
		"NETNS             tcp_keepalive_time  tcp_keepalive_intvl  tcp_keepalive_probes  NOTICED   DESCRIPTORS\n"
		"4026531840 (own)  7200                75                   9                     2h11m     12\n"
		"7                 60                  1                    3                     1m3s      1\n");
	assert_string_equal(sysctl_table(80), "NETNS             TIME   INTVL  PROBES  NOTICED  DESCRIPTORS\n"
					      "4026531840 (own)  7200   75     9       2h11m    12\n"
					      "7                 60     1      3       1m3s     1\n");
	assert_string_equal(sysctl_table(40), "NETNS             TIME   INTVL  PROBES\n"
					      "4026531840 (own)  7200   75     9\n"
					      "7                 60     1      3\n");
}

/* For the validator, where there is one: the schema knows each line. */
static void keep_lines(const struct out *out)
{
	const char *dir = getenv("KATRACE_LINES");
	char path[4096];
	FILE *file;

	if (!dir || !*dir)
		return;
	snprintf(path, sizeof(path), "%s/unit-sums.ndjson", dir);
	file = fopen(path, "ae");
	assert_non_null(file);
	assert_int_equal(fwrite(out->buf, 1, out->used, file), out->used);
	assert_int_equal(fclose(file), 0);
}

#define HEAD(name, sequence)                                                                                           \
	"{\"timestamp\":\"2026-11-20T21:04:10.114000001Z\",\"schema_version\":\"" SCHEMA_VERSION                       \
	"\",\"event_name\":\"katrace." name                                                                            \
	"\",\"severity_number\":9,\"severity_text\":\"INFO\",\"sequence\":" sequence ","

static void sums_as_json(void **state)
{
	struct event_line line = { .run = "5f3a" };
	struct out out = out_make(text, sizeof(text) - 1);
	struct summary *summary = sum_up();
	struct json_writer *writer = json_writer_new();

	(void)state;
	assert_non_null(writer);
	for (size_t i = 0; i < summary_count(summary); i++) {
		line.sequence = i + 1;
		json_writer_summary(writer, &line, 1795208650114000001ULL, summary_get(summary, i), &out);
	}
	json_writer_free(writer);
	summary_free(summary);
	keep_lines(&out);
	assert_string_equal(
		end_text(&out),
		HEAD("summary",
		     "1") "\"process\":{\"pid\":812,\"name\":\"nginx\"},\"katrace\":{\"summary\":{\"connections\":2,\"keepalive_on\":2,"
			  "\"keepalive_off\":0,\"probes_per_day\":2880,\"noticed_after_us\":45000000,\"unanswered\":1,"
			  "\"unanswered_silent_us\":37000000,\"retransmitting\":0,\"orphans\":0,\"zombies\":0,\"peer_closed\":0,"
			  "\"no_keepalive\":0,\"settings\":{\"connections\":[1,1],\"idle_s\":[30,30],\"interval_s\":[5,"
			  "5],\"probe_limit\":[3,3],\"user_timeout_ms\":[0,0],\"from_sysctl\":[\"interval_s\",\"idle_s interval_s probe_limit\"]}}}}\n" HEAD(
				  "summary",
				  "2") "\"process\":{\"pid\":7,\"name\":\"a \\\"b\\\"\\u001b[31m\"},\"katrace\":{\"summary\":{\"connections\":2,"
				       "\"keepalive_on\":1,\"keepalive_off\":1,\"probes_per_day\":12,\"noticed_after_us\":9075000000,"
				       "\"unanswered\":0,\"retransmitting\":0,\"orphans\":0,\"zombies\":1,\"zombies_silent_us\":273720000000,"
				       "\"peer_closed\":0,\"no_keepalive\":1,\"no_keepalive_silent_us\":273720000000,\"settings\":{\"connections\":[1],"
				       "\"idle_s\":[7200],\"interval_s\":[75],\"probe_limit\":[3],\"user_timeout_ms\":[9000500],\"from_sysctl\":[\"interval_s\"]}}}}\n" HEAD(
					       "summary",
					       "3") "\"katrace\":{\"summary\":{\"connections\":1,\"keepalive_on\":1,\"keepalive_off\":0,\"probes_per_day\":0,"
						    "\"unanswered\":0,\"retransmitting\":0,\"orphans\":0,\"zombies\":0,\"peer_closed\":0,\"no_keepalive\":0,"
						    "\"settings\":{\"connections\":[1],\"idle_s\":[30],\"interval_s\":[5],\"probe_limit\":[3],\"user_timeout_ms\":[0],"
						    "\"from_sysctl\":[\"interval_s\"]}}}}\n");
}

static void sysctls_as_json(void **state)
{
	const struct katrace_netns netns = { 4026531840, 7200 * HZ, 75 * HZ, 9 };
	const struct event_line line = { .run = "5f3a", .sequence = 1 };
	struct out out = out_make(text, sizeof(text) - 1);
	struct json_writer *writer = json_writer_new();
	struct sysctls sysctls;

	(void)state;
	assert_non_null(writer);
	sysctls_decode(&sysctls, &netns, HZ);
	sysctls.is_own = true;
	sysctls.descriptors = 12;
	json_writer_sysctls(writer, &line, 1795208650114000001ULL, &sysctls, &out);
	json_writer_free(writer);
	keep_lines(&out);
	assert_string_equal(end_text(&out),
			    HEAD("sysctl", "1") "\"katrace\":{\"netns\":\"4026531840\",\"sysctl\":{\"own\":true,"
						"\"idle_s\":7200,\"interval_s\":75,\"probe_limit\":9,"
						"\"noticed_after_us\":7875000000,\"descriptors\":12}}}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_time_counts),
		cmocka_unit_test(what_was_never_heard_is_not_silent),
		cmocka_unit_test(old_timers_are_noted),
		cmocka_unit_test(summed_up),
		cmocka_unit_test(narrow_summaries),
		cmocka_unit_test(thousands_without_keepalive),
		cmocka_unit_test(trouble_comes_first),
		cmocka_unit_test(sysctl_tables),
		cmocka_unit_test(named_namespaces),
		cmocka_unit_test(sums_as_json),
		cmocka_unit_test(titles),
		cmocka_unit_test(sysctls_as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
