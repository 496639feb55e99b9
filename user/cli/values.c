// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/values.h"

#include "cli/command_line.h"
#include "cli/errors.h"
#include "cli/parse.h"
#include "model/integer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SECOND_US 1000000ULL

/* --- one option --- */

int take_seconds(struct options *options, const char *name, const char *argument, uint64_t min, uint64_t max,
		 uint64_t *seconds)
{
	const int err = parse_duration(argument, max, seconds);

	if (err == -ERANGE)
		return bad_input(options, "--%s: '%s' is longer than %llud", name, argument,
				 (unsigned long long)max / 86400);
	if (err)
		return bad_input(options, "--%s: '%s' is not a time such as 90, 90s, 10m, 2h or 3d", name, argument);
	if (*seconds < min)
		return bad_input(options, "--%s: '%s' is shorter than %llus", name, argument, (unsigned long long)min);
	return 0;
}

int take_duration(struct options *options, const char *name, const char *argument, uint64_t *us)
{
	uint64_t seconds;
	int err = take_seconds(options, name, argument, 0, DURATION_MAX_S, &seconds);

	if (!err)
		*us = seconds * SECOND_US;
	return err;
}

static int take_family(struct options *options, bool ipv6)
{
	options->filters.filtered = true;
	return filter_add_family(options->filters.filter, ipv6);
}

int take_ipv4(struct options *options, const char *argument)
{
	(void)argument;
	return take_family(options, false);
}

int take_ipv6(struct options *options, const char *argument)
{
	(void)argument;
	return take_family(options, true);
}

int take_failures(struct options *options, const char *argument)
{
	(void)argument;
	filter_set_failures(options->filters.filter);
	return 0;
}

int take_user(struct options *options, const char *argument)
{
	int err = account_find(argument, &options->account);

	if (err == -ENOENT)
		return bad_input(options, "--user: there is no user '%s' in /etc/passwd", argument);
	if (err)
		return bad_input(options, "--user: cannot look up '%s': %s", argument, strerror(-err));
	options->user = argument;
	return 0;
}

/* bpf(2) requires a power of two and whole pages */
int take_buffer(struct options *options, const char *argument)
{
	const uint64_t page_kib = (uint64_t)sysconf(_SC_PAGESIZE) / 1024, max_kib = 1024UL * 1024;
	uint64_t kib;

	if (parse_number(argument, page_kib, max_kib, &kib) || (kib & (kib - 1)))
		return bad_input(options, "--buffer: '%s' is not a power of two from %llu to %llu", argument,
				 (unsigned long long)page_kib, (unsigned long long)max_kib);
	options->buffer_kib = kib;
	return 0;
}

int take_middlebox(struct options *options, const char *argument)
{
	uint64_t *seconds = &options->middlebox_timeout_s;
	int err = take_seconds(options, "middlebox-timeout", argument, 1, DURATION_MAX_S, seconds);

	if (err)
		return err;
	options->criteria.middlebox_us = *seconds * SECOND_US;
	options->criteria.by_middlebox = true;
	return 0;
}

int take_zombies(struct options *options, const char *argument)
{
	const char *comma = argument ? strchr(argument, ',') : NULL;
	char silent[32];
	int err;

	options->criteria.zombies = true;
	if (!argument)
		return 0;
	if (!comma)
		return take_duration(options, "zombies", argument, &options->zombies.silent_us);
	/* a truncated argument is invalid as well: it has too many digits */
	snprintf(silent, sizeof(silent), "%.*s", (int)(comma - argument), argument);
	err = take_duration(options, "zombies", silent, &options->zombies.silent_us);
	return err ?: take_duration(options, "zombies", comma + 1, &options->zombies.due_us);
}

/* --- checks across options --- */

static int check_filters(struct options *options)
{
	size_t n_pids;

	filter_pids(options->filters.filter, &n_pids);
	if (options->filters.children && !n_pids)
		return bad_input(options, "--children requires --pid");
	return 0;
}

int check_trace(struct options *options)
{
	return check_filters(options);
}

static bool selects_connections(const struct options *options)
{
	const struct criteria *by = &options->criteria;

	return filter_is_about_more_than_netns(options->filters.filter) ||
	       filter_wants_failures(options->filters.filter) || by->listeners || by->no_keepalive || by->zombies ||
	       by->by_silence || by->by_middlebox || by->by_due;
}

int check_list(struct options *options)
{
	if (options->json && options->csv)
		return bad_input(options, "--json and --csv exclude each other");
	if (options->summary && options->sysctl)
		return bad_input(options, "--summary and --sysctl exclude each other");
	if ((options->summary || options->sysctl) && options->csv)
		return bad_input(options, "--summary and --sysctl are text or --json: not with --csv");
	if (options->summary && options->criteria.listeners)
		return bad_input(options, "--summary is about connections: not with --listening");
	if (options->sysctl && selects_connections(options))
		return bad_input(options, "--sysctl shows network namespaces: --netns selects them, options that "
					  "select connections do not");
	if (options->all_namespaces && options->sysctl)
		return bad_input(options, "--all-namespaces is about sockets: not with --sysctl");
	if (options->all_namespaces && options->watch_s)
		return bad_input(options,
				 "--all-namespaces is for one look: not with --watch, because katrace gives up "
				 "the privilege to enter network namespaces");
	if (options->json)
		options->format = LIST_JSON;
	if (options->csv)
		options->format = LIST_CSV;
	if (options->summary)
		options->view = VIEW_SUMMARY;
	if (options->sysctl)
		options->view = VIEW_SYSCTL;
	options->criteria.problems = filter_wants_failures(options->filters.filter);
	return check_filters(options);
}

int check_replay(struct options *options)
{
	options->file = options->argument;
	return 0;
}

int check_help(struct options *options)
{
	options->topic = COMMANDS;
	return options->argument ? find_command(options, options->argument, &options->topic) : 0;
}
