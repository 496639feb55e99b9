// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/middlebox.h"

#include "run/budget.h"
#include "run/lookup.h"
#include "run/scope.h"
#include "model/array.h"
#include "model/criteria.h"
#include "model/detection.h"
#include "system/clock.h"

#include <errno.h>
#include <stdlib.h>

/* More connections of one process are reported in one line. */
#define SINGLE_MAX 20

/* A socket that a walk has seen. */
struct seen {
	uint64_t sock, inode;
	bool late; /* a probe comes too late, or none */
	bool told;
};

/* Those of one walk; in order once it is over. */
struct seen_list {
	struct seen *items;
	size_t n, room;
};

struct middlebox {
	struct middlebox_options options;
	struct owners *owners; /* for the cgroups that lookup remembers, in one walk */
	struct lookup *lookup;
	struct seen_list before, now;
	bool not_first, walking;
	struct budget budget;
	/* of one process, not reported yet; those beyond SINGLE_MAX are only counted */
	struct sighting late[SINGLE_MAX];
	uint32_t n_late, pid;
};

struct middlebox *middlebox_new(const struct middlebox_options *options)
{
	struct middlebox *middlebox = calloc(1, sizeof(*middlebox));

	if (middlebox)
		middlebox->options = *options;
	return middlebox;
}

void middlebox_free(struct middlebox *middlebox)
{
	if (!middlebox)
		return;
	lookup_free(middlebox->lookup);
	owners_free(middlebox->owners);
	free(middlebox->before.items);
	free(middlebox->now.items);
	free(middlebox);
}

/* --- what was seen --- */

static int compare_seen(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	if (x->sock != y->sock)
		return x->sock < y->sock ? -1 : 1;
	return (x->inode > y->inode) - (x->inode < y->inode);
}

static const struct seen *find_seen(const struct seen_list *list, const struct seen *key)
{
	return list->n ? bsearch(key, list->items, list->n, sizeof(*key), compare_seen) : NULL;
}

/* Out of memory it counts as new in the next walk. */
static void add_seen(struct seen_list *list, const struct seen *seen)
{
	struct seen *items = array_grow(list->items, list->n, &list->room, sizeof(*items));

	if (!items)
		return;
	list->items = items;
	items[list->n++] = *seen;
}

/* Sockets that are gone need not be remembered. */
static void end_list(struct middlebox *middlebox)
{
	struct seen_list *now = &middlebox->now, *before = &middlebox->before;
	const struct seen_list free_list = { before->items, 0, before->room };

	if (now->n)
		qsort(now->items, now->n, sizeof(*now->items), compare_seen);
	for (size_t i = 0; i < before->n; i++)
		if (before->items[i].told && !find_seen(now, &before->items[i]))
			model_gone(middlebox->options.model, before->items[i].sock, before->items[i].inode);
	*before = *now;
	*now = free_list;
	middlebox->not_first = true;
}

/* --- reporting --- */

static void report_late(struct middlebox *middlebox)
{
	const uint64_t now_ns = clock_ns(CLOCK_BOOTTIME);
	const uint32_t n = middlebox->n_late;

	middlebox->n_late = 0;
	if (n > SINGLE_MAX) {
		model_meet(middlebox->options.model, &middlebox->late[0], n, now_ns);
		return;
	}
	for (uint32_t i = 0; i < n; i++) /* out of memory: list still shows it */
		model_meet(middlebox->options.model, &middlebox->late[i], 1, now_ns);
}

/* The descriptors of a process come one after the other. */
static void take_late(struct middlebox *middlebox, const struct sighting *s, uint32_t pid)
{
	if (pid != middlebox->pid)
		report_late(middlebox);
	middlebox->pid = pid;
	for (uint32_t i = 0; i < middlebox->n_late && i < SINGLE_MAX; i++)
		if (same_connection(&middlebox->late[i].id, &s->id)) /* another descriptor of it */
			return;
	if (middlebox->n_late < SINGLE_MAX)
		middlebox->late[middlebox->n_late] = *s;
	middlebox->n_late++;
}

