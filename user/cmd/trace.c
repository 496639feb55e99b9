// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace trace: wires kernel -> model -> output, and runs until told to end. */
#include "system/clock.h"
#include "cmd/cmd.h"
#include "run/lookup.h"
#include "cli/options.h"
#include "run/output.h"
#include "run/losses.h"
#include "run/explain.h"
#include "system/caps.h"
#include "system/processes.h"
#include "kernel/tracer.h"
#include "kernel/walk.h"
#include "model/model.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <unistd.h>

#define MS 1000000ULL
#define MAX_CONNECTIONS 200000
/* A busy consumer looks into the ring this often. */
#define BUSY_PAUSE_NS (50 * MS)
/* A connection that is not wanted is looked at again after this time. */
#define IGNORE_NS (5 * NS_PER_S)

struct trace {
	struct options options;
	struct hook hooks[N_HOOKS];
	struct walk *walk;
	struct tracer *tracer;
	struct processes *processes; /* those asked for by pid; NULL: none were */
	struct lookup *lookup;
	struct owners *owners;
	struct model *model;
	struct output *output;
	int epoll_fd, signal_fd;
	uint32_t hz;

	struct tally tally;
	uint64_t end_ns, next_stats_ns;
	int quiet_rounds; /* drains in a row that found nothing */
	bool restricted;  /* walks see the processes asked for only */
	bool ending;
	bool stop;
};

/* --- right end of the street: events and connections to the sink --- */

static bool enough_events(const struct trace *trace)
{
	return trace->options.count && trace->tally.events >= trace->options.count;
}

static void on_event(void *ctx, const struct event *event)
{
	struct trace *trace = ctx;

	if (enough_events(trace))
		return;
	if (output_event(trace->output, event))
		trace->stop = true; /* it is broken: output_close() will say how */
	trace->tally.events++;
	if (enough_events(trace))
		trace->stop = true;
}

static void on_finished(void *ctx, const struct connection *connection)
{
	struct trace *trace = ctx;

	if (output_timeline(trace->output, connection))
		trace->stop = true;
}

/* --- left end: records and owners from the kernel --- */

/* What the filter refuses is left out by the kernel side from now on. */
static void ignore_unwanted(struct trace *trace)
{
	struct identity id;

	while (model_next_unwanted(trace->model, &id))
		tracer_ignore(trace->tracer, id.sock, id.inode, clock_ns(CLOCK_BOOTTIME) + IGNORE_NS);
}

static int on_record(void *ctx, const struct katrace_record *record)
{
	struct trace *trace = ctx;
	struct sighting sighting;

	if (sighting_decode(&sighting, record, trace->hz) ||
	    model_observe(trace->model, &sighting, clock_ns(CLOCK_BOOTTIME)))
		trace->tally.lost_records++;
	ignore_unwanted(trace);
	return trace->stop;
}

static void look_up_owners(struct trace *trace, uint64_t now_ns)
{
	if (!model_wants_walk(trace->model) || now_ns < lookup_next_ns(trace->lookup))
		return;
	if (lookup_now(trace->lookup) == 0)
		model_walked(trace->model, clock_ns(CLOCK_BOOTTIME));
	ignore_unwanted(trace);
}

/* --- sums --- */

/* For programs in the stream of events; for people, who read that, beside it. */
static int tell_stats(struct trace *trace, uint64_t now_ns)
{
	struct stats stats;
	int err = tally_sum(&trace->tally, now_ns, &stats);

	if (err)
		return err;
	if (output_stats(trace->output, &stats, now_ns))
		trace->stop = true;
	if (trace->options.json && !trace->ending)
		return 0;
	tally_say(&trace->tally, &stats,
		  trace->options.filters.filtered ? "seen in the kernel, wanted or not:" : "on this host");
	if (walk_facts(trace->walk)->kin_lost)
		fprintf(stderr, "katrace: LOST: %u descendants were not followed: too many\n",
			walk_facts(trace->walk)->kin_lost);
	return 0;
}

static void tell_stats_when_due(struct trace *trace, uint64_t now_ns)
{
	const uint64_t pause = trace->options.stats_s * NS_PER_S;

	if (!pause || now_ns < trace->next_stats_ns)
		return;
	while (trace->next_stats_ns <= now_ns) /* after a stop it is due once, not many times */
		trace->next_stats_ns += pause;
	tell_stats(trace, now_ns);
}

