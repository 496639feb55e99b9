// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Opening a session: first what needs privileges, then everything else. */
#include "run/session_parts.h"

#include "run/announce.h"
#include "run/explain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- with privileges --- */

/* With --pid, walks need to see those processes only, unless --children is given. */
static bool restrict_walk(const struct session *session, struct walk *walk)
{
	uint32_t *walked;
	bool restricted;
	size_t n;
	const struct wanted_pid *pids = filter_pids(session->options.filter, &n);

	if (!n || session->options.children)
		return false;
	walked = calloc(n, sizeof(*walked));
	if (!walked)
		return false;
	for (size_t i = 0; i < n; i++)
		walked[i] = pids[i].pid;
	restricted = walk_restrict(walk, walked, n) == 0;
	free(walked);
	return restricted;
}

static int open_walk(struct session *session)
{
	const struct walk_options options = { .btf = session->options.btf, .kin = session->options.children };
	int err;

	libbpf_messages(session->options.verbose > 1);
	err = walk_new(&session->walk, &options);
	if (err)
		return explain_walk_failure(err, options.btf);
	session->restricted = restrict_walk(session, session->walk);
	return 0;
}

/* Another walk, which sees the state of the sockets. */
static int open_states(struct session *session)
{
	const struct walk_options options = { .purpose = WALK_SOCKETS,
					      .btf = session->options.btf,
					      .kin = session->options.children };
	int err;

	if (!session->options.middlebox_timeout_s)
		return 0;
	err = walk_new(&session->states, &options);
	if (err)
		return explain_walk_failure(err, options.btf);
	restrict_walk(session, session->states);
	return 0;
}

static int open_tracer(struct session *session)
{
	const struct session_options *options = &session->options;
	const struct tracer_options tracer_options = {
		.mode = options->mode,
		.btf = options->btf,
		.method = walk_read_method(session->walk),
		.ring_bytes = options->buffer_kib * 1024,
		.answers = !options->no_answers,
		.filters = options->filtered,
		.all = options->all,
		.max_stories = options->max_connections,
	};
	int err;

	hooks_init(session->hooks, options->btf);
	err = tracer_new(&session->tracer, &tracer_options, walk_facts(session->walk), session->hooks,
			 session_on_record, session);
	if (options->verbose)
		say_hooks(session->hooks);
	return err ? explain_tracer_failure(err, &tracer_options) : 0;
}

int session_new(struct session **out, const struct session_options *options)
{
	struct session *session = calloc(1, sizeof(*session));
	int err;

	if (!session)
		return -ENOMEM;
	session->options = *options;
	err = open_walk(session) ?: open_tracer(session) ?: open_states(session);
	if (err) {
		session_free(session);
		return err;
	}
	*out = session;
	return 0;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	model_free(session->model);
	netns_names_free(session->netns_names);
	lookup_free(session->lookup);
	middlebox_free(session->middlebox);
	owners_free(session->owners);
	sweep_clear(&session->sweep);
	tracer_free(session->tracer);
	walk_free(session->walk);
	walk_free(session->states);
	watched_free(session->watched);
	loop_free(session->loop);
	free(session);
}

/* --- without --- */

static int open_model(struct session *session)
{
	const struct model_options options = {
		.max_connections = session->options.max_connections,
		.partial_walks = session->restricted,
		.middlebox_timeout_s = session->options.middlebox_timeout_s,
		.no_timelines = !outputs_show_timelines(session->outputs),
		.all = session->options.all,
		.filter = session->options.filter,
	};
	const struct model_output output = { .event = session_on_event,
					     .finished = session_on_finished,
					     .ctx = session };

	session->owners = owners_new();
	session->netns_names = netns_names_new();
	if (!session->owners || !session->netns_names)
		return -ENOMEM;
	session->model = model_new(&options, &output, session->owners);
	return session->model ? 0 : -ENOMEM;
}

/* A signal ends it. Returns 0 or -errno. */
static int walk_first(const struct session *session)
{
	int result;

	do
		result = lookup_step(session->lookup);
	while (result > 0 && loop_poll(session->loop));
	return result < 0 ? result : 0;
}

static int open_lookup(struct session *session)
{
	int err = 0;

	session->lookup = lookup_new(session->walk, session->owners, session->options.filter);
	if (!session->lookup)
		return -ENOMEM;
	if (session->options.children)
		err = lookup_follow_children(session->lookup);
	return err ?: walk_first(session);
}

static int open_middlebox(struct session *session)
{
	const struct middlebox_options options = {
		.timeout_s = session->options.middlebox_timeout_s,
		.walk = session->states,
		.filter = session->options.filter,
		.model = session->model,
		.netns_names = session->netns_names,
	};

	struct lookup *lookup;
	int err = 0;

	if (!session->states)
		return 0;
	session->middlebox = middlebox_new(&options);
	lookup = lookup_new(session->states, session->owners, session->options.filter);
	if (!session->middlebox || !lookup)
		err = -ENOMEM;
	else if (session->options.children)
		err = lookup_follow_children(lookup); /* its walk remembers them */
	lookup_free(lookup);
	return err;
}

static void say_all_choices(const struct session *session)
{
	if (!session->options.verbose)
		return;
	say_choices(session->tracer, session->walk, session->options.mode);
	if (session->restricted)
		fputs("katrace: owners are looked up among the processes of --pid only\n", stderr);
	fprintf(stderr, "katrace: kernel HZ is %u; the first walk over all descriptors took %.1f ms\n",
		walk_facts(session->walk)->hz,
		(double)(clock_ns(CLOCK_BOOTTIME) - owners_walked_ns(session->owners)) / 1e6);
}

int session_begin(struct session *session, struct outputs *outputs)
{
	struct moment now;
	int err;

	session->outputs = outputs;
	err = session_watch(session) ?: open_model(session) ?: open_lookup(session) ?: open_middlebox(session);
	if (err) {
		fprintf(stderr, "katrace: cannot start: %s\n", strerror(-err));
		return err;
	}
	say_all_choices(session);
	explain_pid_namespace(session->walk);
	now = session_now(session);
	session->losses = (struct losses){
		.tracer = session->tracer,
		.model = session->model,
		.outputs = outputs,
		.lookup = session->lookup,
		.max_connections = session->options.max_connections,
		.start_ns = now.ns,
	};
	session->sweep = (struct sweep){ .tracer = session->tracer, .model = session->model };
	session->end_ns = now.ns + session->options.duration_s * NS_PER_S;
	session->next_stats_ns = now.ns + session->options.stats_s * NS_PER_S;
	if (tell_started(outputs, session->tracer, session->hooks, session->walk,
			 netns_names_find(session->netns_names, walk_facts(session->walk)->netns), now.wall_ns))
		session_stop(session);
	tracer_start(session->tracer);
	say_tracing(session->tracer, session->options.filtered, outputs_show_timelines(outputs));
	if (session->middlebox)
		middlebox_begin(session->middlebox); /* after an error the next walk tries again */
	return 0;
}
