// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/page.h"

#include "deliver/sink.h"
#include "format/csv.h"
#include "format/line.h"
#include "format/report.h"
#include "format/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define SINK_CAPACITY (512UL * 1024)
/* How much is collected before it is passed to the sink. */
#define PAGE_SIZE (64UL * 1024)
#define LINE_MAX_ANY EVENTS_LINE_MAX

_Static_assert(ROWS_LINE_MAX <= LINE_MAX_ANY && CSV_LINE_MAX <= LINE_MAX_ANY && REPORT_LINE_MAX <= LINE_MAX_ANY,
	       "room for every line");

struct page {
	struct sink *sink;
	struct out out;
	size_t lines_left;
	bool broken;
	char buf[PAGE_SIZE];
};

/* The sink gets a descriptor of its own. */
static int open_sink(struct sink **sink)
{
	const int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = sink_new(sink, fd, SINK_CAPACITY);
	if (err)
		close(fd);
	return err;
}

int page_new(struct page **out)
{
	struct page *page = malloc(sizeof(*page));
	int err;

	if (!page)
		return -ENOMEM;
	page->out = out_make(page->buf, PAGE_SIZE);
	page->lines_left = SIZE_MAX;
	page->broken = false;
	err = open_sink(&page->sink);
	if (err) {
		free(page);
		return err;
	}
	*out = page;
	return 0;
}

int page_close(struct page *page, uint64_t *unwritten)
{
	int err;

	*unwritten = 0;
	if (!page)
		return 0;
	err = sink_close(page->sink, unwritten);
	free(page);
	return err;
}

void page_limit(struct page *page, size_t lines)
{
	page->lines_left = lines;
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
	if (page->out.used && sink_write_wait(page->sink, page->out.buf, page->out.used))
		page->broken = true;
	page->out = out_make(page->buf, PAGE_SIZE);
}

bool page_is_broken(const struct page *page)
{
	return page->broken;
}