/* --- the loop --- */

static uint64_t next_deadline(const struct trace *trace, uint64_t now_ns)
{
	uint64_t deadline = model_deadline_ns(trace->model);

	if (model_wants_walk(trace->model) && lookup_next_ns(trace->lookup) < deadline)
		deadline = lookup_next_ns(trace->lookup);
	if (trace->end_ns && trace->end_ns < deadline)
		deadline = trace->end_ns;
	/* only descendants are left: their end is looked for */
	if (trace->processes && !processes_left(trace->processes) && now_ns + NS_PER_S < deadline)
		deadline = now_ns + NS_PER_S;
	if (trace->options.stats_s && trace->next_stats_ns < deadline)
		deadline = trace->next_stats_ns;
	/*
	 * Busy: a short pause. Just fallen quiet: the same once more, with tracer_wait() in force, because a record
	 * that was being written while the flag was set has not woken anybody.
	 */
	if (trace->quiet_rounds < 3 && now_ns + BUSY_PAUSE_NS < deadline)
		deadline = now_ns + BUSY_PAUSE_NS;
	return deadline;
}

/* The end of a process is no error. When the last one is gone there is nothing left to trace. */
static void say_ended_processes(struct trace *trace)
{
	uint32_t pid;
	size_t left;

	while ((pid = processes_ended(trace->processes))) {
		left = processes_left(trace->processes);
		fprintf(stderr, "katrace: process %u has ended", pid);
		if (left)
			fprintf(stderr, "; still tracing %zu of those asked for\n", left);
		else if (trace->options.filters.children && walk_has_kin(trace->walk))
			fputs("; still tracing its descendants\n", stderr);
		else
			fputs(", the last of those asked for\n", stderr);
	}
}

/* All processes asked for are gone, and with --children all their descendants. */
static bool nobody_left(const struct trace *trace)
{
	if (!trace->processes || processes_left(trace->processes))
		return false;
	return !trace->options.filters.children || !walk_has_kin(trace->walk);
}

/* SIGHUP means that the output file has been moved away; every other signal that it is time to end. */
static void take_signals(struct trace *trace)
{
	struct signalfd_siginfo info;

	while (read(trace->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP && trace->options.output)
			output_reopen(trace->output);
		else
			trace->stop = true;
	}
}

static void wait_until(struct trace *trace, uint64_t deadline_ns, uint64_t now_ns)
{
	struct epoll_event events[4];
	int timeout_ms = -1;
	int n;

	if (deadline_ns <= now_ns)
		timeout_ms = 0;
	else if ((deadline_ns - now_ns) / MS < INT_MAX)
		timeout_ms = (int)((deadline_ns - now_ns) / MS) + 1;
	n = epoll_wait(trace->epoll_fd, events, 4, timeout_ms);
	for (int i = 0; i < n; i++) {
		if (events[i].data.fd == tracer_fd(trace->tracer))
			trace->quiet_rounds = 0;
		else if (trace->processes && events[i].data.fd == processes_fd(trace->processes))
			say_ended_processes(trace);
		else if (events[i].data.fd == trace->signal_fd)
			take_signals(trace);
		else if (events[i].data.fd != output_fd(trace->output) || output_trouble(trace->output))
			trace->stop = true; /* the reader of stdout has gone, or there is no output any more */
	}
}

/* Before anything is handed on: the clock may have been set since. */
static uint64_t read_clocks(struct trace *trace)
{
	const uint64_t now = clock_ns(CLOCK_BOOTTIME);

	output_set_wall_offset(trace->output, clock_ns(CLOCK_REALTIME) - now);
	return now;
}

static int loop(struct trace *trace)
{
	uint64_t now;
	int n;

	while (!trace->stop) {
		read_clocks(trace);
		n = tracer_drain(trace->tracer);
		if (n < 0)
			return n;
		now = read_clocks(trace);
		trace->quiet_rounds = n ? 0 : trace->quiet_rounds + 1;
		tally_report_losses(&trace->tally, now, false);
		look_up_owners(trace, now);
		model_tick(trace->model, now);
		ignore_unwanted(trace);
		tell_stats_when_due(trace, now);
		if ((trace->end_ns && now >= trace->end_ns) || nobody_left(trace))
			break;
		if (trace->quiet_rounds == 1)
			tracer_wait(trace->tracer);
		else if (!trace->stop)
			wait_until(trace, n < TRACER_DRAIN_MAX ? next_deadline(trace, now) : now, now);
	}
	return 0;
}

