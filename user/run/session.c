// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A session from its first turn to its end. */
#include "run/scope.h"
#include "run/session_parts.h"

#include "kernel/stories.h"

#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>

/* A busy consumer drains the ring at this interval. */
#define BUSY_PAUSE_NS (NS_PER_S / 20)
/* A connection that does not match the filter is checked again after this time. */
#define IGNORE_NS (5 * NS_PER_S)
/* An orphan cannot match any more, and seldom lives longer. */
#define IGNORE_ORPHAN_NS (120 * NS_PER_S)

void session_stop(void *ctx)
{
	const struct session *session = ctx;

	loop_stop(session->loop);
}

struct moment session_now(struct session *session)
{
	const struct moment now = moment_now();

	session->wall_offset_ns = now.wall_ns - now.ns;
	return now;
}

/* --- events and connections to the outputs --- */

static bool enough_events(const struct session *session)
{
	return session->options.count && session->losses.events >= session->options.count;
}

void session_on_event(void *ctx, const struct event *event)
{
	struct session *session = ctx;
	struct event timed = *event;

	if (enough_events(session))
		return;
	timed.wall_ns = event->time_ns + session->wall_offset_ns;
	if (outputs_event(session->outputs, &timed))
		session_stop(session); /* the main output is broken: outputs_close() prints why */
	session->losses.events++;
	if (enough_events(session))
		session_stop(session);
}

void session_on_finished(void *ctx, const struct connection *connection)
{
	struct session *session = ctx;

	if (outputs_finished(session->outputs, connection))
		session_stop(session);
}

/* --- records and owners from the kernel --- */

void session_ignore_unwanted(struct session *session)
{
	struct unwanted unwanted;

	while (model_next_unwanted(session->model, &unwanted))
		tracer_ignore(session->tracer, unwanted.sock, unwanted.inode,
			      clock_ns(CLOCK_BOOTTIME) + (unwanted.orphan ? IGNORE_ORPHAN_NS : IGNORE_NS));
}

int session_on_record(void *ctx, const struct katrace_record *record)
{
	struct session *session = ctx;
	struct sighting sighting;
	int err = sighting_decode(&sighting, record, walk_facts(session->walk)->hz);

	if (!err) {
		scope_find_name(&sighting.id, walk_facts(session->walk)->netns);
		sighting.id.netns_name = netns_names_find(session->netns_names, sighting.id.netns);
		err = model_observe(session->model, &sighting, clock_ns(CLOCK_BOOTTIME));
	}
	if (err)
		session->losses.lost_records++;
	else if (sighting.untracked)
		sweep_want(&session->sweep, sighting.time_ns);
	session_ignore_unwanted(session);
	return enough_events(session);
}

/* --- called by the loop --- */

/*
 * While records arrive, drains again after a short pause, or at once if one drain did not take all of them. After the
 * first drain without records, drains once more at once, after tracer_wait(), and once after the pause, because a
 * record written while the flag was being set has not woken the consumer. Then waits to be woken.
 */
static void drain(void *ctx)
{
	struct session *session = ctx;
	struct moment now;
	int n;

	session_now(session);
	n = tracer_drain(session->tracer);
	if (n < 0) {
		session->error = n;
		session_stop(session);
		return;
	}
	now = session_now(session);
	session->quiet_drains = n ? 0 : session->quiet_drains + 1;
	session->next_drain_ns = now.ns;
	if (session->quiet_drains == 1)
		tracer_wait(session->tracer);
	else if (n < TRACER_DRAIN_MAX)
		session->next_drain_ns += BUSY_PAUSE_NS;
	losses_report(&session->losses, &now, false);
}

static uint64_t drain_due(void *ctx)
{
	const struct session *session = ctx;

	return session->quiet_drains < 3 ? session->next_drain_ns : LOOP_NEVER;
}

static void on_ring(void *ctx)
{
	struct session *session = ctx;

	session->quiet_drains = 0;
	drain(session);
}

bool session_catch_up(struct session *session)
{
	const struct moment now = session_now(session);
	const int n = tracer_drain(session->tracer);

	if (n) { /* drain() goes on from here, and stops the run if there was an error */
		session->quiet_drains = 0;
		session->next_drain_ns = now.ns;
	}
	return n < TRACER_DRAIN_MAX;
}

static void look_up_owners(void *ctx)
{
	struct session *session = ctx;

	session_now(session);
	if (lookup_step(session->lookup) == 0)
		model_walked(session->model, clock_ns(CLOCK_BOOTTIME));
	session_ignore_unwanted(session);
}

static uint64_t look_up_due(void *ctx)
{
	const struct session *session = ctx;

	if (!lookup_is_walking(session->lookup) && !model_wants_walk(session->model))
		return LOOP_NEVER;
	return lookup_next_ns(session->lookup);
}

static void look_for_forgotten(void *ctx)
{
	struct session *session = ctx;

	session_now(session);
	middlebox_step(session->middlebox); /* after an error the next walk tries again */
}

static uint64_t look_for_forgotten_due(void *ctx)
{
	const struct session *session = ctx;

	return session->middlebox ? middlebox_next_ns(session->middlebox) : LOOP_NEVER;
}

