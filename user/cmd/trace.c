// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace trace: wires kernel -> model -> text -> sink, and runs until told to end. */
#include "cmd/cmd.h"
#include "cmd/lookup.h"
#include "cmd/options.h"
#include "kernel/caps.h"
#include "kernel/processes.h"
#include "kernel/tracer.h"
#include "kernel/walk.h"
#include "model/model.h"
#include "out/sink.h"
#include "out/text.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000ULL
#define MS 1000000ULL
#define MAX_CONNECTIONS 200000
#define SINK_CAPACITY (4UL * 1024 * 1024)
/* A busy consumer looks into the ring this often. */
#define BUSY_PAUSE_NS (50 * MS)
/* A connection that is not wanted is looked at again after this time. */
#define IGNORE_NS (5 * NS_PER_S)

struct trace {
	struct trace_options options;
	struct hook hooks[N_HOOKS];
	struct walk *walk;
	struct tracer *tracer;
	struct processes *processes; /* those asked for by pid; NULL: none were */
	struct lookup *lookup;
	struct owners *owners;
	struct model *model;
	struct text *text;
	struct sink *sink;
	int epoll_fd, signal_fd;
	uint32_t hz;

	uint64_t wall_offset_ns; /* CLOCK_REALTIME - CLOCK_BOOTTIME */
	uint64_t start_ns, end_ns;
	uint64_t events;       /* handed to the sink */
	uint64_t lost_ring;    /* already reported */
	uint64_t lost_output;  /* already reported */
	uint64_t lost_records; /* that could not be taken in */
	int quiet_rounds;      /* drains in a row that found nothing */
	bool restricted;       /* walks see the processes asked for only */
	bool ending;           /* the final blocks: wait for room in the sink */
	bool stop;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* --- right end of the street: events and connections to the sink --- */

static void put(struct trace *trace, const struct out *out)
{
	int err;

	err = trace->ending ? sink_write_wait(trace->sink, out->buf, out->used)
			    : sink_write(trace->sink, out->buf, out->used);
	if (err && err != -ENOBUFS)
		trace->stop = true; /* the sink is broken: sink_close() will say how */
}

static bool enough_events(const struct trace *trace)
{
	return trace->options.count && trace->events >= trace->options.count;
}

static void on_event(void *ctx, const struct event *event)
{
	struct trace *trace = ctx;
	char buf[2 * TEXT_LINE_MAX];
	struct out out = out_make(buf, sizeof(buf));

	if (enough_events(trace))
		return;
	text_event(trace->text, event, event->time_ns + trace->wall_offset_ns, &out);
	put(trace, &out);
	trace->events++;
	if (enough_events(trace))
		trace->stop = true;
}

static void on_finished(void *ctx, const struct connection *connection)
{
	struct trace *trace = ctx;
	char buf[TEXT_TIMELINE_MAX];
	struct out out = out_make(buf, sizeof(buf));

	text_timeline(trace->text, connection, &out);
	put(trace, &out);
}

/* --- left end: records and owners from the kernel --- */

static int on_record(void *ctx, const struct katrace_record *record)
{
	struct trace *trace = ctx;
	struct sighting sighting;

	if (sighting_decode(&sighting, record, trace->hz) ||
	    model_observe(trace->model, &sighting, clock_ns(CLOCK_BOOTTIME)))
		trace->lost_records++;
	return trace->stop;
}

static void on_unwanted(void *ctx, const struct identity *id)
{
	struct trace *trace = ctx;

	tracer_ignore(trace->tracer, id->sock, id->inode, clock_ns(CLOCK_BOOTTIME) + IGNORE_NS);
}

static void look_up_owners(struct trace *trace, uint64_t now_ns)
{
	if (!model_wants_walk(trace->model) || now_ns < lookup_next_ns(trace->lookup))
		return;
	if (lookup_now(trace->lookup) == 0)
		model_walked(trace->model, clock_ns(CLOCK_BOOTTIME));
}

static uint64_t sum_lost(const struct tracer_counts *counts)
{
	uint64_t lost = 0;

	for (int kind = 0; kind < KATRACE_RECORD_KINDS; kind++)
		lost += counts->kind[kind].lost;
	return lost;
}

/* Losses are told where they show: in the stream of events, as soon as they are known. */
static void report_losses(struct trace *trace, uint64_t now_ns)
{
	const uint64_t dropped = sink_dropped(trace->sink);
	struct tracer_counts counts;
	uint64_t lost;

	if (tracer_losing(trace->tracer) && tracer_counts(trace->tracer, &counts) == 0) {
		lost = sum_lost(&counts);
		model_lost(trace->model, LOST_RING, lost - trace->lost_ring, now_ns);
		trace->lost_ring = lost;
	}
	if (dropped > trace->lost_output) {
		model_lost(trace->model, LOST_OUTPUT, dropped - trace->lost_output, now_ns);
		trace->lost_output = dropped;
	}
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
		else /* a signal, or the output is gone */
			trace->stop = true;
	}
}

