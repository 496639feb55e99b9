// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/filters.h"

#include "cli/parse.h"
#include "cli/errors.h"
#include "system/processes.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

/* Long options without a letter. */
enum {
	KEY_LOCAL = 0x200,
	KEY_PEER,
	KEY_PORT,
	KEY_NETNS,
	KEY_FAILURES,
	KEY_CHILDREN,
	KEY_CGROUP,
	KEY_CONTAINER,
};

#define WHERE_IS "an address, a network, :PORT or ADDRESS:PORT"

/* Short enough for one line each: --help must fit a screen. */
static const struct argp_option known[] = {
	{ "pid", 'p', "PID[,PID...]", 0, "Only connections these processes hold", 0 },
	{ "children", KEY_CHILDREN, NULL, 0, "With -p: and those of all their descendants", 0 },
	{ "comm", 'c', "NAME[,NAME...]", 0, "Only those of processes so called (*, ? match)", 0 },
	{ "local", KEY_LOCAL, "AT", 0, "Only from, only to ADDR[/BITS], :PORT, ADDR:PORT", 0 },
	{ "peer", KEY_PEER, NULL, OPTION_ALIAS, NULL, 0 },
	{ "port", KEY_PORT, "N[,N...]", 0, "Only with this port on either side", 0 },
	{ NULL, '4', NULL, 0, "Only over IPv4, only over IPv6", 0 },
	{ NULL, '6', NULL, OPTION_ALIAS, NULL, 0 },
	{ "cgroup", KEY_CGROUP, "PATH", 0, "Only in that cgroup or below it", 0 },
	{ "container", KEY_CONTAINER, "ID", 0, "Only in the container whose id begins so", 0 },
	{ "netns", KEY_NETNS, "NS", 0, "Only in that network namespace: PID, path, number", 0 },
	{ "failures", KEY_FAILURES, NULL, 0, "Only events that something is wrong", 0 },
	{ 0 },
};

/* --- filters: each takes one item of a list --- */

static int take_pid(void *filter, const char *item)
{
	uint64_t start;
	uint32_t pid;
	int err = parse_pid(item, &pid);

	if (!err)
		err = process_start(pid, &start) ? -ESRCH : 0;
	return err ?: filter_add_pid(filter, pid, start);
}

static int take_any_pid(void *filter, const char *item)
{
	uint32_t pid;
	int err = parse_any_pid(item, &pid);

	return err ?: filter_add_pid(filter, pid, 0);
}

static int take_port(void *filter, const char *item)
{
	uint16_t port;

	return parse_port(item, &port) ?: filter_add_port(filter, port);
}

static int take_netns(void *filter, const char *item)
{
	uint32_t inode;
	int err = parse_netns(item, &inode);

	return err ?: filter_add_netns(filter, inode);
}

static int take_comm(void *filter, const char *item)
{
	return filter_add_comm(filter, item);
}

static int take_cgroup(void *filter, const char *item)
{
	char path[PATH_MAX];
	int err = parse_cgroup(item, path, sizeof(path));

	return err ?: filter_add_cgroup(filter, path);
}

static int take_container(void *filter, const char *item)
{
	return parse_container(item) ?: filter_add_container(filter, item);
}

static int take_local(void *filter, const char *item)
{
	struct where where;

	return parse_where(item, &where) ?: filter_add_local(filter, &where);
}

static int take_peer(void *filter, const char *item)
{
	struct where where;

	return parse_where(item, &where) ?: filter_add_peer(filter, &where);
}

static error_t take_filter(struct filter_options *options, const char *option, const char *arg,
			   int (*take_item)(void *filter, const char *item), const char *what)
{
	char bad[PATH_MAX] = "";

	options->filtered = true;
	switch (parse_list(arg, take_item, options->filter, bad, sizeof(bad))) {
	case 0:
		return 0;
	case -ENOMEM:
		return ENOMEM;
	case -ESRCH:
		return bad_input("%s: there is no process %s", option, bad);
	case -ENOENT:
		return bad_input("%s: there is no '%s'", option, bad);
	default:
		return bad_input("%s: '%s' is not %s", option, bad, what);
	}
}

static error_t take(int key, char *arg, struct argp_state *state)
{
	struct filter_options *options = state->input;
	size_t n_pids;

	if (options->recorded && (key == KEY_CGROUP || key == KEY_CHILDREN))
		return bad_input("%s: that is not in a recording", key == KEY_CGROUP ? "--cgroup" : "--children");
	switch (key) {
	case 'p':
		return take_filter(options, "--pid", arg, options->recorded ? take_any_pid : take_pid, "a process id");
	case 'c':
		return take_filter(options, "--comm", arg, take_comm, "a name");
	case KEY_LOCAL:
		return take_filter(options, "--local", arg, take_local, WHERE_IS);
	case KEY_PEER:
		return take_filter(options, "--peer", arg, take_peer, WHERE_IS);
	case KEY_PORT:
		return take_filter(options, "--port", arg, take_port, "a port from 1 to 65535");
	case KEY_NETNS:
		return take_filter(options, "--netns", arg, take_netns,
				   "a process id, a path, or the number of a network namespace");
	case KEY_CGROUP:
		return take_filter(options, "--cgroup", arg, take_cgroup, "a path that begins with /");
	case KEY_CONTAINER:
		return take_filter(options, "--container", arg, take_container, "the beginning of a container id");
	case KEY_CHILDREN:
		options->children = true;
		return 0;
	case ARGP_KEY_END:
		filter_pids(options->filter, &n_pids);
		if (options->children && !n_pids)
			return bad_input("--children: of which processes? name them with --pid");
		return 0;
	case '4':
	case '6':
		options->filtered = true;
		return -filter_add_family(options->filter, key == '6');
	case KEY_FAILURES:
		filter_set_failures(options->filter);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp filters_argp = { .options = known, .parser = take };

/* The note takes three lines to say what everybody knows. */
char *filters_help(int key, const char *text, void *input)
{
	(void)input;
	return key == ARGP_KEY_HELP_DUP_ARGS_NOTE ? NULL : (char *)text;
}
