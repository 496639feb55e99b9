// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The loop: deadlines run in order, removed watches are not called, and an idle loop does nothing. */
#include "unit.h"

#include "run/loop.h"
#include "system/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct world {
	struct loop *loop;
	char told[64]; /* a letter for each function that was called */
	int fds[2];
};

struct timer {
	struct world *world;
	const char *name;
	uint64_t due_ns;
	unsigned int asked;
	bool last;
};

static void tell(struct world *w, const char *name)
{
	strncat(w->told, name, sizeof(w->told) - strlen(w->told) - 1);
}

static uint64_t due(void *ctx)
{
	struct timer *timer = ctx;

	timer->asked++;
	return timer->due_ns;
}

static void run(void *ctx)
{
	struct timer *timer = ctx;

	tell(timer->world, timer->name);
	timer->due_ns = LOOP_NEVER;
	if (timer->last)
		loop_stop(timer->world->loop);
}

static void deadlines_in_order(void **state)
{
	const uint64_t now = clock_ns(CLOCK_BOOTTIME);
	struct world w = { 0 };
	struct timer timers[] = {
		{ &w, "c", now + 20 * MS, 0, true },
		{ &w, "b", now + 10 * MS, 0, false },
		{ &w, "never", LOOP_NEVER, 0, false },
		{ &w, "a", 1, 0, false },
	};

	(void)state;
	assert_int_equal(loop_new(&w.loop), 0);
	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
		assert_int_equal(loop_deadline(w.loop, due, run, timers + i), 0);
	assert_int_equal(loop_run(w.loop), 0);
	assert_string_equal(w.told, "abc");
	assert_true(clock_ns(CLOCK_BOOTTIME) >= now + 20 * MS);
	loop_free(w.loop);
}

/* It asks when the next deadline is, waits that long, and asks once more: no turn between. */
static void idle_is_not_woken(void **state)
{
	struct world w = { 0 };
	struct timer end = { &w, "e", clock_ns(CLOCK_BOOTTIME) + 300 * MS, 0, true };
	const int fd = eventfd(0, EFD_CLOEXEC);

	(void)state;
	assert_int_equal(loop_new(&w.loop), 0);
	assert_int_equal(loop_watch(w.loop, fd, EPOLLIN, run, &end), 0);
	assert_int_equal(loop_signal(w.loop, SIGUSR1, run, &end), 0);
	assert_int_equal(loop_deadline(w.loop, due, run, &end), 0);
	assert_int_equal(loop_run(w.loop), 0);
	assert_string_equal(w.told, "e");
	assert_int_equal(end.asked, 2);
	loop_release_signal(w.loop, SIGUSR1);
	loop_free(w.loop);
	close(fd);
}

static void on_signal(void *ctx)
{
	struct world *w = ctx;

	tell(w, "s");
	loop_stop(w->loop);
}

static void a_signal_is_taken_until_released(void **state)
{
	struct world w = { 0 };
	struct sigaction action;
	sigset_t blocked;

	(void)state;
	signal(SIGUSR1, SIG_IGN); /* as a shell leaves SIGINT */
	assert_int_equal(loop_new(&w.loop), 0);
	assert_int_equal(loop_signal(w.loop, SIGUSR1, on_signal, &w), 0);
	raise(SIGUSR1);
	assert_int_equal(loop_run(w.loop), 0);
	assert_string_equal(w.told, "s");
	raise(SIGUSR1); /* has arrived before it is released */
	loop_release_signal(w.loop, SIGUSR1);
	assert_string_equal(w.told, "ss");
	sigaction(SIGUSR1, NULL, &action);
	assert_ptr_equal(action.sa_handler, SIG_DFL);
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	assert_false(sigismember(&blocked, SIGUSR1));
	loop_free(w.loop);
}

static void unwatch_both(void *ctx)
{
	struct world *w = ctx;

	tell(w, "f");
	loop_unwatch(w->loop, w->fds[0]);
	loop_unwatch(w->loop, w->fds[1]);
}

/* Two are ready at once; the function of one removes both, itself and the other. */
static void a_descriptor_removed_is_not_called(void **state)
{
	struct world w = { 0 };
	struct timer end = { &w, "e", clock_ns(CLOCK_BOOTTIME) + 50 * MS, 0, true };

	(void)state;
	assert_int_equal(loop_new(&w.loop), 0);
	for (int i = 0; i < 2; i++) {
		w.fds[i] = eventfd(1, EFD_CLOEXEC);
		assert_int_equal(loop_watch(w.loop, w.fds[i], EPOLLIN, unwatch_both, &w), 0);
	}
	assert_int_equal(loop_deadline(w.loop, due, run, &end), 0);
	assert_int_equal(loop_run(w.loop), 0);
	assert_string_equal(w.told, "fe");
	loop_free(w.loop);
	close(w.fds[0]);
	close(w.fds[1]);
}

static void take_one(void *ctx)
{
	struct world *w = ctx;
	uint64_t n;

	tell(w, "f");
	assert_int_equal(read(w->fds[0], &n, sizeof(n)), sizeof(n));
}

static void run_again(void *ctx)
{
	struct timer *timer = ctx;

	tell(timer->world, timer->name);
	timer->due_ns++;
	if (strlen(timer->world->told) == 5)
		loop_stop(timer->world->loop);
}

/* A deadline that is always overdue does not starve descriptors. */
static void nobody_starves(void **state)
{
	struct world w = { 0 };
	struct timer always = { &w, "d", 1, 0, false };

	(void)state;
	w.fds[0] = eventfd(1, EFD_CLOEXEC);
	assert_int_equal(loop_new(&w.loop), 0);
	assert_int_equal(loop_watch(w.loop, w.fds[0], EPOLLIN, take_one, &w), 0);
	assert_int_equal(loop_deadline(w.loop, due, run_again, &always), 0);
	assert_int_equal(loop_run(w.loop), 0);
	assert_string_equal(w.told, "dfddd");
	loop_free(w.loop);
	close(w.fds[0]);
}

static void stop(void *ctx)
{
	struct world *w = ctx;

	loop_stop(w->loop);
}

/* During a long task before the loop runs, a signal is served; without one, nothing is waited for. */
static void polled_before_it_runs(void **state)
{
	struct world w = { 0 };

	(void)state;
	assert_int_equal(loop_new(&w.loop), 0);
	assert_int_equal(loop_signal(w.loop, SIGUSR1, stop, &w), 0);
	assert_true(loop_poll(w.loop));
	raise(SIGUSR1);
	assert_false(loop_poll(w.loop));
	assert_int_equal(loop_run(w.loop), 0);
	loop_release_signal(w.loop, SIGUSR1);
	loop_free(w.loop);
}

static void a_file_cannot_be_watched(void **state)
{
	FILE *file = tmpfile();
	struct world w = { 0 };

	(void)state;
	assert_int_equal(loop_new(&w.loop), 0);
	assert_int_equal(loop_watch(w.loop, fileno(file), EPOLLIN, take_one, &w), -EPERM);
	loop_unwatch(w.loop, fileno(file));
	loop_free(w.loop);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadlines_in_order),
		cmocka_unit_test(idle_is_not_woken),
		cmocka_unit_test(a_signal_is_taken_until_released),
		cmocka_unit_test(a_descriptor_removed_is_not_called),
		cmocka_unit_test(nobody_starves),
		cmocka_unit_test(a_file_cannot_be_watched),
		cmocka_unit_test(polled_before_it_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
