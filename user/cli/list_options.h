/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The options of `katrace list`. */
#ifndef KATRACE_LIST_OPTIONS_H
#define KATRACE_LIST_OPTIONS_H

#include "cli/filters.h"
#include "model/criteria.h"

#include <stdbool.h>
#include <stdint.h>

enum list_format { LIST_TEXT, LIST_JSON, LIST_CSV };

/* What is listed. */
enum list_view { VIEW_SOCKETS, VIEW_SUMMARY, VIEW_SYSCTL };

struct list_options {
	struct filter_options filters;
	struct criteria criteria;
	struct zombie_limits zombies;
	enum list_format format;
	enum list_view view;
	bool no_header;
	uint64_t watch_s; /* again and again after this time; 0: once */
	const char *btf;
	int verbose; /* 2: libbpf's messages too */
};

/* As options_parse() and options_clear(). */
int list_options_parse(struct list_options *options, int argc, char **argv);
void list_options_clear(struct list_options *options);

#endif
