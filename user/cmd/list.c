// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace list: walks once, or again and again, and shows what was found. */
#include "system/clock.h"
#include "cmd/cmd.h"
#include "cli/list_options.h"
#include "run/lookup.h"
#include "system/terminal.h"
#include "run/explain.h"
#include "system/caps.h"
#include "kernel/walk.h"
#include "model/sockets.h"
#include "model/summary.h"
#include "format/csv.h"
#include "format/report.h"
#include "format/rows.h"
#include "deliver/sink.h"
#include "format/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#define SINK_CAPACITY (512UL * 1024)
/* What is formatted before it is handed to the sink. */
#define PAGE_SIZE (64UL * 1024)
#define LINE_MAX_ANY EVENTS_LINE_MAX

#define SCREEN_BEGIN "\033[?1049h\033[?25l" /* the terminal's other screen, without a cursor */
#define SCREEN_HOME "\033[H\033[J"
#define SCREEN_END "\033[?25h\033[?1049l"

struct list {
	struct list_options options;
	struct walk *walk;
	struct sink *sink;
	uint32_t hz, own_netns;
	uint64_t seed;
	bool terminal, screen; /* stdout is one; and is redrawn */
	struct winsize window;
	size_t lines_left; /* on the screen */
	bool stop;
	char run[16];      /* hexadecimal, in the connection ids */
	uint64_t sequence; /* of the last line of JSON */

	uint64_t wall_ns;        /* when the walk began */
	struct sockets *sockets; /* of the walk being made or shown */
	struct owners *owners;   /* for what lookup remembers of cgroups */
	struct lookup *lookup;
	uint64_t lost; /* found, but there was no memory for it */
	char *page;
	struct out out;
};

/* --- right end: lines to the sink --- */

static void flush_page(struct list *list)
{
	if (list->out.used && sink_write_wait(list->sink, list->out.buf, list->out.used))
		list->stop = true; /* sink_close() will say how */
	list->out = out_make(list->page, PAGE_SIZE);
}

/* Where the next line goes; NULL when the screen is full. */
static struct out *next_line(struct list *list)
{
	if (list->screen && !list->lines_left)
		return NULL;
	list->lines_left--;
	if (PAGE_SIZE - list->out.used < LINE_MAX_ANY)
		flush_page(list);
	return &list->out;
}

/* --- left end: sockets from the walk --- */

static void on_socket(void *ctx, const struct katrace_socket *found)
{
	struct list *list = ctx;
	struct owner holder;

	if (found->owner.pid)
		lookup_process(list->lookup, &found->owner, &holder);
	if (sockets_add(list->sockets, found, found->owner.pid ? &holder : NULL))
		list->lost++;
}

static bool is_wanted(void *ctx, const struct listed *listed)
{
	const struct list_options *options = ctx;

	return criteria_met(&options->criteria, &options->zombies, listed) &&
	       filter_passes_connection(options->filters.filter, &listed->connection);
}

static void forget_sockets(struct list *list)
{
	sockets_free(list->sockets);
	lookup_free(list->lookup);
	owners_free(list->owners);
	list->sockets = NULL;
	list->lookup = NULL;
	list->owners = NULL;
}

/* Nothing is remembered from one walk to the next: processes change their names and their cgroups. */
static int take_sockets(struct list *list)
{
	int err;

	list->wall_ns = clock_ns(CLOCK_REALTIME);
	list->sockets = sockets_new(list->hz, list->seed);
	list->owners = owners_new();
	if (list->owners)
		list->lookup = lookup_new(list->walk, list->owners, list->options.filters.filter);
	if (!list->sockets || !list->lookup)
		return -ENOMEM;
	err = walk_sockets(list->walk, on_socket, list);
	return err ?: sockets_sort(list->sockets, &list->options.zombies, is_wanted, &list->options);
}

/* --- the sockets, one by one --- */

static struct rows *make_rows(const struct list *list)
{
	const struct rows_options options = {
		.color = list->terminal && terminal_has_color(),
		.columns = list->terminal ? list->window.ws_col : 0,
		.own_netns = list->own_netns,
		.zombies = list->options.zombies,
	};

	return rows_new(&options);
}

static int show_rows(struct list *list)
{
	struct rows *rows = make_rows(list);
	struct listed listed = { 0 };
	struct out *out;

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < sockets_count(list->sockets); i++) {
		sockets_get(list->sockets, i, &listed);
		rows_measure(rows, &listed);
	}
	rows_measured(rows);
	if (!list->options.no_header && (out = next_line(list)))
		rows_header(rows, out);
	for (size_t i = 0; i < sockets_count(list->sockets) && !list->stop && (out = next_line(list)); i++) {
		sockets_get(list->sockets, i, &listed);
		rows_row(rows, &listed, out);
	}
	rows_free(rows);
	return 0;
}