static bool is_late(const struct middlebox *middlebox, const struct katrace_socket *found, const struct sighting *s)
{
	const uint32_t hz = walk_facts(middlebox->options.walk)->hz;
	const bool runs = found->timer_runs && found->timer_due > 0;
	const uint64_t next_us = runs ? (uint64_t)found->timer_due * 1000000 / hz : 0;
	const uint32_t probes_out = s->unacked_bytes || s->queued_bytes ? 0 : s->probes_out;

	return middlebox_forgets(s->state, &s->settings,
				 detection_first_probe_us(&s->settings, s->silent_us, next_us, probes_out),
				 1000000ULL * middlebox->options.timeout_s);
}

static bool is_wanted(struct middlebox *middlebox, const struct katrace_socket *found, const struct sighting *s)
{
	struct owner holder;

	lookup_process(middlebox->lookup, &found->owner, &holder);
	return filter_passes_identity(middlebox->options.filter, &s->id) &&
	       filter_passes_owner(middlebox->options.filter, &holder);
}

/* What happened is that a walk came by: as after a firing that found nothing to do. */
static int decode(const struct middlebox *middlebox, const struct katrace_socket *found, struct sighting *s)
{
	const struct katrace_facts *facts = walk_facts(middlebox->options.walk);
	struct katrace_record record = found->connection;
	int err;

	record.kind = KATRACE_SETTLED;
	record.time_ns = clock_ns(CLOCK_BOOTTIME);
	err = sighting_decode(s, &record, facts->hz);
	if (err)
		return err;
	scope_find_name(&s->id, facts->netns);
	s->id.netns_name = netns_names_find(middlebox->options.netns_names, s->id.netns);
	return 0;
}

static void on_socket(void *ctx, const struct katrace_socket *found)
{
	struct middlebox *middlebox = ctx;
	struct seen seen = { .sock = found->connection.sock, .inode = found->connection.inode };
	const struct seen *before = find_seen(&middlebox->before, &seen);
	struct sighting s;

	if (decode(middlebox, found, &s) || !is_wanted(middlebox, found, &s))
		return;
	seen.late = is_late(middlebox, found, &s);
	seen.told = seen.late && (!middlebox->not_first || (before && before->late));
	if (seen.told && !(before && before->told))
		take_late(middlebox, &s, found->owner.pid);
	add_seen(&middlebox->now, &seen);
}

/* --- walking --- */

/* Keeps nothing from one walk to the next: processes change their names and their cgroups. */
static int begin_walk(struct middlebox *middlebox)
{
	lookup_free(middlebox->lookup);
	owners_free(middlebox->owners);
	middlebox->lookup = NULL;
	middlebox->owners = owners_new();
	if (!middlebox->owners)
		return -ENOMEM;
	middlebox->lookup = lookup_new(middlebox->options.walk, middlebox->owners, middlebox->options.filter);
	if (!middlebox->lookup)
		return -ENOMEM;
	middlebox->now.n = 0;
	middlebox->n_late = 0;
	return walk_begin(middlebox->options.walk);
}

int middlebox_step(struct middlebox *middlebox)
{
	int result;

	budget_step_begins(&middlebox->budget);
	result = middlebox->walking ? 0 : begin_walk(middlebox);
	if (!result)
		result = walk_step_sockets(middlebox->options.walk, on_socket, middlebox);
	middlebox->walking = result > 0;
	budget_step_ends(&middlebox->budget, !middlebox->walking);
	if (!result) {
		report_late(middlebox);
		end_list(middlebox);
	}
	return result;
}

int middlebox_begin(struct middlebox *middlebox)
{
	int result;

	do
		result = middlebox_step(middlebox);
	while (result > 0);
	return result;
}

uint64_t middlebox_next_ns(const struct middlebox *middlebox)
{
	return middlebox->budget.next_ns;
}
