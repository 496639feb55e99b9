// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The command line of katrace replay. Its error messages are tested in tests/golden. */
#include "unit.h"

#include "cli/options.h"

#include <errno.h>
#include <unistd.h>

#define parse(options, ...) parse_argv(options, (char *[]){ "katrace", "replay", __VA_ARGS__, NULL })

static int parse_argv(struct options *options, char **argv)
{
	int argc = 0;
	int err;

	while (argv[argc])
		argc++;
	err = options_parse(options, argc, argv);
	if (err)
		options_clear(options);
	return err;
}

static void one_file(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(parse(&options, "katrace.log"), 0);
	assert_string_equal(options.file, "katrace.log");
	assert_false(options.filters.filtered);
	options_clear(&options);
	assert_int_equal(parse(&options, "-"), 0);
	assert_string_equal(options.file, "-");
	options_clear(&options);
	assert_int_equal(parse(&options, "--failures"), -EINVAL);
	assert_int_equal(parse(&options, "one", "two"), -EINVAL);
	assert_int_equal(parse(&options, "--", "-x"), 0);
	assert_string_equal(options.file, "-x");
	options_clear(&options);
}

/* Those of a live run, except that the processes have exited. */
static void filters(void **state)
{
	const struct process gone = { .pid = 4194304, .comm = "nginx" }, other = { .pid = 1, .comm = "init" };
	struct options options;

	(void)state;
	assert_int_equal(parse(&options, "-p", "4194304", "f", "--comm=ng*", "-4"), 0);
	assert_true(options.filters.filtered);
	assert_int_equal(filter_process(options.filters.filter, &gone), FILTER_PID | FILTER_COMM);
	assert_int_equal(filter_process(options.filters.filter, &other), 0);
	options_clear(&options);
	assert_int_equal(parse(&options, "-p", "0", "f"), -EINVAL);
	assert_int_equal(parse(&options, "-p", "4194305", "f"), -EINVAL);
	assert_int_equal(parse(&options, "--port=x", "f"), -EINVAL);
	assert_int_equal(parse(&options, "--mode=fentry", "f"), -EINVAL);
	assert_int_equal(parse(&options, "--cgroup=/", "f"), -EINVAL);
	assert_int_equal(parse(&options, "-p", "1", "--children", "f"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_file),
		cmocka_unit_test(filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
