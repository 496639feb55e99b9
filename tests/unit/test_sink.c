// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The sink: whole lines, in order, never more than fits; and its error when the reader has exited. */
#include "unit.h"

#include "deliver/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE "0123456789abcdef0123456789abcde\n"
#define LINE_SIZE (sizeof(LINE) - 1)

/* A sink for a descriptor that the test keeps. */
static struct sink *sink_on(int fd, size_t capacity)
{
	struct sink *sink;

	assert_int_equal(sink_new(&sink, dup(fd), capacity), 0);
	return sink;
}

static int close_sink(struct sink *sink)
{
	uint64_t unwritten;

	return sink_close(sink, &unwritten);
}

static void writes_all_in_order(void **state)
{
	struct sink *sink;
	char line[16];
	FILE *file = tmpfile();
	int n;

	(void)state;
	sink = sink_on(fileno(file), 4096);
	for (int i = 0; i < 100000; i++) {
		n = snprintf(line, sizeof(line), "%d\n", i);
		assert_int_equal(sink_write_wait(sink, line, (size_t)n), 0);
	}
	assert_int_equal(close_sink(sink), 0);
	rewind(file);
	for (int i = 0; i < 100000; i++) {
		assert_non_null(fgets(line, sizeof(line), file));
		assert_int_equal(atoi(line), i);
	}
	assert_null(fgets(line, sizeof(line), file));
	fclose(file);
}

/* Nothing more gets into the pipe, and some of what was accepted is in neither it nor the buffer being filled. */
static bool writer_is_stuck(int pipe_fd, uint64_t accepted, size_t capacity)
{
	struct pollfd writable = { .fd = pipe_fd, .events = POLLOUT };
	int in_pipe;

	if (poll(&writable, 1, 0) != 0 || ioctl(pipe_fd, FIONREAD, &in_pipe))
		return false;
	return accepted > (uint64_t)in_pipe + capacity;
}

/*
 * Fills a pipe that is not read until lines are dropped because the writer is stuck; a line may be dropped before,
 * because it has not run yet. Returns how many were accepted.
 */
static uint64_t fill(struct sink *sink, int pipe_fd, size_t capacity)
{
	uint64_t taken = 0;
	bool dropped;

	do {
		dropped = sink_write(sink, LINE, LINE_SIZE) != 0;
		taken += !dropped;
	} while (!dropped || !writer_is_stuck(pipe_fd, taken * LINE_SIZE, capacity));
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
	const size_t capacity = 64 * 1024;
	struct drain to = { 0 };
	struct sink *sink;
	pthread_t thread;
	uint64_t taken, dropped;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	if (nonblocking) /* as another process that shares the pipe may have made it */
		assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(sink_new(&sink, fds[1], capacity), 0);
	taken = fill(sink, fds[1], capacity);
	dropped = sink_dropped(sink);
	assert_int_equal(sink_write(sink, LINE, LINE_SIZE), -ENOBUFS);
	assert_int_equal(sink_dropped(sink), dropped + 1);
	to.fd = fds[0];
	assert_int_equal(pthread_create(&thread, NULL, drain, &to), 0);
	assert_int_equal(sink_write_wait(sink, LINE, LINE_SIZE), 0);
	assert_int_equal(close_sink(sink), 0);
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
	sink = sink_on(fds[1], 4096);
	broken.fd = sink_fd(sink);
	assert_int_equal(poll(&broken, 1, 0), 0);
	close(fds[0]);
	assert_int_equal(sink_write(sink, LINE, LINE_SIZE), 0);
	assert_int_equal(poll(&broken, 1, 10000), 1);
	assert_int_equal(sink_state(sink), SINK_BROKEN);
	assert_int_equal(sink_write(sink, LINE, LINE_SIZE), -EPIPE);
	assert_int_equal(sink_write_wait(sink, LINE, LINE_SIZE), -EPIPE);
	assert_int_equal(close_sink(sink), -EPIPE);
	close(fds[1]);
}

/* Nothing that was queued is lost, and no line is split between the pipe that broke and the file. */
static void switching_repairs(void **state)
{
	FILE *file = tmpfile();
	struct sink *sink;
	char line[64];
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	sink = sink_on(fds[1], 4096);
	close(fds[1]);
	close(fds[0]);
	assert_int_equal(sink_write(sink, LINE, LINE_SIZE), 0);
	assert_int_equal(sink_flush(sink), -EPIPE);
	assert_int_equal(sink_write(sink, "refused\n", 8), -EPIPE);
	assert_false(sink_has_room(sink, LINE_SIZE));
	sink_switch(sink, dup(fileno(file)));
	assert_true(sink_has_room(sink, LINE_SIZE));
	assert_int_equal(sink_write(sink, "again\n", 6), 0);
	assert_int_equal(sink_flush(sink), 0);
	assert_int_equal(close_sink(sink), 0);
	rewind(file);
	assert_string_equal(fgets(line, sizeof(line), file), LINE);
	assert_string_equal(fgets(line, sizeof(line), file), "again\n");
	assert_null(fgets(line, sizeof(line), file));
	fclose(file);
}

