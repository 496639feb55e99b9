// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Parsing of options. Error messages are tested in tests/live/test_cli.c. */
#include "unit.h"

#include "cli/options.h"
#include "cli/parse.h"
#include "model/integer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void numbers_are_digits_only(void **state)
{
	static const char *const bad[] = { "", " 1", "1 ", "+1", "-1", "0x1", "1e3", "1.0", "one", "1\n" };
	uint64_t n;

	(void)state;
	assert_int_equal(parse_number("0", 0, 10, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(parse_number("0010", 1, 10, &n), 0);
	assert_int_equal(n, 10);
	assert_int_equal(parse_number("18446744073709551615", 1, UINT64_MAX, &n), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(parse_number("18446744073709551616", 1, UINT64_MAX, &n), -ERANGE);
	assert_int_equal(parse_number("0", 1, 10, &n), -ERANGE);
	assert_int_equal(parse_number("11", 1, 10, &n), -ERANGE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_number(bad[i], 0, 100, &n), -EINVAL);
}

static void durations_have_one_unit(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} good[] = { { "0", 0 }, { "90", 90 }, { "90s", 90 }, { "10m", 600 }, { "2h", 7200 }, { "3d", 259200 } };
	static const char *const bad[] = { "",      "s",   "1.5h", "-1",
					   "+1",    "1 m", " 1m",  "1m ",
					   "1h30m", "10M", "10x",  "0x1",
					   "1ms",   "ten", "1d2",  "11111111111111111111111s" };
	uint64_t s;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(parse_duration(good[i].text, 1000000, &s), 0);
		assert_int_equal(s, good[i].seconds);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_duration(bad[i], UINT64_MAX, &s), -EINVAL);
	assert_int_equal(parse_duration("2h", 7199, &s), -ERANGE);
	assert_int_equal(parse_duration("2h", 7200, &s), 0);
	assert_int_equal(parse_duration("9999999999999999999d", UINT64_MAX, &s), -ERANGE);
}

static void only_processes_that_exist(void **state)
{
	char text[16];
	uint32_t pid = 0;

	(void)state;
	snprintf(text, sizeof(text), "%d", getpid());
	assert_int_equal(parse_pid(text, &pid), 0);
	assert_int_equal(pid, getpid());
	assert_int_equal(parse_pid("0", &pid), -EINVAL);
	assert_int_equal(parse_pid("x", &pid), -EINVAL);
	assert_int_equal(parse_pid("4194304", &pid), -ESRCH);
}

static int take_item(void *ctx, const char *item)
{
	strcat(ctx, item);
	strcat(ctx, ";");
	return strcmp(item, "bad") == 0 ? -ERANGE : 0;
}

static void lists_are_taken_item_by_item(void **state)
{
	char taken[64] = "", bad[8];

	(void)state;
	assert_int_equal(parse_list("a,b,,c", take_item, taken, bad, sizeof(bad)), 0);
	assert_string_equal(taken, "a;b;;c;");
	taken[0] = '\0';
	assert_int_equal(parse_list("", take_item, taken, bad, sizeof(bad)), 0);
	assert_string_equal(taken, ";");
	taken[0] = '\0';
	assert_int_equal(parse_list("a,bad,c", take_item, taken, bad, sizeof(bad)), -ERANGE);
	assert_string_equal(taken, "a;bad;");
	assert_string_equal(bad, "bad");
	assert_int_equal(parse_list("far-too-long", take_item, taken, bad, sizeof(bad)), -EINVAL);
}

static void network_namespaces_have_four_forms(void **state)
{
	char text[64];
	uint32_t own = 0, inode = 0;

	(void)state;
	assert_int_equal(parse_netns("/proc/self/ns/net", &own), 0);
	assert_true(own > 0);
	snprintf(text, sizeof(text), "%d", getpid());
	assert_int_equal(parse_netns(text, &inode), 0);
	assert_int_equal(inode, own);
	assert_int_equal(parse_netns("4026531840", &inode), 0);
	assert_int_equal(inode, 4026531840);
	assert_int_equal(parse_netns("4194304", &inode), -ENOENT);
	assert_int_equal(parse_netns("/no/such", &inode), -ENOENT);
	assert_int_equal(parse_netns("/proc/self/status/x", &inode), -ENOTDIR);
	assert_int_equal(parse_netns("no-such-name", &inode), -ENOENT);
	assert_int_equal(parse_netns("..", &inode), -EINVAL);
	assert_int_equal(parse_netns("a/b", &inode), -EINVAL);
	assert_int_equal(parse_netns("/dev/null", &inode), -EINVAL);
	assert_int_equal(parse_netns("/proc/self/ns/mnt", &inode), -EINVAL);
	assert_int_equal(parse_netns("", &inode), -EINVAL);
}

static int parse(struct options *options, const char *a, const char *b, const char *c, const char *d)
{
	char *argv[] = { "katrace", (char *)a, (char *)b, (char *)c, (char *)d, NULL };
	int argc = 1;

	while (argv[argc])
		argc++;
	return options_parse(options, argc, argv);
}

static void defaults_are_everything_for_ever(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(parse(&options, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(options.duration_s, 0);
	assert_int_equal(options.count, 0);
	assert_false(options.all);
	assert_false(options.filters.filtered);
	assert_int_equal(options.buffer_kib, 16384);
	assert_int_equal(options.mode, MODE_AUTO);
	assert_null(options.btf);
	assert_false(options.json);
	assert_null(options.output);
	assert_null(options.user);
	assert_int_equal(options.stats_s, 0);
	assert_int_equal(options.verbose, 0);
	options_clear(&options);
}

static void short_and_long_forms(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(parse(&options, "-d10", "-n", "5", "-v"), 0);
	assert_int_equal(options.duration_s, 10);
	assert_int_equal(options.count, 5);
	assert_int_equal(options.verbose, 1);
	options_clear(&options);
	assert_int_equal(parse(&options, "--duration=7m", "--mode=tracepoint", "--pid=1", "-p1"), 0);
	assert_int_equal(options.duration_s, 420);
	assert_int_equal(options.mode, MODE_TRACEPOINT);
	assert_true(options.filters.filtered);
	options_clear(&options);
	assert_int_equal(parse(&options, "-j", "-oevents", "--stats=1h", "--user=root"), 0);
	assert_true(options.json);
	assert_string_equal(options.output, "events");
	assert_int_equal(options.stats_s, 3600);
	assert_string_equal(options.user, "root");
	assert_int_equal(options.account.uid, 0);
	assert_true(options.account.n_groups >= 1);
	options_clear(&options);
	assert_int_equal(parse(&options, "--middlebox-timeout=350", "--no-answers", "-4", "-6"), 0);
	assert_int_equal(options.middlebox_timeout_s, 350);
	assert_true(options.no_answers);
	options_clear(&options);
	assert_int_equal(parse(&options, "-c", "systemd-timesyn", "-c", "systemd-*timesyncd"), 0);
	options_clear(&options);
	assert_int_equal(parse(&options, "--all", "--btf", "/dev/null", "--buffer=64"), 0);
	assert_true(options.all);
	assert_string_equal(options.btf, "/dev/null");
	assert_int_equal(options.buffer_kib, 64);
	options_clear(&options);
}

static void bad_ones_are_refused(void **state)
{
	static const char *const bad[][2] = {
		{ "-d", "0" },
		{ "-d", "0x" },
		{ "-n", "-1" },
		{ "-p", "0" },
		{ "-p", "1,abc" },
		{ "-x" },
		{ "junk" },
		{ "-d" },
		{ "--mode", "magic" },
		{ "--buffer", "3" },
		{ "--port", "0" },
		{ "--stats", "0" },
		{ "--stats", "367d" },
		{ "-d", "0" },
		{ "-d", "1x" },
		{ "--output", "" },
		{ "--user", "no-such-user" },
		{ "--user", "" },
		{ "--port", "70000" },
		{ "--peer", "10.0.0.0/33" },
		{ "--local", "" },
		{ "--netns", "/no/such" },
		{ "-c", "" },
	};
	struct options options;
	int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);

	(void)state;
	dup2(null, STDERR_FILENO);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(&options, bad[i][0], bad[i][1], NULL, NULL), -EINVAL);
		options_clear(&options);
	}
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(null);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_digits_only),
		cmocka_unit_test(durations_have_one_unit),
		cmocka_unit_test(only_processes_that_exist),
		cmocka_unit_test(lists_are_taken_item_by_item),
		cmocka_unit_test(network_namespaces_have_four_forms),
		cmocka_unit_test(defaults_are_everything_for_ever),
		cmocka_unit_test(short_and_long_forms),
		cmocka_unit_test(bad_ones_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