static int loop(struct trace *trace)
{
	uint64_t now;
	int n;

	while (!trace->stop) {
		n = tracer_drain(trace->tracer);
		if (n < 0)
			return n;
		now = clock_ns(CLOCK_BOOTTIME);
		trace->wall_offset_ns = clock_ns(CLOCK_REALTIME) - now;
		trace->quiet_rounds = n ? 0 : trace->quiet_rounds + 1;
		report_losses(trace, now);
		look_up_owners(trace, now);
		model_tick(trace->model, now);
		if ((trace->end_ns && now >= trace->end_ns) || nobody_left(trace))
			break;
		if (trace->quiet_rounds == 1)
			tracer_wait(trace->tracer);
		else if (!trace->stop)
			wait_until(trace, next_deadline(trace, now), now);
	}
	return 0;
}

/* --- beginning and ending --- */

static int add_to_epoll(int epoll_fd, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int open_signals(struct trace *trace)
{
	sigset_t signals;

	signal(SIGPIPE, SIG_IGN); /* EPIPE tells as much */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	trace->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return trace->signal_fd < 0 ? -errno : 0;
}

/* From here on a signal ends katrace at once, whatever it is waiting for. */
static void release_signals(const struct trace *trace)
{
	struct signalfd_siginfo info;
	sigset_t signals;

	while (read(trace->signal_fd, &info, sizeof(info)) > 0)
		;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
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
		err = add_to_epoll(trace->epoll_fd, sink_fd(trace->sink), EPOLLIN);
	if (!err && trace->processes)
		err = add_to_epoll(trace->epoll_fd, processes_fd(trace->processes), EPOLLIN);
	/* A pipe tells at once that its reader has gone; what cannot be polled, a file, has no reader to lose. */
	if (!err)
		add_to_epoll(trace->epoll_fd, STDOUT_FILENO, 0);
	return err;
}

static struct text_options text_options(const struct trace *trace)
{
	struct text_options options = { .own_netns = walk_facts(trace->walk)->netns };
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return options;
	options.color = (!no_color || !*no_color) && term && strcmp(term, "dumb") != 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		options.columns = size.ws_col;
	return options;
}

static int check_privileges(void)
{
	char missing[64];

	if (!caps_missing(missing, sizeof(missing)))
		return 0;
	fprintf(stderr, "katrace: missing privilege: %s; run it as root (sudo katrace)\n", missing);
	return -EPERM;
}

static int explain_walk_failure(int err, const struct trace_options *options)
{
	if (!options->btf && !kernel_has_btf())
		fprintf(stderr, "katrace: this kernel offers no BTF (/sys/kernel/btf/vmlinux is missing); "
				"name a file that holds its BTF with --btf FILE\n");
	else if (err == -ENODATA)
		fprintf(stderr, "katrace: the kernel hides what katrace must know of its own socket; "
				"run it in the root user namespace\n");
	else
		fprintf(stderr, "katrace: cannot read the kernel's sockets: %s%s; -vv says more\n", strerror(-err),
			err == -EPERM && locked_memory_is_limited()
				? " (before Linux 5.11 it takes ulimit -l unlimited)"
				: "");
	return err;
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
		.filters = trace->options.filters.filtered,
		.max_stories = MAX_CONNECTIONS,
	};
	int err;

	libbpf_messages(trace->options.verbose > 1);
	err = walk_new(&trace->walk, &walk_options);
	if (err)
		return explain_walk_failure(err, &trace->options);
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
		.filter = trace->options.filters.filter,
	};
	const struct model_output output = {
		.event = on_event,
		.finished = on_finished,
		.unwanted = on_unwanted,
		.ctx = trace,
	};
	const struct text_options options = text_options(trace);
	int err;

	trace->owners = owners_new();
	trace->text = text_new(&options);
	if (!trace->owners || !trace->text)
		return -ENOMEM;
	trace->model = model_new(&model_options, &output, trace->owners);
	if (!trace->model)
		return -ENOMEM;
	err = sink_new(&trace->sink, dup(STDOUT_FILENO), SINK_CAPACITY);
	if (!err)
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
	fprintf(stderr, "katrace: tracing keepalive on %s (%s mode); Ctrl-C ends and prints the timelines\n",
		trace->options.filters.filtered ? "the TCP connections asked for" : "every TCP connection",
		hook_mode_name(tracer_mode(trace->tracer)));
}

