// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What `katrace list` prints, to the letter. */
#include "sockets.h"

#include "format/csv.h"
#include "format/columns.h"
#include "format/rows.h"
#include "format/json_writer.h"
#include "format/words.h"

#include <stdlib.h>

static char text[16384];

static const char *end_text(const struct out *out)
{
	assert_false(out->cut);
	text[out->used] = '\0';
	return text;
}

static const char *table(unsigned int columns, bool color)
{
	const struct rows_options options = { color, columns, 7, usual };
	struct out out = out_make(text, sizeof(text) - 1);
	struct sockets *sockets = make_sockets();
	struct rows *rows = rows_new(&options);
	struct listed listed = { 0 };

	for (size_t i = 0; i < sockets_count(sockets); i++) {
		sockets_get(sockets, i, &listed);
		rows_measure(rows, &listed);
	}
	rows_measured(rows);
	rows_header(rows, &out);
	for (size_t i = 0; i < sockets_count(sockets); i++) {
		sockets_get(sockets, i, &listed);
		rows_row(rows, &listed, &out);
	}
	rows_free(rows);
	sockets_free(sockets);
	return end_text(&out);
}

static void a_wide_table(void **state)
{
	(void)state;
	assert_string_equal(
		table(0, false),
		"PID  COMM              LOCAL             PEER                 STATE       NEXT     PROBES  IDLE  INTVL  USERTO   SILENT   NOTICED  NETNS       NOTE\n"
		"812  nginx             10.0.2.15:22      10.0.2.2:40001       estab       3.0s     2/3     30s   5s*    -        37s      8.0s     -           2 unanswered\n"
		"7    a \"b\"\\x1b[31m +1  10.0.2.15:22      10.0.2.2:40002       estab       off      -       -     -      -        3d4h     never    -           zombie\n"
		"-    -                 10.0.2.15:22      10.0.2.2:40005       fin_wait_1  30s      0/3     30s   5s*    -        100ms    -        -           orphan\n"
		"7    a \"b\"\\x1b[31m     [2001:db8::1]:22  [2001:db8::2]:40004  estab       1h59m    0       2h    75s*   9000.5s  0ms      2h31m    4026532177\n"
		"812  nginx             10.0.2.15:22      *                    listen      -        0/3*    30s*  5s*    -        -        -        -\n");
}

static void narrow_tables(void **state)
{
	(void)state;
	assert_string_equal(
		table(100, false),
		"PID  COMM             LOCAL   PEER                 NEXT     PROBES  SILENT   NOTICED  NOTE\n"
		"812  nginx            :22     10.0.2.2:40001       3.0s     2/3     37s      8.0s     2 unanswered\n"
		"7    a \"b\"\\x1b[31m \xe2\x80\xa6"
		"  :22     10.0.2.2:40002       off      -       3d4h     never    zombie\n"
		"-    -                :22     10.0.2.2:40005       30s      0/3     100ms    -        orphan\n"
		"7    a \"b\"\\x1b[31m    :22     [2001:db8::2]:40004  1h59m    0       0ms      2h31m\n"
		"812  nginx            :22     *                    -        0/3*    -        -\n");
	assert_string_equal(table(80, false),
			    "PID  COMM          LOCAL   PEER                 SILENT   NOTICED  NOTE\n"
			    "812  nginx         :22     10.0.2.2:40001       37s      8.0s     2 unanswered\n"
			    "7    a \"b\"\\x1b[3\xe2\x80\xa6"
			    "  :22     10.0.2.2:40002       3d4h     never    zombie\n"
			    "-    -             :22     10.0.2.2:40005       100ms    -        orphan\n"
			    "7    a \"b\"\\x1b[3\xe2\x80\xa6"
			    "  :22     [2001:db8::2]:40004  0ms      2h31m\n"
			    "812  nginx         :22     *                    -        -\n");
	assert_string_equal(table(60, false), "PID  COMM       PEER                 SILENT   NOTE\n"
					      "812  nginx      10.0.2.2:40001       37s      2 unanswered\n"
					      "7    a \"b\"\\x1\xe2\x80\xa6"
					      "  10.0.2.2:40002       3d4h     zombie\n"
					      "-    -          10.0.2.2:40005       100ms    orphan\n"
					      "7    a \"b\"\\x1\xe2\x80\xa6"
					      "  [2001:db8::2]:40004  0ms\n"
					      "812  nginx      *                    -\n");
	assert_string_equal(table(40, false), "COMM      PEER             NOTE\n"
					      "nginx     10.0.2.2:40001   2 unanswered\n"
					      "a \"b\"\\x\xe2\x80\xa6"
					      "  10.0.2.2:40002   zombie\n"
					      "-         10.0.2.2:40005   orphan\n"
					      "a \"b\"\\x\xe2\x80\xa6"
					      "  [2001\xe2\x80\xa6"
					      ":2]:40004\n"
					      "nginx     *\n");
}