static void tick(void *ctx)
{
	struct session *session = ctx;

	model_tick(session->model, session_now(session).ns);
	session_ignore_unwanted(session);
}

static uint64_t tick_due(void *ctx)
{
	const struct session *session = ctx;

	return model_deadline_ns(session->model);
}

static void report_losses(void *ctx)
{
	struct session *session = ctx;
	const struct moment now = session_now(session);

	losses_report(&session->losses, &now, false);
}

static uint64_t losses_due(void *ctx)
{
	const struct session *session = ctx;

	return losses_due_ns(&session->losses);
}

static void sweep(void *ctx)
{
	struct session *session = ctx;

	sweep_go(&session->sweep, session_now(session).ns);
}

static uint64_t sweep_due(void *ctx)
{
	const struct session *session = ctx;

	return sweep_due_ns(&session->sweep);
}

/* As an event for programs; on stderr for people. */
static int tell_sums(struct session *session, const struct moment *now)
{
	const uint32_t *kin_lost = &walk_facts(session->walk)->kin_lost;
	struct stats stats;
	int err = losses_sum(&session->losses, now, &stats);

	if (err)
		return err;
	if (outputs_stats(session->outputs, &stats))
		session_stop(session);
	if (outputs_tell_sums(session->outputs) && !session->ending)
		return 0;
	losses_say(&session->losses, &stats, session->options.filtered ? "before filters:" : "on this host");
	if (*kin_lost)
		fprintf(stderr, "katrace: LOST: %u descendant%s not followed: too many\n", *kin_lost,
			*kin_lost == 1 ? " was" : "s were");
	return 0;
}

static void tell_sums_now(void *ctx)
{
	struct session *session = ctx;
	const struct moment now = session_now(session);

	while (session->next_stats_ns <= now.ns) /* after katrace was stopped it is due once, not many times */
		session->next_stats_ns += session->options.stats_s * NS_PER_S;
	tell_sums(session, &now);
}

static uint64_t sums_due(void *ctx)
{
	const struct session *session = ctx;

	return session->options.stats_s ? session->next_stats_ns : LOOP_NEVER;
}

static uint64_t end_due(void *ctx)
{
	const struct session *session = ctx;

	return session->options.duration_s ? session->end_ns : LOOP_NEVER;
}

static void reopen(void *ctx)
{
	const struct session *session = ctx;

	outputs_reopen(session->outputs);
}

/* --- registered with the loop --- */

/* With a file, SIGHUP means that it has been moved away. */
static int watch_signals(struct session *session)
{
	int err = loop_ending_signals(session->loop, session_stop, session);

	if (!err && outputs_have_file(session->outputs))
		err = loop_signal(session->loop, SIGHUP, reopen, session);
	return err;
}

static int watch_deadlines(struct session *session)
{
	static const struct {
		loop_due_fn due;
		loop_fn run;
	} deadlines[] = {
		{ drain_due, drain },
		{ look_up_due, look_up_owners },
		{ tick_due, tick },
		{ look_for_forgotten_due, look_for_forgotten },
		{ sums_due, tell_sums_now },
		{ end_due, session_stop },
		{ sweep_due, sweep },
		{ look_due, look_for_overdue },
		{ losses_due, report_losses },
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]) && !err; i++)
		err = loop_deadline(session->loop, deadlines[i].due, deadlines[i].run, session);
	return err;
}

int session_watch(struct session *session)
{
	const struct session_options *options = &session->options;
	struct loop *loop;
	int err = loop_new(&session->loop);

	if (err)
		return err;
	loop = session->loop;
	return watched_new(&session->watched, options->filter, options->children, session->walk) ?:
	       watched_watch(session->watched, loop, session_stop, session) ?:
	       watch_signals(session) ?:
	       watch_deadlines(session) ?:
	       outputs_watch(session->outputs, loop) ?:
	       loop_watch(loop, tracer_fd(session->tracer), EPOLLIN | EPOLLET, on_ring, session);
}

int session_run(struct session *session)
{
	return loop_run(session->loop) ?: session->error;
}

/* --- ending --- */

/* From here on a signal ends katrace at once, whatever it is waiting for; except SIGHUP for output files. */
static void release_signals(const struct session *session)
{
	loop_release_signal(session->loop, SIGINT);
	loop_release_signal(session->loop, SIGTERM);
	if (!outputs_have_file(session->outputs))
		loop_release_signal(session->loop, SIGHUP);
}

static void drain_the_rest(struct session *session)
{
	int n;

	session_now(session);
	do
		n = tracer_drain(session->tracer);
	while (n > 0 && !enough_events(session));
}

int session_end(struct session *session)
{
	struct moment now;

	release_signals(session);
	tracer_stop(session->tracer);
	session->ending = true;
	outputs_take_time(session->outputs);
	drain_the_rest(session);
	if (!enough_events(session))
		look_for_last(session);
	now = session_now(session);
	if (model_wants_walk(session->model) && lookup_now(session->lookup) == 0)
		model_walked(session->model, now.ns);
	losses_report(&session->losses, &now, true);
	model_finish(session->model, now.ns);
	losses_report(&session->losses, &now, true); /* of what waited until now */
	if (session->options.verbose)
		losses_say_kinds(&session->losses);
	return tell_sums(session, &now);
}