static int show_csv(struct list *list)
{
	struct listed listed = { 0 };
	struct out *out;

	if (!list->options.no_header && (out = next_line(list)))
		csv_header(out);
	for (size_t i = 0; i < sockets_count(list->sockets) && !list->stop && (out = next_line(list)); i++) {
		sockets_get(list->sockets, i, &listed);
		csv_row(&listed, out);
	}
	return 0;
}

static int show_json(struct list *list)
{
	struct event_line line = { .run = list->run, .wall_ns = list->wall_ns };
	struct listed listed = { 0 };
	struct out *out;

	for (size_t i = 0; i < sockets_count(list->sockets) && !list->stop && (out = next_line(list)); i++) {
		sockets_get(list->sockets, i, &listed);
		line.sequence = ++list->sequence;
		socket_line(&line, &listed, out);
	}
	return 0;
}

/* --- summed up --- */

static void show_findings(struct list *list, const struct summary *summary)
{
	const size_t before = list->out.used;
	struct out *out;

	for (size_t i = 0; i < summary_count(summary) && !list->stop && (out = next_line(list)); i++) {
		if (out->used == before)
			out_text(out, "\n");
		report_findings(summary_get(summary, i), &list->options.zombies, out);
	}
}

static int show_summary(struct list *list)
{
	struct summary *summary = summary_new(&list->options.zombies, list->seed);
	struct listed listed = { 0 };
	struct out *out;
	int err = summary ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < sockets_count(list->sockets); i++) {
		sockets_get(list->sockets, i, &listed);
		err = summary_add(summary, &listed);
	}
	if (err)
		goto cleanup;
	summary_sort(summary);
	if (!list->options.no_header && (out = next_line(list)))
		report_header(out);
	for (size_t i = 0; i < summary_count(summary) && !list->stop && (out = next_line(list)); i++)
		report_line(summary_get(summary, i), out);
	show_findings(list, summary);
cleanup:
	summary_free(summary);
	return err;
}

/* --- sysctls --- */

/* A handful on most hosts: looked for one after the other. */
struct namespaces {
	struct found_namespace {
		struct katrace_netns netns;
		uint64_t descriptors;
	} * items;
	size_t n;
	bool lost;
};

static void on_netns(void *ctx, const struct katrace_netns *netns)
{
	struct namespaces *found = ctx;
	struct found_namespace *items;

	for (size_t i = 0; i < found->n; i++) {
		if (found->items[i].netns.netns != netns->netns)
			continue;
		found->items[i].descriptors++;
		return;
	}
	items = reallocarray(found->items, found->n + 1, sizeof(*items));
	if (!items) {
		found->lost = true;
		return;
	}
	items[found->n++] = (struct found_namespace){ *netns, 1 };
	found->items = items;
}

static int show_sysctls(struct list *list)
{
	struct namespaces found = { 0 };
	struct out *out;
	int err = walk_netns(list->walk, on_netns, &found);

	if (!err && found.lost)
		err = -ENOMEM;
	if (!err && !list->options.no_header && (out = next_line(list)))
		report_sysctl_header(out);
	for (size_t i = 0; !err && i < found.n && (out = next_line(list)); i++)
		report_sysctl(&found.items[i].netns, list->hz, found.items[i].netns.netns == list->own_netns,
			      found.items[i].descriptors, out);
	free(found.items);
	return err;
}

/* --- once, or again and again --- */

static int show_sockets(struct list *list)
{
	if (list->options.view == VIEW_SUMMARY)
		return show_summary(list);
	if (list->options.format == LIST_CSV)
		return show_csv(list);
	if (list->options.format == LIST_JSON)
		return show_json(list);
	return show_rows(list);
}

static int show(struct list *list)
{
	const uint64_t begin = clock_ns(CLOCK_MONOTONIC);
	uint64_t walked;
	int err;

	list->lines_left = list->screen ? list->window.ws_row - 1U : SIZE_MAX;
	if (list->options.view == VIEW_SYSCTL) {
		err = show_sysctls(list);
		flush_page(list);
		return err;
	}
	err = take_sockets(list);
	walked = clock_ns(CLOCK_MONOTONIC);
	if (!err)
		err = show_sockets(list);
	flush_page(list);
	if (!err && list->options.verbose)
		fprintf(stderr, "katrace: %zu sockets; found in %.1f ms, formatted in %.1f ms\n",
			sockets_count(list->sockets), (double)(walked - begin) / 1e6,
			(double)(clock_ns(CLOCK_MONOTONIC) - walked) / 1e6);
	forget_sockets(list);
	return err;
}

