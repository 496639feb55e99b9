// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/owners.h"

#include "model/lru.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REMEMBER_NS (60 * 1000000000ULL)

struct held_key {
	uint64_t sock;
	uint64_t inode;
};

/* Most sockets have one holder: more are allocated when needed. */
struct held {
	struct lru_item lru;
	struct held_key key;
	uint64_t seen_ns;
	bool at_start; /* found by the first walk */
	uint32_t pid;
	char comm[16];
	uint32_t n_others;
	uint32_t *other_pids;
	uint32_t meets;
	const struct cgroup *cgroup; /* in a place, which is seen in the same walks and lives longer; NULL: unknown */
};

/*
 * Processes with the same css_set are in the same cgroups. The kernel may reuse its memory for another css_set later,
 * which has another cgroup2 id, if it has one.
 */
struct place_key {
	uint64_t css_set;
	uint64_t cgroup_id;
};

struct place {
	struct lru_item lru;
	struct place_key key;
	struct cgroup cgroup;
	uint64_t seen_ns;
};

struct owners {
	struct lru *held;   /* by their last walk */
	struct lru *places; /* the same */
	uint64_t walked_ns;
	uint64_t first_walk_ns;
};

struct owners *owners_new(void)
{
	struct owners *owners = calloc(1, sizeof(*owners));

	if (!owners)
		return NULL;
	owners->held = lru_new(offsetof(struct held, key), sizeof(struct held_key));
	owners->places = lru_new(offsetof(struct place, key), sizeof(struct place_key));
	if (owners->held && owners->places)
		return owners;
	lru_free(owners->held);
	lru_free(owners->places);
	free(owners);
	return NULL;
}

static void forget(struct owners *owners, struct held *held)
{
	lru_remove(owners->held, held);
	free(held->other_pids);
	free(held);
}

static void forget_place(struct owners *owners, struct place *place)
{
	lru_remove(owners->places, place);
	free(place);
}

/* Forgets those that were last seen before seen_ns. */
static void forget_old(struct owners *owners, uint64_t seen_ns)
{
	struct held *held = lru_oldest(owners->held);
	struct place *place = lru_oldest(owners->places);

	for (; held && held->seen_ns < seen_ns; held = lru_oldest(owners->held))
		forget(owners, held);
	for (; place && place->seen_ns < seen_ns; place = lru_oldest(owners->places))
		forget_place(owners, place);
}

void owners_free(struct owners *owners)
{
	if (!owners)
		return;
	forget_old(owners, UINT64_MAX);
	lru_free(owners->held);
	lru_free(owners->places);
	free(owners);
}

void owners_walk_begin(struct owners *owners, uint64_t now_ns)
{
	owners->walked_ns = now_ns;
	if (!owners->first_walk_ns)
		owners->first_walk_ns = now_ns;
}

static struct held *find(const struct owners *owners, uint64_t sock, uint64_t inode)
{
	const struct held_key key = { sock, inode };

	return lru_find(owners->held, &key);
}

static struct held *remember(struct owners *owners, const struct katrace_owner *found)
{
	struct held *held = calloc(1, sizeof(*held));

	if (!held)
		return NULL;
	held->key = (struct held_key){ found->sock, found->inode };
	held->at_start = owners->walked_ns == owners->first_walk_ns;
	if (lru_add(owners->held, held)) {
		free(held);
		return NULL;
	}
	return held;
}

const struct cgroup *owners_cgroup(struct owners *owners, const struct katrace_owner *found)
{
	const struct place_key key = { found->css_set, found->cgroup_id };
	struct place *place = lru_find(owners->places, &key);

	if (!place)
		return NULL;
	lru_use(owners->places, place);
	place->seen_ns = owners->walked_ns;
	return &place->cgroup;
}