/* A file that may hold 100 bytes: RLIMIT_FSIZE answers EFBIG where a full disk answers ENOSPC. */
static void limit_files(rlim_t bytes)
{
	const struct rlimit limit = { bytes, RLIM_INFINITY };

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void wait_for_trouble(struct sink *sink, enum sink_state state)
{
	struct pollfd trouble = { .fd = sink_fd(sink), .events = POLLIN };

	assert_int_equal(poll(&trouble, 1, 10000), 1);
	assert_int_equal(sink_state(sink), state);
	assert_int_equal(poll(&trouble, 1, 0), 0);
}

static off_t size_of(int fd)
{
	struct stat info;

	assert_int_equal(fstat(fd, &info), 0);
	return info.st_size;
}

/* Lines that do not fit are kept and tried again. Until then the file has whole lines, and the queue accepts lines. */
static void no_space(void **state)
{
	FILE *file = tmpfile();
	struct sink *sink;
	char text[10 * LINE_SIZE];
	uint64_t taken = 5;

	(void)state;
	limit_files(100);
	sink = sink_on(fileno(file), 8 * LINE_SIZE);
	for (int i = 0; i < 5; i++)
		assert_int_equal(sink_write(sink, LINE, LINE_SIZE), 0);
	wait_for_trouble(sink, SINK_TOO_LARGE);
	assert_int_equal(size_of(fileno(file)), 3 * LINE_SIZE);
	assert_false(sink_has_room(sink, 1));
	while (sink_write_wait(sink, LINE, LINE_SIZE) == 0)
		taken++;
	assert_int_equal(sink_dropped(sink), 1);
	assert_int_equal(sink_state(sink), SINK_TOO_LARGE);
	limit_files(RLIM_INFINITY);
	assert_int_equal(close_sink(sink), 0);
	assert_int_equal(size_of(fileno(file)), taken * LINE_SIZE);
	assert_int_equal(pread(fileno(file), text, sizeof(text), 0), sizeof(text));
	for (size_t i = 0; i < 10; i++)
		assert_memory_equal(text + i * LINE_SIZE, LINE, LINE_SIZE);
	fclose(file);
}

/* When it ends without space, what is left is counted, and the file ends with a whole line. */
static void no_space_to_the_end(void **state)
{
	FILE *file = tmpfile();
	struct sink *sink;
	uint64_t unwritten;

	(void)state;
	limit_files(100);
	sink = sink_on(fileno(file), 8 * LINE_SIZE);
	for (int i = 0; i < 5; i++)
		assert_int_equal(sink_write(sink, LINE, LINE_SIZE), 0);
	wait_for_trouble(sink, SINK_TOO_LARGE);
	assert_int_equal(sink_write(sink, LINE, LINE_SIZE), 0);
	assert_int_equal(sink_close(sink, &unwritten), -EFBIG);
	assert_int_equal(unwritten, 3);
	assert_int_equal(size_of(fileno(file)), 3 * LINE_SIZE);
	limit_files(RLIM_INFINITY);
	fclose(file);
}

/* Switches repeatedly while lines arrive: each line is in one of the files, complete. */
static void switches_lose_and_split_nothing(void **state)
{
	enum { FILES = 50, LINES = 2000 };
	FILE *files[FILES];
	struct sink *sink;
	char line[16];
	int expected = 0, n;

	(void)state;
	for (int i = 0; i < FILES; i++) {
		files[i] = tmpfile();
		assert_non_null(files[i]);
	}
	sink = sink_on(fileno(files[0]), 4096);
	for (int i = 0; i < FILES * LINES; i++) {
		if (i && i % LINES == 0)
			sink_switch(sink, dup(fileno(files[i / LINES])));
		n = snprintf(line, sizeof(line), "%d\n", i);
		assert_int_equal(sink_write_wait(sink, line, (size_t)n), 0);
	}
	assert_int_equal(close_sink(sink), 0);
	for (int i = 0; i < FILES; i++) {
		rewind(files[i]);
		while (fgets(line, sizeof(line), files[i])) {
			assert_int_equal(line[strlen(line) - 1], '\n');
			assert_int_equal(atoi(line), expected++);
		}
		fclose(files[i]);
	}
	assert_int_equal(expected, FILES * LINES);
}

/* A full disk is left behind by switching to another. */
static void switching_ends_the_lack_of_space(void **state)
{
	FILE *small = tmpfile(), *other = tmpfile();
	struct sink *sink;

	(void)state;
	limit_files(100);
	sink = sink_on(fileno(small), 4096);
	for (int i = 0; i < 5; i++)
		assert_int_equal(sink_write(sink, LINE, LINE_SIZE), 0);
	wait_for_trouble(sink, SINK_TOO_LARGE);
	sink_switch(sink, dup(fileno(other)));
	assert_int_equal(close_sink(sink), 0);
	assert_int_equal(size_of(fileno(small)), 3 * LINE_SIZE);
	assert_int_equal(size_of(fileno(other)), 2 * LINE_SIZE);
	limit_files(RLIM_INFINITY);
	fclose(small);
	fclose(other);
}

static void nothing_is_too_large_to_refuse(void **state)
{
	static char huge[8192];
	struct sink *sink;
	FILE *file = tmpfile();

	(void)state;
	sink = sink_on(fileno(file), 4096);
	assert_int_equal(sink_write(sink, huge, sizeof(huge)), -ENOBUFS);
	assert_int_equal(sink_write_wait(sink, huge, sizeof(huge)), -ENOBUFS);
	assert_int_equal(close_sink(sink), 0);
	assert_int_equal(close_sink(NULL), 0);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_all_in_order),
		cmocka_unit_test(a_slow_reader),
		cmocka_unit_test(a_nonblocking_pipe),
		cmocka_unit_test(a_gone_reader),
		cmocka_unit_test(switching_repairs),
		cmocka_unit_test(no_space),
		cmocka_unit_test(no_space_to_the_end),
		cmocka_unit_test(switches_lose_and_split_nothing),
		cmocka_unit_test(switching_ends_the_lack_of_space),
		cmocka_unit_test(nothing_is_too_large_to_refuse),
	};

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