static void look_at_terminal(struct list *list)
{
	list->terminal = isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &list->window) == 0 &&
			 list->window.ws_col && list->window.ws_row;
	list->screen = list->terminal && list->options.watch_s;
}

/* Until the next time, or until the window has another size. False when told to end. */
static bool wait_for_next(const struct list *list, const sigset_t *signals)
{
	const struct timespec pause = { .tv_sec = (time_t)list->options.watch_s };

	switch (sigtimedwait(signals, NULL, &pause)) {
	case SIGINT:
	case SIGTERM:
	case SIGHUP:
		return false;
	default:
		return true;
	}
}

static int watch(struct list *list)
{
	sigset_t signals;
	int err;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGWINCH);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (list->screen)
		out_text(&list->out, SCREEN_BEGIN);
	do {
		look_at_terminal(list);
		if (list->screen)
			out_text(&list->out, SCREEN_HOME);
		err = show(list);
		if (!list->screen && list->options.format == LIST_TEXT)
			out_text(&list->out, "\n"); /* between blocks */
	} while (!err && !list->stop && wait_for_next(list, &signals));
	list->out = out_make(list->page, PAGE_SIZE);
	if (list->screen)
		out_text(&list->out, SCREEN_END);
	flush_page(list);
	return err;
}

/* On a terminal people look at; elsewhere lines are data. */
static void explain_marks(const struct list *list)
{
	if (list->terminal && !list->options.no_header && list->options.view != VIEW_SYSCTL &&
	    list->options.format == LIST_TEXT)
		fputs("katrace: values with a * are the sysctls', the others the socket set itself\n", stderr);
}

/* Those there are; their own descendants are followed by the kernel side. */
static int follow_children(struct list *list)
{
	struct owners *owners = owners_new();
	struct lookup *lookup = lookup_new(list->walk, owners, list->options.filters.filter);
	int err = owners && lookup ? lookup_follow_children(lookup) : -ENOMEM;

	lookup_free(lookup);
	owners_free(owners);
	return err;
}

static int open_sink(struct list *list)
{
	const int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = sink_new(&list->sink, fd, SINK_CAPACITY);
	if (err)
		close(fd);
	return err;
}

static int begin(struct list *list)
{
	const struct walk_options options = {
		.purpose = list->options.view == VIEW_SYSCTL ? WALK_NETNS : WALK_SOCKETS,
		.btf = list->options.btf,
		.kin = list->options.filters.children,
	};
	int err = check_privileges();

	if (err)
		return err;
	libbpf_messages(list->options.verbose > 1);
	err = walk_new(&list->walk, &options);
	if (err)
		return explain_walk_failure(err, list->options.btf);
	list->hz = walk_facts(list->walk)->hz;
	list->own_netns = walk_facts(list->walk)->netns;
	signal(SIGPIPE, SIG_IGN); /* EPIPE tells as much */
	look_at_terminal(list);
	err = caps_drop(NULL);
	if (!err && list->options.filters.children)
		err = follow_children(list);
	if (!err && getrandom(&list->seed, sizeof(list->seed), 0) < 0)
		err = -errno;
	snprintf(list->run, sizeof(list->run), "%08" PRIx32, (uint32_t)(list->seed >> 32));
	if (!err)
		err = open_sink(list);
	list->page = malloc(PAGE_SIZE);
	if (!err && !list->page)
		err = -ENOMEM;
	if (err)
		fprintf(stderr, "katrace: cannot start: %s\n", strerror(-err));
	list->out = out_make(list->page, PAGE_SIZE);
	return err;
}

int cmd_list(int argc, char **argv)
{
	struct list list = { 0 };
	int status = EXIT_TROUBLE;
	uint64_t unwritten;
	int err;

	if (list_options_parse(&list.options, argc, argv)) {
		status = EXIT_BAD_INPUT;
		goto cleanup;
	}
	if (begin(&list))
		goto cleanup;
	err = list.options.watch_s ? watch(&list) : show(&list);
	if (err)
		fprintf(stderr, "katrace: cannot list sockets: %s\n", strerror(-err));
	else if (list.lost)
		fprintf(stderr, "katrace: %" PRIu64 " sockets are missing: no memory for them\n", list.lost);
	else
		status = EXIT_OK;
cleanup:
	err = sink_close(list.sink, &unwritten);
	if (err && err != -EPIPE) {
		fprintf(stderr, "katrace: cannot write the output: %s\n", strerror(-err));
		status = EXIT_TROUBLE;
	}
	if (status == EXIT_OK && !list.options.watch_s)
		explain_marks(&list);
	forget_sockets(&list);
	walk_free(list.walk);
	free(list.page);
	list_options_clear(&list.options);
	return status;
}