static void tables_fit_any_terminal(void **state)
{
	(void)state;
	for (unsigned int columns = 1; columns < 200; columns++)
		assert_fits(table(columns, false), columns);
	rows_free(NULL);
}

static const char *table_held_by(const struct katrace_socket *found, const struct owner *holder, unsigned int columns)
{
	const struct rows_options options = { .columns = columns, .own_netns = 7, .zombies = usual };
	struct out out = out_make(text, sizeof(text) - 1);
	struct sockets *sockets = sockets_new(HZ, 7);
	struct rows *rows = rows_new(&options);
	struct listed listed = { 0 };

	assert_int_equal(sockets_add(sockets, found, holder), 0);
	assert_int_equal(sort_all(sockets), 1);
	sockets_get(sockets, 0, &listed);
	rows_measure(rows, &listed);
	rows_measured(rows);
	rows_header(rows, &out);
	rows_row(rows, &listed, &out);
	rows_free(rows);
	sockets_free(sockets);
	return end_text(&out);
}

/* One socket of a program that calls itself like this. */
static const char *table_of(const struct katrace_socket *found, const char *comm, unsigned int columns)
{
	const struct owner holder = make_holder(4194303, comm);

	return table_held_by(found, &holder, columns);
}

static void containers_have_a_column(void **state)
{
	const struct katrace_socket found = make_socket(1);
	struct owner owner = make_holder(812, "nginx");

	(void)state;
	memset(owner.cgroup.container, 'c', CONTAINER_ID_LENGTH);
	table_held_by(&found, &owner, 0);
	assert_non_null(strstr(text, "  NOTICED  CONTAINER     NOTE\n"));
	assert_non_null(strstr(text, "  45s      cccccccccccc\n"));
}

/* In full where there is room, otherwise a main class without its package. */
static void titles_are_beside_names(void **state)
{
	const struct katrace_socket found = make_socket(1);
	struct owner owner = make_holder(812, "java");
	struct listed listed = { .connection.owner.pid = 1 };
	struct out out = out_make(text, sizeof(text) - 1);

	(void)state;
	strcpy(owner.title, "org.apache.catalina.startup.Bootstrap");
	owner.n_others = 1;
	owner.other_pids[0] = 900;
	assert_non_null(
		strstr(table_held_by(&found, &owner, 0), "\n812  java org.apache.catalina.startup.Bootstrap +1  10"));
	assert_non_null(
		strstr(table_held_by(&found, &owner, 160), "\n812  java org.apache.catalina.startup.Bootstrap +1  10"));
	assert_non_null(strstr(table_held_by(&found, &owner, 130), "\n812  java Bootstrap +1  10.0.2.15:22  10"));
	for (unsigned int columns = 1; columns < 200; columns++)
		assert_fits(table_held_by(&found, &owner, columns), columns);
	strcpy(owner.title, "a\033[31m \xff");
	assert_non_null(strstr(table_held_by(&found, &owner, 0), "\n812  java a\\x1b[31m \\xff +1  10"));
	strcpy(owner.comm, "unattended-upgr"); /* a script with a program's name */
	strcpy(owner.title, "unattended-upgrade");
	assert_non_null(strstr(table_held_by(&found, &owner, 0), "\n812  unattended-upgr +1  10"));
	strcpy(owner.comm, "java");
	strcpy(owner.title, "say \"hi\".jar");
	listed.connection.owner = owner;
	csv_row(&listed, &out);
	assert_non_null(strstr(end_text(&out), ",\"say \"\"hi\"\".jar\"\n"));
}

