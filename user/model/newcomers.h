/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Connections for which there was no room. Their events are passed on, but little is remembered of them: enough to give
 * each a number and to count it once. There is a bound to that, too; beyond it they are not counted.
 */
#ifndef KATRACE_NEWCOMERS_H
#define KATRACE_NEWCOMERS_H

#include "model/lru.h"

#include <stdbool.h>
#include <stdint.h>

struct newcomer {
	struct lru_item lru;
	uint64_t key;
	uint64_t seen_ns;  /* its last event */
	uint64_t first_ns; /* its first */
	uint64_t number;   /* as of a remembered connection */
	uint64_t probes_sent, probes_answered;
	bool counted;

	/* as in struct connection and struct tracked */
	bool suppressed, orphan, probe_open;
	uint32_t probe_number;
	uint64_t probe_ns, first_probe_ns, early_answer_ns;
};

struct newcomers;

/* Remembers at most max of them. NULL when out of memory. */
struct newcomers *newcomers_new(uint64_t max);

/* Forgets all. */
void newcomers_clear(struct newcomers *newcomers);

/* NULL is fine. */
void newcomers_free(struct newcomers *newcomers);

/* The key of a newcomer whose identity is in these bytes. */
uint64_t newcomers_key(const struct newcomers *newcomers, const void *identity, size_t n);

/* NULL: not known. Valid until one is added or removed. */
struct newcomer *newcomers_find(const struct newcomers *newcomers, uint64_t key);

/* Adds one that is not known. NULL: too many, or out of memory. One that was not seen for three hours makes room. */
struct newcomer *newcomers_add(struct newcomers *newcomers, uint64_t key, uint64_t now_ns);

/* It was seen again. */
void newcomers_use(struct newcomers *newcomers, struct newcomer *newcomer, uint64_t now_ns);

/* NULL is fine. */
void newcomers_remove(struct newcomers *newcomers, struct newcomer *newcomer);

#endif