const struct cgroup *owners_add_cgroup(struct owners *owners, const struct katrace_owner *found,
				       const struct cgroup *cgroup)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return NULL;
	place->cgroup = *cgroup;
	place->key = (struct place_key){ found->css_set, found->cgroup_id };
	place->seen_ns = owners->walked_ns;
	if (lru_add(owners->places, place)) {
		free(place);
		return NULL;
	}
	return &place->cgroup;
}

static void set_first(struct held *held, const struct katrace_owner *found, const struct cgroup *cgroup)
{
	held->pid = found->pid;
	held->cgroup = cgroup;
	memcpy(held->comm, found->comm, sizeof(held->comm));
	held->comm[sizeof(held->comm) - 1] = '\0';
}

static int add_other(struct held *held, uint32_t pid)
{
	uint32_t *others;

	for (uint32_t i = 0; i < held->n_others; i++)
		if (held->other_pids[i] == pid)
			return 0;
	if (held->n_others == OWNERS_OTHERS_MAX)
		return 0;
	others = realloc(held->other_pids, (held->n_others + 1) * sizeof(*others));
	if (!others)
		return -ENOMEM;
	others[held->n_others++] = pid;
	held->other_pids = others;
	return 0;
}

int owners_found(struct owners *owners, const struct katrace_owner *found, const struct cgroup *cgroup, uint32_t meets)
{
	struct held *held = find(owners, found->sock, found->inode);
	uint32_t other;

	if (!held)
		held = remember(owners, found);
	if (!held)
		return -ENOMEM;
	if (held->seen_ns != owners->walked_ns) { /* first time in this walk */
		held->seen_ns = owners->walked_ns;
		lru_use(owners->held, held);
		held->n_others = 0;
		held->meets = meets;
		set_first(held, found, cgroup);
		return 0;
	}
	held->meets |= meets;
	if (found->pid == held->pid)
		return 0; /* a second descriptor of the same process */
	other = found->pid;
	if (found->pid < held->pid) {
		other = held->pid;
		set_first(held, found, cgroup);
	}
	return add_other(held, other);
}

void owners_walk_end(struct owners *owners)
{
	if (owners->walked_ns > REMEMBER_NS)
		forget_old(owners, owners->walked_ns - REMEMBER_NS);
}

uint64_t owners_walked_ns(const struct owners *owners)
{
	return owners->walked_ns;
}

bool owners_lookup(const struct owners *owners, uint64_t sock, uint64_t inode, struct owner *owner)
{
	const struct held *held = find(owners, sock, inode);

	if (!held)
		return false;
	memset(owner, 0, sizeof(*owner));
	owner->pid = held->pid;
	memcpy(owner->comm, held->comm, sizeof(owner->comm));
	owner->n_others = held->n_others;
	for (uint32_t i = 0; i < held->n_others; i++)
		owner->other_pids[i] = held->other_pids[i];
	owner->meets = held->meets;
	if (held->cgroup)
		owner->cgroup = *held->cgroup;
	return true;
}

bool owners_held_at_start(const struct owners *owners, uint64_t sock, uint64_t inode)
{
	const struct held *held = find(owners, sock, inode);

	return held && held->at_start;
}

static void add_pid(struct owner *owner, uint32_t pid)
{
	if (pid == owner->pid)
		return;
	for (uint32_t i = 0; i < owner->n_others; i++)
		if (owner->other_pids[i] == pid)
			return;
	if (owner->n_others < OWNERS_OTHERS_MAX)
		owner->other_pids[owner->n_others++] = pid;
}

/* The lowest pid stays first, with its name and its cgroup. */
void owner_add(struct owner *owner, const struct owner *more)
{
	const struct owner *first = more->pid < owner->pid ? more : owner;
	const struct owner *second = first == owner ? more : owner;
	struct owner sum = *first;

	add_pid(&sum, second->pid);
	for (uint32_t i = 0; i < second->n_others; i++)
		add_pid(&sum, second->other_pids[i]);
	sum.meets |= second->meets;
	*owner = sum;
}
