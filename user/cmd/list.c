// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace list: takes a snapshot of all sockets and shows it, once or repeatedly. */
#include "cli/options.h"
#include "cmd/cmd.h"
#include "kernel/object.h"
#include "run/explain.h"
#include "run/loop.h"
#include "run/page.h"
#include "run/snapshot.h"
#include "run/views.h"
#include "system/caps.h"
#include "system/clock.h"
#include "system/terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#define SCREEN_BEGIN "\033[?1049h\033[?25l" /* the alternate screen of the terminal, without a cursor */
#define SCREEN_HOME "\033[H\033[J"
#define SCREEN_END "\033[?25h\033[?1049l"

struct list {
	struct options options;
	struct snapshot *snapshot;
	struct page *page;
	struct view view;
	bool terminal, screen; /* stdout is a terminal; and is redrawn */
	struct winsize window;
	struct loop *loop;
	uint64_t next_ns; /* of --watch: CLOCK_BOOTTIME */
	int error;
};

/* --- once --- */

static int show_sockets(struct list *list)
{
	if (list->options.view == VIEW_SUMMARY)
		return view_summary(&list->view, list->snapshot);
	if (list->options.format == LIST_CSV)
		return view_csv(&list->view, list->snapshot);
	if (list->options.format == LIST_JSON)
		return view_json(&list->view, list->snapshot);
	return view_rows(&list->view, list->snapshot);
}

static int list_sockets(struct list *list)
{
	const uint64_t begin = clock_ns(CLOCK_MONOTONIC);
	int err = snapshot_take(list->snapshot);
	const uint64_t taken = clock_ns(CLOCK_MONOTONIC);

	if (!err)
		err = show_sockets(list);
	page_end(list->page);
	page_flush(list->page);
	if (!err && list->options.verbose)
		fprintf(stderr, "katrace: sockets: %zu; found in %.1f ms, formatted in %.1f ms\n",
			sockets_count(snapshot_sockets(list->snapshot)), (double)(taken - begin) / 1e6,
			(double)(clock_ns(CLOCK_MONOTONIC) - taken) / 1e6);
	return err;
}

static int list_sysctls(struct list *list)
{
	int err = snapshot_take_sysctls(list->snapshot);
	size_t n;

	snapshot_sysctls(list->snapshot, &n);
	if (!err && !n && !list->options.watch_s)
		fputs("katrace: no process has a TCP socket there: the sysctls are not known\n", stderr);
	if (!err)
		err = view_sysctls(&list->view, list->snapshot);
	page_end(list->page);
	page_flush(list->page);
	return err;
}

static int show(struct list *list)
{
	int err;

	page_limit(list->page, list->screen ? list->window.ws_row - 1U : SIZE_MAX);
	err = list->options.view == VIEW_SYSCTL ? list_sysctls(list) : list_sockets(list);
	snapshot_clear(list->snapshot);
	return err;
}

/* --- repeatedly --- */

static void look_at_terminal(struct list *list)
{
	list->terminal = isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &list->window) == 0 &&
			 list->window.ws_col && list->window.ws_row;
	list->screen = list->terminal && list->options.watch_s && list->options.format == LIST_TEXT;
	list->view.color = list->terminal && terminal_has_color();
	list->view.columns = list->terminal ? list->window.ws_col : 0;
}

/* Called after the interval, and when the size of the window changes. */
static void show_again(void *ctx)
{
	struct list *list = ctx;

	look_at_terminal(list);
	if (list->screen)
		page_text(list->page, SCREEN_HOME);
	list->error = show(list);
	if (!list->screen && list->options.format == LIST_TEXT)
		page_text(list->page, "\n"); /* between blocks */
	list->next_ns = clock_ns(CLOCK_BOOTTIME) + list->options.watch_s * NS_PER_S;
	if (list->error || page_is_broken(list->page))
		loop_stop(list->loop);
}

