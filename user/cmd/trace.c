// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace trace: what keepalive does, live. */
#include "cmd/cmd.h"
#include "run/explain.h"
#include "run/output.h"
#include "run/session.h"
#include "system/caps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int check_rights(const struct options *options)
{
	if (check_privileges())
		return -EPERM;
	if (options->user && !caps_can_switch_user()) {
		fprintf(stderr, "katrace: missing privilege: --user needs CAP_SETUID and CAP_SETGID; omit it, or run "
				"katrace as root\n");
		return -EPERM;
	}
	return check_open_files();
}

static int attach(struct session **session, const struct options *options)
{
	const struct session_options session_options = {
		.filter = options->filters.filter,
		.filtered = options->filters.filtered,
		.children = options->filters.children,
		.all = options->all,
		.middlebox_timeout_s = (uint32_t)options->middlebox_timeout_s,
		.max_connections = (uint32_t)options->max_connections,
		.duration_s = options->duration_s,
		.count = options->count,
		.stats_s = options->stats_s,
		.mode = options->mode,
		.btf = options->btf,
		.buffer_kib = (uint32_t)options->buffer_kib,
		.no_answers = options->no_answers,
		.verbose = options->verbose,
	};

	return session_new(session, &session_options);
}

static int drop_privileges(const struct options *options)
{
	int err = caps_drop(options->user ? &options->account : NULL);

	if (err)
		fprintf(stderr, "katrace: cannot start: %s\n", strerror(-err));
	return err;
}

/* The first output is the main one; --record adds another. */
static int add_outputs(struct outputs *outputs, const struct options *options)
{
	int err = outputs_add(outputs, options->json ? &json_output : &text_output, options->output);

	if (!err && options->record)
		err = outputs_add(outputs, &json_output, options->record);
	return err;
}

/*
 * Files are opened with all rights, because root without capabilities may not write to the directory of the user who
 * ran sudo; but those of --user are that user's. Threads begin without privileges.
 */
static int open_outputs(struct outputs **outputs, const struct options *options)
{
	int err;

	*outputs = outputs_new();
	if (!*outputs)
		return -ENOMEM;
	if (options->user)
		err = drop_privileges(options) ?: add_outputs(*outputs, options);
	else
		err = add_outputs(*outputs, options) ?: drop_privileges(options);
	return err ?: outputs_start(*outputs);
}

static int run(struct session *session)
{
	int err = session_run(session) ?: session_end(session);

	if (err)
		fprintf(stderr, "katrace: stopped: %s\n", strerror(-err));
	return err;
}

int cmd_trace(const struct options *options)
{
	struct session *session = NULL;
	struct outputs *outputs = NULL;
	int status, err;

	err = check_rights(options) ?:
	      attach(&session, options) ?:
	      open_outputs(&outputs, options) ?:
	      session_begin(session, outputs) ?:
	      run(session);
	status = err ? EXIT_TROUBLE : EXIT_OK;
	if (outputs_close(outputs))
		status = EXIT_TROUBLE;
	session_free(session);
	return status;
}
