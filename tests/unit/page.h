/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef KATRACE_TEST_PAGE_H
#define KATRACE_TEST_PAGE_H

#include "unit.h"

#include "model/model.h"
#include "format/text.h"

#include <stdio.h>
#include <stdlib.h>

/* A model whose output is the text of a run. The wall clock is 2026-11-20 21:04:00 UTC at boot. */
#define BOOT_WALL_NS (1795208640ULL * SECOND)

struct page {
	struct owners *owners;
	struct filter *filter;
	struct model *model;
	struct text *text;
	char buf[64 * 1024];
	struct out out;
	char title[TITLE_LENGTH + 1]; /* of the owner */
};

static inline void on_event(void *ctx, const struct event *event)
{
	struct event told = *event;
	struct page *page = ctx;

	told.wall_ns = BOOT_WALL_NS + event->time_ns;
	text_event(page->text, &told, &page->out);
}

static inline void on_finished(void *ctx, const struct connection *connection)
{
	struct page *page = ctx;

	text_timeline(page->text, connection, &page->out);
}

static inline struct page *page_new_with(struct text_options options, const char *comm, uint32_t middlebox_timeout_s)
{
	struct model_options model_options = { .max_connections = 10, .middlebox_timeout_s = middlebox_timeout_s };
	struct page *page = calloc(1, sizeof(*page));
	const struct model_output output = { .event = on_event, .finished = on_finished, .ctx = page };
	struct katrace_owner owner = { .sock = 1, .inode = 1001, .pid = 1787 };

	page->owners = owners_new();
	page->filter = filter_new();
	model_options.filter = page->filter;
	page->model = model_new(&model_options, &output, page->owners);
	page->text = text_new(&options);
	page->out = out_make(page->buf, sizeof(page->buf));
	owners_walk_begin(page->owners, 1);
	snprintf(owner.comm, sizeof(owner.comm), "%s", comm);
	owners_found(page->owners, &owner, &(struct found_process){ .title = page->title });
	owners_walk_end(page->owners);
	return page;
}

static inline struct page *page_new(struct text_options options, const char *comm)
{
	return page_new_with(options, comm, 0);
}

static inline void page_free(struct page *page)
{
	model_free(page->model);
	filter_free(page->filter);
	owners_free(page->owners);
	text_free(page->text);
	free(page);
}

static inline void observe(struct page *page, struct sighting s)
{
	/* one moment for all: the owner does not age */
	assert_int_equal(model_observe(page->model, &s, SECOND), 0);
}

static inline void expect(struct page *page, const char *text)
{
	page->buf[page->out.used] = '\0';
	assert_string_equal(page->buf, text);
	page->out.used = 0;
}

/* Only the sentence at the end of the block. */
static inline void expect_sentence(struct page *page, const char *text)
{
	page->buf[page->out.used] = '\0';
	assert_non_null(strstr(page->buf, text));
}

static const struct text_options plain = { .own_netns = 7 };

#endif
