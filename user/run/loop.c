// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/loop.h"

#include "system/clock.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define NS_PER_MS 1000000ULL
#define DEADLINES_MAX 16

struct watch {
	int fd;
	loop_fn ready;
	void *ctx;
	STAILQ_ENTRY(watch) next;
};

struct deadline {
	loop_due_fn due;
	loop_fn run;
	void *ctx;
};

struct on_signal {
	loop_fn arrived; /* NULL: not handled */
	void *ctx;
};

struct loop {
	int epoll_fd, signal_fd;
	sigset_t signals; /* handled */
	struct on_signal on_signal[_NSIG];
	STAILQ_HEAD(watches, watch) watches;
	struct deadline deadlines[DEADLINES_MAX];
	size_t n_deadlines;
	bool stopped;
};

/* --- descriptors --- */

int loop_watch(struct loop *loop, int fd, uint32_t events, loop_fn ready, void *ctx)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	struct epoll_event event = { .events = events, .data.ptr = watch };
	int err;

	if (!watch)
		return -ENOMEM;
	*watch = (struct watch){ .fd = fd, .ready = ready, .ctx = ctx };
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event)) {
		err = -errno;
		free(watch);
		return err;
	}
	STAILQ_INSERT_TAIL(&loop->watches, watch, next);
	return 0;
}

static struct watch *find_watch(const struct loop *loop, int fd)
{
	struct watch *watch;

	STAILQ_FOREACH (watch, &loop->watches, next)
		if (watch->fd == fd)
			return watch;
	return NULL;
}

void loop_unwatch(struct loop *loop, int fd)
{
	struct watch *watch = find_watch(loop, fd);

	if (!watch)
		return;
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	STAILQ_REMOVE(&loop->watches, watch, watch, next);
	free(watch);
}

/* One descriptor at a time, so that a watch that another function has removed is never used. */
static int serve(const struct loop *loop, int timeout_ms)
{
	struct epoll_event event;
	int n = epoll_wait(loop->epoll_fd, &event, 1, timeout_ms);
	const struct watch *watch;

	if (n < 0)
		return errno == EINTR ? 0 : -errno; /* stopped and continued by a shell */
	if (n == 0)
		return 0;
	watch = event.data.ptr;
	watch->ready(watch->ctx);
	return 0;
}

/* --- deadlines --- */

int loop_deadline(struct loop *loop, loop_due_fn due, loop_fn run, void *ctx)
{
	if (loop->n_deadlines == DEADLINES_MAX)
		return -ENOSPC;
	loop->deadlines[loop->n_deadlines++] = (struct deadline){ due, run, ctx };
	return 0;
}

/* The earliest deadline and its time in *due_ns; NULL: there is none. */
static const struct deadline *earliest(const struct loop *loop, uint64_t *due_ns)
{
	const struct deadline *first = NULL;
	uint64_t due;

	*due_ns = LOOP_NEVER;
	for (size_t i = 0; i < loop->n_deadlines; i++) {
		due = loop->deadlines[i].due(loop->deadlines[i].ctx);
		if (due >= *due_ns)
			continue;
		first = &loop->deadlines[i];
		*due_ns = due;
	}
	return first;
}

/* Rounded up: waking too early would waste a turn. */
static int timeout_ms(uint64_t due_ns, uint64_t now_ns)
{
	if (due_ns == LOOP_NEVER)
		return -1;
	if ((due_ns - now_ns) / NS_PER_MS >= INT_MAX)
		return INT_MAX;
	return (int)((due_ns - now_ns) / NS_PER_MS) + 1;
}

/* Deadlines and descriptors take turns, so that neither starves the other. */
static int turn(const struct loop *loop)
{
	uint64_t due_ns;
	const struct deadline *first = earliest(loop, &due_ns);
	const uint64_t now_ns = clock_ns(CLOCK_BOOTTIME);

	if (!first || due_ns > now_ns)
		return serve(loop, timeout_ms(due_ns, now_ns));
	first->run(first->ctx);
	return loop->stopped ? 0 : serve(loop, 0);
}

/* --- signals --- */

static void take_signals(void *ctx)
{
	const struct loop *loop = ctx;
	struct signalfd_siginfo info;
	const struct on_signal *on;

	while (read(loop->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		on = &loop->on_signal[info.ssi_signo];
		if (on->arrived)
			on->arrived(on->ctx);
	}
}

int loop_signal(struct loop *loop, int signal, loop_fn arrived, void *ctx)
{
	sigset_t one;

	sigemptyset(&one);
	if (sigaddset(&one, signal) || sigaddset(&loop->signals, signal))
		return -errno;
	loop->on_signal[signal] = (struct on_signal){ arrived, ctx };
	if (sigprocmask(SIG_BLOCK, &one, NULL) || signalfd(loop->signal_fd, &loop->signals, 0) < 0)
		return -errno;
	return 0;
}

int loop_ending_signals(struct loop *loop, loop_fn end, void *ctx)
{
	struct sigaction hangup = { 0 };
	int err = loop_signal(loop, SIGINT, end, ctx) ?: loop_signal(loop, SIGTERM, end, ctx);

	if (err || sigaction(SIGHUP, NULL, &hangup) || hangup.sa_handler == SIG_IGN)
		return err;
	return loop_signal(loop, SIGHUP, end, ctx);
}

void loop_release_signal(struct loop *loop, int number)
{
	sigset_t one;

	if (!loop || !loop->on_signal[number].arrived)
		return;
	take_signals(loop);
	loop->on_signal[number].arrived = NULL;
	sigdelset(&loop->signals, number);
	signalfd(loop->signal_fd, &loop->signals, 0);
	signal(number, SIG_DFL); /* shells ignore SIGINT in background commands */
	sigemptyset(&one);
	sigaddset(&one, number);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
}

/* --- the loop --- */

int loop_new(struct loop **out)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	int err = 0;

	if (!loop)
		return -ENOMEM;
	STAILQ_INIT(&loop->watches);
	sigemptyset(&loop->signals);
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->signal_fd = signalfd(-1, &loop->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (loop->epoll_fd < 0 || loop->signal_fd < 0)
		err = -errno;
	if (!err)
		err = loop_watch(loop, loop->signal_fd, EPOLLIN, take_signals, loop);
	if (err) {
		loop_free(loop);
		return err;
	}
	*out = loop;
	return 0;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	while (!STAILQ_EMPTY(&loop->watches))
		loop_unwatch(loop, STAILQ_FIRST(&loop->watches)->fd);
	if (loop->signal_fd >= 0)
		close(loop->signal_fd);
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	free(loop);
}

int loop_run(struct loop *loop)
{
	int err = 0;

	while (!err && !loop->stopped)
		err = turn(loop);
	return err;
}

bool loop_poll(const struct loop *loop)
{
	serve(loop, 0); /* an error appears again in loop_run() */
	return !loop->stopped;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}
