// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The sink: whole lines, in order, never more than fits; and what it says when the reader is gone. */
#include "unit.h"

#include "out/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE "0123456789abcdef0123456789abcde\n"
#define LINE_SIZE (sizeof(LINE) - 1)

static void writes_all_in_order(void **state)
{
	struct sink *sink;
	char line[16];
	FILE *file = tmpfile();
	int n;

	(void)state;
	assert_int_equal(sink_new(&sink, fileno(file), 4096), 0);
	for (int i = 0; i < 100000; i++) {
		n = snprintf(line, sizeof(line), "%d\n", i);
		assert_int_equal(sink_write_wait(sink, line, (size_t)n), 0);
	}
	assert_int_equal(sink_close(sink), 0);
	rewind(file);
	for (int i = 0; i < 100000; i++) {
		assert_non_null(fgets(line, sizeof(line), file));
		assert_int_equal(atoi(line), i);
	}
	assert_null(fgets(line, sizeof(line), file));
	fclose(file);
}

/* Fills a pipe nobody reads until lines are dropped. Returns how many were taken. */
static uint64_t fill(struct sink *sink)
{
	uint64_t taken = 0;

	while (!sink_dropped(sink))
		taken += sink_write(sink, LINE, LINE_SIZE) == 0;
	return taken;
}

struct drain {
	int fd;
	uint64_t lines;
};

static void *drain(void *arg)
{
	struct drain *to = arg;
	char buf[4096];
	ssize_t n;

	while ((n = read(to->fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			to->lines += buf[i] == '\n';
	return NULL;
}

static void drops_what_does_not_fit_and_counts(bool nonblocking)
{
	struct drain to = { 0 };
	struct sink *sink;
	pthread_t thread;
	uint64_t taken;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	if (nonblocking) /* as another process that shares the pipe may have made it */
		assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(sink_new(&sink, fds[1], 64 * 1024), 0);
	taken = fill(sink);
	assert_int_equal(sink_write(sink, LINE, LINE_SIZE), -ENOBUFS);
	assert_int_equal(sink_dropped(sink), 2);
	to.fd = fds[0];
	assert_int_equal(pthread_create(&thread, NULL, drain, &to), 0);
	assert_int_equal(sink_write_wait(sink, LINE, LINE_SIZE), 0);
	assert_int_equal(sink_close(sink), 0);
	close(fds[1]);
	pthread_join(thread, NULL);
	close(fds[0]);
	assert_int_equal(to.lines, taken + 1);
}

static void a_slow_reader(void **state)
{
	(void)state;
	drops_what_does_not_fit_and_counts(false);
}

static void a_nonblocking_pipe(void **state)
{
	(void)state;
	drops_what_does_not_fit_and_counts(true);
}

static void a_gone_reader(void **state)
{
	struct pollfd broken = { .events = POLLIN };
	struct sink *sink;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(sink_new(&sink, fds[1], 4096), 0);
	broken.fd = sink_fd(sink);
	assert_int_equal(poll(&broken, 1, 0), 0);
	close(fds[0]);
	assert_int_equal(sink_write(sink, LINE, LINE_SIZE), 0);
	assert_int_equal(poll(&broken, 1, 10000), 1);
	assert_int_equal(sink_write(sink, LINE, LINE_SIZE), -EPIPE);
	assert_int_equal(sink_write_wait(sink, LINE, LINE_SIZE), -EPIPE);
	assert_int_equal(sink_close(sink), -EPIPE);
	close(fds[1]);
}

static void nothing_is_too_large_to_refuse(void **state)
{
	static char huge[8192];
	struct sink *sink;
	FILE *file = tmpfile();

	(void)state;
	assert_int_equal(sink_new(&sink, fileno(file), 4096), 0);
	assert_int_equal(sink_write(sink, huge, sizeof(huge)), -ENOBUFS);
	assert_int_equal(sink_write_wait(sink, huge, sizeof(huge)), -ENOBUFS);
	assert_int_equal(sink_close(sink), 0);
	assert_int_equal(sink_close(NULL), 0);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_all_in_order),
		cmocka_unit_test(a_slow_reader),
		cmocka_unit_test(a_nonblocking_pipe),
		cmocka_unit_test(a_gone_reader),
		cmocka_unit_test(nothing_is_too_large_to_refuse),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
