/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Many lines to stdout: collected in pages, which wait until the sink has room. */
#ifndef KATRACE_PAGE_H
#define KATRACE_PAGE_H

#include "format/out.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct page;

/* Threads begin here. Returns 0 or -errno. */
int page_new(struct page **page);

/* As sink_close(); *unwritten lines were not written. What was not flushed is lost. NULL is fine. */
int page_close(struct page *page, uint64_t *unwritten);

/* From now on there is room for this many lines only, as on a screen. */
void page_limit(struct page *page, size_t lines);

/* Where the next line goes; NULL when there is no room for it, or nobody to read it. */
struct out *page_line(struct page *page);

/* Text that counts as no line: to steer a terminal, say. */
void page_text(struct page *page, const char *text);

/* Hands over what was collected. */
void page_flush(struct page *page);

/* Nobody reads it any more, or it cannot be written: page_close() says how. */
bool page_is_broken(const struct page *page);

#endif
