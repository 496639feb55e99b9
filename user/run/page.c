// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/page.h"

#include "format/csv.h"
#include "format/line.h"
#include "format/report.h"
#include "format/rows.h"
#include "run/target.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#define SINK_CAPACITY (512UL * 1024)
/* How much is collected before it is passed on. */
#define PAGE_SIZE (64UL * 1024)
#define LINE_MAX_ANY EVENTS_LINE_MAX

_Static_assert(ROWS_LINE_MAX <= LINE_MAX_ANY && CSV_LINE_MAX <= LINE_MAX_ANY && REPORT_LINE_MAX <= LINE_MAX_ANY,
	       "room for every line");

struct page {
	struct target *target;
	struct out out;
	size_t lines_left;
	size_t missing; /* lines for which there is no room */
	bool broken;
	char buf[PAGE_SIZE];
};

int page_new(struct page **out)
{
	struct page *page = malloc(sizeof(*page));
	int err;

	if (!page)
		return -ENOMEM;
	page->target = NULL;
	err = target_new(&page->target, NULL) ?: target_start(page->target, SINK_CAPACITY);
	if (err) {
		target_close(page->target, true);
		free(page);
		return err;
	}
	target_take_time(page->target);
	page->out = out_make(page->buf, PAGE_SIZE);
	page->lines_left = SIZE_MAX;
	page->missing = 0;
	page->broken = false;
	*out = page;
	return 0;
}

int page_close(struct page *page)
{
	int err;

	if (!page)
		return 0;
	err = target_close(page->target, true);
	free(page);
	return err;
}

void page_limit(struct page *page, size_t lines)
{
	page->lines_left = lines;
	page->missing = 0;
}

void page_plan(struct page *page, size_t lines)
{
	if (lines <= page->lines_left || !page->lines_left)
		return;
	page->lines_left--;
	page->missing = lines - page->lines_left;
}

void page_end(struct page *page)
{
	if (page->missing && !page->broken)
		out_printf(&page->out, "... %zu more line%s\n", page->missing, page->missing == 1 ? "" : "s");
	page->missing = 0;
}

struct out *page_line(struct page *page)
{
	if (PAGE_SIZE - page->out.used < LINE_MAX_ANY)
		page_flush(page);
	if (!page->lines_left || page->broken)
		return NULL;
	page->lines_left--;
	return &page->out;
}

void page_text(struct page *page, const char *text)
{
	out_text(&page->out, text);
}

void page_flush(struct page *page)
{
	if (page->out.used && (target_write(page->target, &page->out) || target_lost(page->target)))
		page->broken = true; /* lost: the disk is full */
	page->out = out_make(page->buf, PAGE_SIZE);
}

bool page_is_broken(const struct page *page)
{
	return page->broken;
}
