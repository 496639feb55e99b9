/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The views of a snapshot: each writes it to a page, as long as there is room. */
#ifndef KATRACE_VIEWS_H
#define KATRACE_VIEWS_H

#include "run/page.h"
#include "run/snapshot.h"

struct view {
	struct page *page;
	bool json; /* of view_summary() and view_sysctls(): lines of JSON, not tables */
	bool header;
	bool color;
	unsigned int columns; /* of the terminal; 0: any width is fine */
	struct zombie_limits zombies;
	uint64_t seed;     /* of hashes: a number that others do not know */
	char run[16];      /* the first part of the connection ids in JSON */
	uint64_t sequence; /* of the last line of JSON */
	bool marks;        /* set by view_rows() and view_summary() when they mark a value with a * */
};

/* The sockets as a table, as comma-separated values and as JSON. Return 0 or -ENOMEM. */
int view_rows(struct view *view, const struct snapshot *snapshot);
int view_csv(struct view *view, const struct snapshot *snapshot);
int view_json(struct view *view, const struct snapshot *snapshot);

/* One line per process, then findings in words. Returns 0 or -ENOMEM. */
int view_summary(struct view *view, const struct snapshot *snapshot);

/* The sysctls of each network namespace, after snapshot_take_sysctls(). Returns 0 or -ENOMEM. */
int view_sysctls(struct view *view, const struct snapshot *snapshot);

#endif