/* A hostile name and the longest addresses: what is wrong with the connection stays in sight. */
static void long_names_are_shortened(void **state)
{
	static const unsigned int terminals[] = { 160, 120, 100, 80, 60, 40 };
	struct katrace_socket found = make_socket(1);

	(void)state;
	found.connection.family = AF_INET6;
	inet_pton(AF_INET6, "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1", found.connection.local_addr);
	inet_pton(AF_INET6, "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", found.connection.peer_addr);
	found.connection.probes_out = 2;
	for (size_t i = 0; i < sizeof(terminals) / sizeof(terminals[0]); i++) {
		table_of(&found, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", terminals[i]);
		assert_fits(text, terminals[i]);
		assert_non_null(strstr(text, "\xe2\x80\xa6"));
		assert_non_null(strstr(text, ":40001 "));
		assert_non_null(strstr(text, "2 unanswered\n"));
	}
	table_of(&found, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 0);
	assert_null(strstr(text, "\xe2\x80\xa6"));
	assert_non_null(strstr(text, "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff  "));
	assert_non_null(strstr(text, "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:40001 "));
}

/* Columns of the terminal are counted, not bytes. */
static void wide_characters_keep_columns_aligned(void **state)
{
	const struct katrace_socket found = make_socket(1);

	(void)state;
	assert_string_equal(
		table_of(&found, "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 0),
		"PID      COMM    LOCAL         PEER            STATE  NEXT     PROBES  IDLE  INTVL  SILENT   NOTICED  NOTE\n"
		"4194303  \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e  10.0.2.15:22  10.0.2.2:40001  estab  30s      0/3     30s   5s*    0ms      45s\n");
}

static void problems_have_colours(void **state)
{
	(void)state;
	assert_non_null(strstr(table(0, true), "\n\033[31m812 "));
	assert_non_null(strstr(text, "2 unanswered\033[0m\n"));
	assert_non_null(strstr(text, "\n\033[33m7 "));
	assert_null(strstr(table(0, false), "\033"));
}

static void as_csv(void **state)
{
	struct out out = out_make(text, sizeof(text) - 1);
	struct sockets *sockets = make_sockets();
	struct listed listed = { 0 };

	(void)state;
	csv_header(&out);
	for (size_t i = 0; i < sockets_count(sockets); i++) {
		sockets_get(sockets, i, &listed);
		csv_row(&listed, &out);
	}
	sockets_free(sockets);
	assert_string_equal(
		end_text(&out),
		"pid,comm,other_pids,container,netns,local_address,local_port,peer_address,peer_port,state,keepalive,idle_s,interval_s,probe_limit,user_timeout_ms,from_sysctl,probes_out,next_probe_us,silent_us,detection_us,heard_us,data_received_us,data_sent_us,retransmits,gives_up_ms,old_timer,unheld,orphan,mptcp_subflow,kernel_socket,netns_name,title\n"
		"812,\"nginx\",,,7,10.0.2.15,22,10.0.2.2,40001,established,on,30,5,3,0,interval_s,2,3000000,37000000,8000000,36000000,0,0,0,,,,,,,,\n"
		"7,\"a \"\"b\"\"\\x1b[31m\",812,,7,10.0.2.15,22,10.0.2.2,40002,established,off,,,,0,,0,,273720000000,,273720000000,0,0,0,,,,,,,,\n"
		",,,,7,10.0.2.15,22,10.0.2.2,40005,fin_wait_1,on,30,5,3,0,interval_s,0,30000000,100000,,100000,0,0,0,,,,true,,,,\n"
		"7,\"a \"\"b\"\"\\x1b[31m\",,,4026532177,2001:db8::1,22,2001:db8::2,40004,established,on,7200,75,3,9000500,interval_s,0,7198000000,0,9075000000,0,0,0,0,,,,,,,,\n"
		"812,\"nginx\",,,7,10.0.2.15,22,10.0.2.2,40003,listen,on,30,5,3,0,idle_s interval_s probe_limit,0,,,,,,,0,,,,,,,,\n");
}

/* For the validator, where there is one: the schema knows each line. */
static void keep_line(const struct out *out)
{
	const char *dir = getenv("KATRACE_LINES");
	char path[4096];
	FILE *file;

	if (!dir || !*dir)
		return;
	snprintf(path, sizeof(path), "%s/unit-socket.ndjson", dir);
	file = fopen(path, "ae");
	assert_non_null(file);
	assert_int_equal(fwrite(out->buf, 1, out->used, file), out->used);
	assert_int_equal(fclose(file), 0);
}

/* One line for each socket of make_sockets(), in its order. */
static const char json_lines[] =
	"{\"timestamp\":\"2026-11-20T21:04:10.114000001Z\",\"schema_version\":\"" SCHEMA_VERSION "\","
	"\"event_name\":\"katrace.socket\",\"severity_number\":9,"
	"\"severity_text\":\"INFO\",\"sequence\":1,\"network\":{\"transport\":\"tcp\","
	"\"type\":\"ipv4\",\"local\":{\"address\":\"10.0.2.15\",\"port\":22},"
	"\"peer\":{\"address\":\"10.0.2.2\",\"port\":40001},"
	"\"connection\":{\"state\":\"established\"}},\"process\":{\"pid\":812,"
	"\"name\":\"nginx\"},\"katrace\":{\"connection_id\":\"5f3a-1\",\"netns\":\"7\","
	"\"socket_inode\":\"1001\",\"keepalive\":{\"enabled\":true,\"idle_s\":30,"
	"\"interval_s\":5,\"probe_limit\":3,\"user_timeout_ms\":0,"
	"\"from_sysctl\":[\"interval_s\"]},\"silent_us\":37000000,\"heard_us\":36000000,\"data_received_us\":0,\"data_sent_us\":0,\"probes_out\":2,"
	"\"next_probe_us\":3000000,\"detection_us\":8000000}}\n"
	"{\"timestamp\":\"2026-11-20T21:04:10.114000001Z\",\"schema_version\":\"" SCHEMA_VERSION "\","
	"\"event_name\":\"katrace.socket\",\"severity_number\":9,"
	"\"severity_text\":\"INFO\",\"sequence\":2,\"network\":{\"transport\":\"tcp\","
	"\"type\":\"ipv4\",\"local\":{\"address\":\"10.0.2.15\",\"port\":22},"
	"\"peer\":{\"address\":\"10.0.2.2\",\"port\":40002},"
	"\"connection\":{\"state\":\"established\"}},\"process\":{\"pid\":7,"
	"\"name\":\"a \\\"b\\\"\\u001b[31m\"},\"katrace\":{\"connection_id\":\"5f3a-2\","
	"\"netns\":\"7\",\"socket_inode\":\"1002\",\"other_pids\":[812],"
	"\"keepalive\":{\"enabled\":false},\"silent_us\":273720000000,\"heard_us\":273720000000,\"data_received_us\":0,\"data_sent_us\":0,"
	"\"probes_out\":0}}\n"
	"{\"timestamp\":\"2026-11-20T21:04:10.114000001Z\",\"schema_version\":\"" SCHEMA_VERSION "\","
	"\"event_name\":\"katrace.socket\",\"severity_number\":9,"
	"\"severity_text\":\"INFO\",\"sequence\":3,\"network\":{\"transport\":\"tcp\","
	"\"type\":\"ipv4\",\"local\":{\"address\":\"10.0.2.15\",\"port\":22},"
	"\"peer\":{\"address\":\"10.0.2.2\",\"port\":40005},"
	"\"connection\":{\"state\":\"fin_wait_1\"}},"
	"\"katrace\":{\"connection_id\":\"5f3a-3\",\"netns\":\"7\","
	"\"keepalive\":{\"enabled\":true,\"idle_s\":30,\"interval_s\":5,"
	"\"probe_limit\":3,\"user_timeout_ms\":0,\"from_sysctl\":[\"interval_s\"]},"
	"\"silent_us\":100000,\"heard_us\":100000,\"data_received_us\":0,\"data_sent_us\":0,\"probes_out\":0,\"orphan\":true,\"next_probe_us\":30000000}}\n"
	"{\"timestamp\":\"2026-11-20T21:04:10.114000001Z\",\"schema_version\":\"" SCHEMA_VERSION "\","
	"\"event_name\":\"katrace.socket\",\"severity_number\":9,"
	"\"severity_text\":\"INFO\",\"sequence\":4,\"network\":{\"transport\":\"tcp\","
	"\"type\":\"ipv6\",\"local\":{\"address\":\"2001:db8::1\",\"port\":22},"
	"\"peer\":{\"address\":\"2001:db8::2\",\"port\":40004},"
	"\"connection\":{\"state\":\"established\"}},\"process\":{\"pid\":7,"
	"\"name\":\"a \\\"b\\\"\\u001b[31m\"},\"katrace\":{\"connection_id\":\"5f3a-4\","
	"\"netns\":\"4026532177\",\"socket_inode\":\"1004\","
	"\"keepalive\":{\"enabled\":true,\"idle_s\":7200,\"interval_s\":75,"
	"\"probe_limit\":3,\"user_timeout_ms\":9000500,"
	"\"from_sysctl\":[\"interval_s\"]},\"silent_us\":0,\"heard_us\":0,\"data_received_us\":0,\"data_sent_us\":0,\"probes_out\":0,"
	"\"next_probe_us\":7198000000,\"detection_us\":9075000000}}\n"
	"{\"timestamp\":\"2026-11-20T21:04:10.114000001Z\",\"schema_version\":\"" SCHEMA_VERSION "\","
	"\"event_name\":\"katrace.socket\",\"severity_number\":9,"
	"\"severity_text\":\"INFO\",\"sequence\":5,\"network\":{\"transport\":\"tcp\","
	"\"type\":\"ipv4\",\"local\":{\"address\":\"10.0.2.15\",\"port\":22},"
	"\"peer\":{\"address\":\"10.0.2.2\",\"port\":40003},"
	"\"connection\":{\"state\":\"listen\"}},\"process\":{\"pid\":812,\"name\":\"nginx\"},"
	"\"katrace\":{\"connection_id\":\"5f3a-5\",\"netns\":\"7\",\"socket_inode\":\"1003\","
	"\"keepalive\":{\"enabled\":true,\"idle_s\":30,\"interval_s\":5,"
	"\"probe_limit\":3,\"user_timeout_ms\":0,\"from_sysctl\":[\"idle_s\","
	"\"interval_s\",\"probe_limit\"]},\"probes_out\":0}}\n";

static void as_json(void **state)
{
	struct event_line line = { .run = "5f3a" };
	struct out out = out_make(text, sizeof(text) - 1);
	struct sockets *sockets = make_sockets();
	struct json_writer *writer = json_writer_new();
	struct listed listed = { 0 };

	(void)state;
	assert_non_null(writer);
	for (size_t i = 0; i < sockets_count(sockets); i++) {
		sockets_get(sockets, i, &listed);
		line.sequence = i + 1;
		json_writer_socket(writer, &line, 1795208650114000001ULL, &listed, &out);
	}
	json_writer_free(writer);
	sockets_free(sockets);
	keep_line(&out);
	assert_string_equal(end_text(&out), json_lines);
}

static void tries_are_noted(void **state)
{
	struct listed listed = {
		.state = TCP_ESTABLISHED, .waiting = true, .connection.retransmits = 5, .gives_up_ms = 750000
	};
	const struct look look = { .own_netns = 7, .zombies = usual };
	struct out out = out_make(text, sizeof(text) - 1);

	(void)state;
	listed.connection.owner.pid = 812;
	column_cell(COLUMN_NOTE, &look, &listed, &out);
	listed.connection.retransmits = 1;
	listed.gives_up_ms = 0;
	out_text(&out, "; ");
	column_cell(COLUMN_NOTE, &look, &listed, &out);
	assert_string_equal(end_text(&out), "retransmitting, 5 tries, gives up in 12m30s; retransmitting, 1 try");
}

/* Why a row has no process is said beside what is wrong. */
static void who_holds_it_is_noted(void **state)
{
	struct listed listed = { .state = TCP_ESTABLISHED, .connection.settings.probe_limit = 3, .in_kernel = true };
	const struct look look = { .own_netns = 7, .zombies = usual };
	struct out out = out_make(text, sizeof(text) - 1);

	(void)state;
	column_cell(COLUMN_NOTE, &look, &listed, &out);
	listed.connection.settings.enabled = listed.due = true;
	out_text(&out, "; ");
	column_cell(COLUMN_NOTE, &look, &listed, &out);
	listed.in_kernel = false;
	listed.unheld = true;
	listed.probes_out = 2;
	out_text(&out, "; ");
	column_cell(COLUMN_NOTE, &look, &listed, &out);
	assert_string_equal(end_text(&out), "no keepalive, the kernel's; the kernel's; 2 unanswered, no descriptor");
}

/* The last columns, which later versions added. */
static void what_csv_has_besides(void **state)
{
	struct listed listed = { .state = TCP_ESTABLISHED,
				 .connection.retransmits = 5,
				 .connection.mptcp_subflow = true,
				 .connection.id.netns_name = "b l",
				 .gives_up_ms = 750000,
				 .data = { true, 7, 8 },
				 .old_timer = true,
				 .unheld = true,
				 .in_kernel = true };
	struct out out = out_make(text, sizeof(text) - 1);

	(void)state;
	csv_row(&listed, &out);
	assert_non_null(strstr(end_text(&out), ",0,,,,,7,8,5,750000,true,true,,true,true,\"b l\",\n"));
}

static void spans_and_settings(void **state)
{
	static const struct {
		uint64_t us;
		const char *text;
	} spans[] = {
		{ 0, "0ms" },         { 999999, "999ms" },     { 1000000, "1.0s" },   { 9999999, "9.9s" },
		{ 10000000, "10s" },  { 59999999, "59s" },     { 60000000, "1m" },    { 750000000, "12m30s" },
		{ 3600000000, "1h" }, { 7198100000, "1h59m" }, { 86400000000, "1d" }, { 273600000000, "3d4h" },
	};
	static const struct {
		uint64_t s;
		const char *text;
	} settings[] = { { 0, "0s" }, { 75, "75s" }, { 600, "10m" }, { 7200, "2h" }, { 7201, "7201s" } };

	(void)state;
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		struct out out = out_make(text, sizeof(text) - 1);

		words_span(&out, spans[i].us);
		assert_string_equal(end_text(&out), spans[i].text);
	}
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		struct out out = out_make(text, sizeof(text) - 1);

		words_setting(&out, settings[i].s);
		assert_string_equal(end_text(&out), settings[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wide_table),
		cmocka_unit_test(narrow_tables),
		cmocka_unit_test(containers_have_a_column),
		cmocka_unit_test(titles_are_beside_names),
		cmocka_unit_test(tables_fit_any_terminal),
		cmocka_unit_test(long_names_are_shortened),
		cmocka_unit_test(wide_characters_keep_columns_aligned),
		cmocka_unit_test(problems_have_colours),
		cmocka_unit_test(as_csv),
		cmocka_unit_test(as_json),
		cmocka_unit_test(tries_are_noted),
		cmocka_unit_test(who_holds_it_is_noted),
		cmocka_unit_test(what_csv_has_besides),
		cmocka_unit_test(spans_and_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