/* --- beginning and ending --- */

static int add_to_epoll(int epoll_fd, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/*
 * Without a file to reopen, SIGHUP ends katrace as the others do, unless whoever started it had it ignored: nohup(1).
 */
static void signals_taken(const struct trace *trace, sigset_t *signals)
{
	struct sigaction hangup = { 0 };

	sigaction(SIGHUP, NULL, &hangup);
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	if (trace->options.output || hangup.sa_handler != SIG_IGN)
		sigaddset(signals, SIGHUP);
}

static int open_signals(struct trace *trace)
{
	sigset_t signals;

	signal(SIGPIPE, SIG_IGN); /* EPIPE tells as much, and EFBIG */
	signal(SIGXFSZ, SIG_IGN);
	signals_taken(trace, &signals);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	trace->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return trace->signal_fd < 0 ? -errno : 0;
}

/* From here on a signal ends katrace at once, whatever it is waiting for; but not one that is for the file. */
static void release_signals(struct trace *trace)
{
	sigset_t signals;

	take_signals(trace);
	/* a shell has SIGINT ignored in what it starts in the background: it would stay so */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signals_taken(trace, &signals);
	if (trace->options.output)
		sigdelset(&signals, SIGHUP);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
}

static int open_epoll(struct trace *trace)
{
	int err;

	trace->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (trace->epoll_fd < 0)
		return -errno;
	err = add_to_epoll(trace->epoll_fd, tracer_fd(trace->tracer), EPOLLIN | EPOLLET);
	if (!err)
		err = add_to_epoll(trace->epoll_fd, trace->signal_fd, EPOLLIN);
	if (!err)
		err = add_to_epoll(trace->epoll_fd, output_fd(trace->output), EPOLLIN);
	if (!err && trace->processes)
		err = add_to_epoll(trace->epoll_fd, processes_fd(trace->processes), EPOLLIN);
	/* A pipe tells at once that its reader has gone; what cannot be polled, a file, has no reader to lose. */
	if (!err && !trace->options.output)
		add_to_epoll(trace->epoll_fd, STDOUT_FILENO, 0);
	return err;
}

static int check_rights(const struct options *options)
{
	if (check_privileges())
		return -EPERM;
	if (options->user && !caps_can_switch_user()) {
		fprintf(stderr,
			"katrace: missing privilege: --user takes CAP_SETUID and CAP_SETGID; leave it out, or run "
			"katrace as root\n");
		return -EPERM;
	}
	return 0;
}

static void say_hook(const struct hook *hook)
{
	if (hook->state == HOOK_UNTRIED)
		return;
	fprintf(stderr, "katrace: %s: %s", hook->name, hook_state_words(hook->state));
	if (hook->error)
		fprintf(stderr, ": %s", hook_errno_words(hook->error));
	fputs("\n", stderr);
}

static void say_hooks(const struct trace *trace)
{
	if (trace->options.verbose == 0)
		return;
	for (size_t i = 0; i < N_HOOKS; i++)
		say_hook(&trace->hooks[i]);
}

/* Only the processes asked for need to be walked, unless their children are wanted too. */
static void restrict_walk(struct trace *trace)
{
	uint32_t *walked;
	size_t n;
	const struct wanted_pid *pids = filter_pids(trace->options.filters.filter, &n);

	if (!n || trace->options.filters.children)
		return;
	walked = calloc(n, sizeof(*walked));
	if (!walked)
		return;
	for (size_t i = 0; i < n; i++)
		walked[i] = pids[i].pid;
	trace->restricted = walk_restrict(trace->walk, walked, n) == 0;
	free(walked);
}

static int watch_processes(struct trace *trace)
{
	size_t n;
	const struct wanted_pid *pids = filter_pids(trace->options.filters.filter, &n);
	int err = 0;

	if (!n)
		return 0;
	trace->processes = processes_new();
	if (!trace->processes)
		return -errno;
	for (size_t i = 0; i < n && !err; i++)
		err = processes_watch(trace->processes, pids[i].pid);
	return err;
}

static int open_kernel_side(struct trace *trace)
{
	const struct walk_options walk_options = {
		.btf = trace->options.btf,
		.kin = trace->options.filters.children,
	};
	struct tracer_options options = {
		.mode = trace->options.mode,
		.btf = trace->options.btf,
		.ring_bytes = trace->options.buffer_kib * 1024,
		.answers = !trace->options.no_answers,
		.filters = trace->options.filters.filtered,
		.all = trace->options.all,
		.max_stories = MAX_CONNECTIONS,
	};
	int err;

	libbpf_messages(trace->options.verbose > 1);
	err = walk_new(&trace->walk, &walk_options);
	if (err)
		return explain_walk_failure(err, trace->options.btf);
	restrict_walk(trace);
	trace->hz = walk_facts(trace->walk)->hz;
	options.method = walk_read_method(trace->walk);
	hooks_init(trace->hooks, options.btf);
	err = tracer_new(&trace->tracer, &options, walk_facts(trace->walk), trace->hooks, on_record, trace);
	say_hooks(trace);
	if (err == -ENOTSUP)
		fprintf(stderr, "katrace: this kernel does not let katrace listen in %s mode; -v says more\n",
			trace->options.mode == MODE_AUTO ? "any" : hook_mode_name(trace->options.mode));
	else if (err)
		fprintf(stderr, "katrace: cannot attach to the kernel's keepalive timer: %s; -v says more\n",
			strerror(-err));
	return err;
}

static int open_user_side(struct trace *trace)
{
	const struct model_options model_options = {
		.max_connections = MAX_CONNECTIONS,
		.partial_walks = trace->restricted,
		.middlebox_timeout_s = (uint32_t)trace->options.middlebox_timeout_s,
		.no_timelines = trace->options.json,
		.all = trace->options.all,
		.filter = trace->options.filters.filter,
	};
	const struct model_output model_output = {
		.event = on_event,
		.finished = on_finished,
		.ctx = trace,
	};
	int err;

	trace->owners = owners_new();
	if (!trace->owners)
		return -ENOMEM;
	trace->model = model_new(&model_options, &model_output, trace->owners);
	if (!trace->model)
		return -ENOMEM;
	err = open_epoll(trace);
	if (err)
		return err;
	trace->lookup = lookup_new(trace->walk, trace->owners, trace->options.filters.filter);
	if (!trace->lookup)
		return -ENOMEM;
	if (trace->options.filters.children)
		err = lookup_follow_children(trace->lookup);
	return err ?: lookup_now(trace->lookup);
}

static int open_output(struct trace *trace)
{
	const struct output_options options = {
		.json = trace->options.json,
		.file = trace->options.output,
		.own_netns = walk_facts(trace->walk)->netns,
	};

	return output_new(&trace->output, &options);
}

static void say_choices(const struct trace *trace)
{
	if (trace->options.verbose == 0)
		return;
	fprintf(stderr, "katrace: %s mode, %s; reading kernel memory by %s\n",
		hook_mode_name(tracer_mode(trace->tracer)),
		trace->options.mode == MODE_AUTO ? "the best that works here" : "as asked for",
		read_method_name(walk_read_method(trace->walk)));
	for (enum hook_job job = 0; job < HOOK_JOBS; job++)
		if (!tracer_hook(trace->tracer, job) && hook_job_loss(job))
			fprintf(stderr, "katrace: not seen: %s\n", hook_job_loss(job));
	if (trace->restricted)
		fputs("katrace: owners are looked up among the processes asked for only\n", stderr);
	fprintf(stderr, "katrace: kernel HZ is %u; the first walk over all descriptors took %.1f ms\n", trace->hz,
		(double)(clock_ns(CLOCK_BOOTTIME) - owners_walked_ns(trace->owners)) / 1e6);
}

static void say_pid_namespace(const struct trace *trace)
{
	if (walk_facts(trace->walk)->pid_level)
		fputs("katrace: in a pid namespace of its own: processes outside of it, and so the owners of their "
		      "connections, are invisible; in a container, share the host's (--pid=host, hostPID)\n",
		      stderr);
}

static void say_started(const struct trace *trace)
{
	fprintf(stderr, "katrace: tracing keepalive on %s (%s mode); Ctrl-C ends%s\n",
		trace->options.filters.filtered ? "the TCP connections asked for" : "every TCP connection",
		hook_mode_name(tracer_mode(trace->tracer)), trace->options.json ? "" : " and prints the timelines");
}

static int tell_started(struct trace *trace)
{
	char losses[HOOK_JOBS][HOOK_EXPLANATION_MAX];
	struct started started = {
		.hook_mode = hook_mode_name(tracer_mode(trace->tracer)),
		.netns = walk_facts(trace->walk)->netns,
	};
	const struct hook *hook;
	struct utsname kernel;

	_Static_assert(HOOK_JOBS <= EVENTS_HOOKS_MAX, "room for the hook of every job");
	if (uname(&kernel))
		return -errno;
	started.kernel_release = kernel.release;
	for (enum hook_job job = 0; job < HOOK_JOBS; job++) {
		hook = tracer_hook(trace->tracer, job);
		if (hook) {
			started.hooks[started.n_hooks++] = hook->name;
		} else if (hook_job_loss(job)) {
			hooks_explain(trace->hooks, job, losses[job], sizeof(losses[job]));
			started.degraded[started.n_degraded++] = losses[job];
		}
	}
	return output_started(trace->output, &started, trace->tally.start_ns);
}

static int begin(struct trace *trace)
{
	int err = check_rights(&trace->options);

	if (!err)
		err = open_kernel_side(trace);
	if (err)
		return err;
	err = caps_drop(trace->options.user ? &trace->options.account : NULL);
	if (!err)
		err = watch_processes(trace);
	if (!err)
		err = open_signals(trace);
	if (!err) {
		err = open_output(trace);
		if (err)
			return err;
		err = open_user_side(trace);
	}
	if (err) {
		fprintf(stderr, "katrace: cannot start: %s\n", strerror(-err));
		return err;
	}
	say_choices(trace);
	say_pid_namespace(trace);
	trace->tally.tracer = trace->tracer;
	trace->tally.model = trace->model;
	trace->tally.output = trace->output;
	trace->tally.lookup = trace->lookup;
	trace->tally.start_ns = read_clocks(trace);
	if (trace->options.duration_s)
		trace->end_ns = trace->tally.start_ns + trace->options.duration_s * NS_PER_S;
	trace->next_stats_ns = trace->tally.start_ns + trace->options.stats_s * NS_PER_S;
	err = tell_started(trace);
	tracer_start(trace->tracer);
	say_started(trace);
	return err == -EPIPE ? 0 : err;
}

/* Detach, drain, tell what is open, sums last. */
static int end(struct trace *trace)
{
	uint64_t now;
	int n;

	release_signals(trace);
	tracer_stop(trace->tracer);
	trace->stop = enough_events(trace);
	trace->ending = true;
	output_take_time(trace->output);
	read_clocks(trace);
	do
		n = tracer_drain(trace->tracer);
	while (n > 0 && !trace->stop);
	now = read_clocks(trace);
	tally_report_losses(&trace->tally, now, true);
	if (model_wants_walk(trace->model) && lookup_now(trace->lookup) == 0)
		model_walked(trace->model, now);
	model_finish(trace->model, now);
	if (trace->options.verbose)
		tally_say_losses(&trace->tally);
	return tell_stats(trace, now);
}

int cmd_trace(const struct options *options)
{
	struct trace trace = { .options = *options, .epoll_fd = -1, .signal_fd = -1 };
	int status = EXIT_TROUBLE;
	int err;

	if (begin(&trace))
		goto cleanup;
	err = loop(&trace);
	if (!err)
		err = end(&trace);
	if (err)
		fprintf(stderr, "katrace: stopped: %s\n", strerror(-err));
	else
		status = EXIT_OK;
cleanup:
	if (output_close(trace.output))
		status = EXIT_TROUBLE;
	model_free(trace.model);
	lookup_free(trace.lookup);
	owners_free(trace.owners);
	tracer_free(trace.tracer);
	walk_free(trace.walk);
	processes_free(trace.processes);
	if (trace.epoll_fd >= 0)
		close(trace.epoll_fd);
	if (trace.signal_fd >= 0)
		close(trace.signal_fd);
	return status;
}