static int begin(struct trace *trace)
{
	int err = check_privileges();

	if (err)
		return err;
	err = open_kernel_side(trace);
	if (err)
		return err;
	err = caps_drop();
	if (!err)
		err = watch_processes(trace);
	if (!err)
		err = open_signals(trace);
	if (!err)
		err = open_user_side(trace);
	if (err) {
		fprintf(stderr, "katrace: cannot start: %s\n", strerror(-err));
		return err;
	}
	say_choices(trace);
	say_pid_namespace(trace);
	trace->start_ns = clock_ns(CLOCK_BOOTTIME);
	if (trace->options.duration_s)
		trace->end_ns = trace->start_ns + trace->options.duration_s * NS_PER_S;
	tracer_start(trace->tracer);
	say_started(trace);
	return 0;
}

static void say_counts(const struct trace *trace, const struct tracer_counts *counts)
{
	const struct model_counts model = model_counts(trace->model);
	const uint64_t hook = counts->lost_hook + model.lost_hook;
	const uint64_t records = sum_lost(counts) + trace->lost_records + lookup_lost(trace->lookup);
	const uint64_t lines = sink_dropped(trace->sink);
	const uint64_t connections = model.lost_connections + counts->untracked;
	const uint64_t sent = counts->kind[KATRACE_PROBE_SENT].produced;
	const uint64_t answered = counts->kind[KATRACE_ANSWER].produced;
	const uint64_t refused = counts->kind[KATRACE_PROBE_DROPPED].produced;

	fprintf(stderr,
		"katrace: %" PRIu64 " events of %" PRIu64 " connection%s; %s %" PRIu64 " probes sent, %" PRIu64
		" answered, %" PRIu64 " refused locally\n",
		trace->events, model.connections, model.connections == 1 ? "" : "s",
		trace->options.filters.filtered ? "seen in the kernel, wanted or not:" : "on this host", sent, answered,
		refused);
	if (walk_facts(trace->walk)->kin_lost)
		fprintf(stderr, "katrace: LOST: %u descendants were not followed: too many\n",
			walk_facts(trace->walk)->kin_lost);
	if (hook || records || lines || connections)
		fprintf(stderr,
			"katrace: LOST: %" PRIu64 " timers not seen, %" PRIu64 " records from the kernel, %" PRIu64
			" lines of output, %" PRIu64 " connections\n",
			hook, records, lines, connections);
}

/* Detach, drain, tell what is open, sums last. */
static int end(struct trace *trace)
{
	struct tracer_counts counts;
	uint64_t now;
	int n, err;

	release_signals(trace);
	tracer_stop(trace->tracer);
	trace->stop = enough_events(trace);
	do
		n = tracer_drain(trace->tracer);
	while (n > 0 && !trace->stop);
	now = clock_ns(CLOCK_BOOTTIME);
	report_losses(trace, now);
	if (model_wants_walk(trace->model) && lookup_now(trace->lookup) == 0)
		model_walked(trace->model, now);
	trace->ending = true;
	model_finish(trace->model, now);
	err = tracer_counts(trace->tracer, &counts);
	if (!err)
		say_counts(trace, &counts);
	return err;
}

int cmd_trace(int argc, char **argv)
{
	struct trace trace = { .epoll_fd = -1, .signal_fd = -1 };
	int status = EXIT_TROUBLE;
	int err;

	if (options_parse(&trace.options, argc, argv)) {
		status = EXIT_BAD_INPUT;
		goto cleanup;
	}
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
	err = sink_close(trace.sink, &(uint64_t){ 0 });
	if (err && err != -EPIPE) {
		fprintf(stderr, "katrace: cannot write the output: %s\n", strerror(-err));
		status = EXIT_TROUBLE;
	}
	model_free(trace.model);
	lookup_free(trace.lookup);
	owners_free(trace.owners);
	text_free(trace.text);
	tracer_free(trace.tracer);
	walk_free(trace.walk);
	processes_free(trace.processes);
	if (trace.epoll_fd >= 0)
		close(trace.epoll_fd);
	if (trace.signal_fd >= 0)
		close(trace.signal_fd);
	options_clear(&trace.options);
	return status;
}