static uint64_t next_show(void *ctx)
{
	const struct list *list = ctx;

	return list->next_ns;
}

static void stop(void *ctx)
{
	const struct list *list = ctx;

	loop_stop(list->loop);
}

static int watch(struct list *list)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	int err = loop_new(&list->loop) ?:
		  loop_ending_signals(list->loop, stop, list) ?:
		  loop_signal(list->loop, SIGWINCH, show_again, list) ?:
		  loop_deadline(list->loop, next_show, show_again, list);

	if (!err && list->screen)
		page_text(list->page, SCREEN_BEGIN);
	if (!err)
		err = loop_run(list->loop) ?: list->error;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) /* the rest may wait for a reader */
		loop_release_signal(list->loop, ends[i]);
	if (list->screen) {
		page_text(list->page, SCREEN_END);
		page_flush(list->page);
	}
	loop_free(list->loop);
	return err;
}

/* --- beginning and ending --- */

static int open_snapshot(struct list *list)
{
	const struct snapshot_options options = {
		.sysctls = list->options.view == VIEW_SYSCTL,
		.children = list->options.filters.children,
		.all_namespaces = list->options.all_namespaces,
		.btf = list->options.btf,
		.filter = list->options.filters.filter,
		.criteria = &list->options.criteria,
		.zombies = list->options.zombies,
	};
	int err = check_privileges() ?: check_open_files();

	if (err)
		return err;
	libbpf_messages(list->options.verbose > 1);
	return snapshot_new(&list->snapshot, &options);
}

static int prepare_view(struct list *list)
{
	uint32_t run;

	if (getrandom(&list->view.seed, sizeof(list->view.seed), 0) < 0 || getrandom(&run, sizeof(run), 0) < 0)
		return -errno;
	snprintf(list->view.run, sizeof(list->view.run), "%08" PRIx32, run);
	list->view.zombies = list->options.zombies;
	list->view.json = list->options.format == LIST_JSON;
	list->view.header = !list->options.no_header;
	list->view.page = list->page;
	return 0;
}

static int begin(struct list *list)
{
	int err;

	if (open_snapshot(list))
		return -1;
	signal(SIGPIPE, SIG_IGN); /* EPIPE is enough */
	look_at_terminal(list);
	err = caps_drop(NULL);
	if (!err && list->options.filters.children)
		err = snapshot_follow_children(list->snapshot);
	if (!err)
		err = page_new(&list->page);
	if (!err)
		err = prepare_view(list);
	if (err)
		fprintf(stderr, "katrace: cannot start: %s\n", strerror(-err));
	return err;
}

/* For people at a terminal only; elsewhere lines are data. */
static void explain_marks(const struct list *list)
{
	if (list->terminal && !list->options.no_header && list->options.format == LIST_TEXT && list->view.marks)
		fputs("katrace: values with * come from a sysctl; the socket set the others itself\n", stderr);
}

/* Returns the exit status so far. */
static int run(struct list *list)
{
	const int err = list->options.watch_s ? watch(list) : show(list);
	const uint64_t missing = snapshot_missing(list->snapshot);

	if (err)
		fprintf(stderr, "katrace: cannot list sockets: %s\n", strerror(-err));
	else if (missing)
		fprintf(stderr, "katrace: out of memory; sockets missing: %" PRIu64 "\n", missing);
	return err || missing || !snapshot_is_whole(list->snapshot) ? EXIT_TROUBLE : EXIT_OK;
}

int cmd_list(const struct options *options)
{
	struct list list = { .options = *options };
	int status = EXIT_TROUBLE;
	int err;

	if (!begin(&list))
		status = run(&list);
	err = page_close(list.page); /* prints its error */
	if (err && err != -EPIPE)
		status = EXIT_TROUBLE;
	if (status == EXIT_OK && !list.options.watch_s)
		explain_marks(&list);
	snapshot_free(list.snapshot);
	return status;
}
