/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Writes many lines to stdout: collects them in pages, and waits for room. */
#ifndef KATRACE_PAGE_H
#define KATRACE_PAGE_H

#include "format/out.h"

#include <stdbool.h>
#include <stddef.h>

struct page;

/* Starts a thread. Returns 0 or -errno. */
int page_new(struct page **page);

/* Like target_close(): the reader may exit. Flush first: other text is lost. NULL is fine. */
int page_close(struct page *page);

/* From now on there is room for this many lines only, for a screen. */
void page_limit(struct page *page, size_t lines);

/*
 * This many lines will be written. If there is no room for all of them, the last line that there is room for says how
 * many are missing: page_end() writes it.
 */
void page_plan(struct page *page, size_t lines);
void page_end(struct page *page);

/* Where to write the next line; NULL if there is no room for it, or no reader. */
struct out *page_line(struct page *page);

/* Text that does not count as a line, for example to control a terminal. */
void page_text(struct page *page, const char *text);

/* Passes the collected lines on. */
void page_flush(struct page *page);

/* True if the reader has exited or writing fails: page_close() returns the error. */
bool page_is_broken(const struct page *page);

#endif
