// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/owners.h"

#include "model/lru.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Longer than an orphan lives with the default tcp_orphan_retries: 105 s. */
#define REMEMBER_NS (120 * 1000000000ULL)
/* How many are forgotten at once: at the end of a walk, and with each descriptor found. */
#define FORGET_AT_END 1024
#define FORGET_EACH 2

/* Who held a socket in one walk. Most sockets have one holder: more are allocated when needed. */
struct holders {
	uint64_t walk; /* its number; 0: none */
	uint32_t pid;
	char comm[16];
	uint32_t n_others, n_unlisted;
	uint32_t last_pid; /* of the last descriptor: those of a process come one after the other */
	uint32_t *other_pids;
	uint32_t meets;
	/* among the traits, which are seen in the same walks and live longer; NULL: unknown */
	const struct cgroup *cgroup;
	const char *title;
};

/* A walk writes one result while the other one, of an earlier walk, is still valid. */
struct held {
	struct lru_item lru;
	uint64_t sock;
	uint64_t inode;
	uint16_t local_port, peer_port;
	uint64_t seen_ns;
	bool at_start; /* found by the first walk */
	struct held
		*before; /* with the same sock: its events may still wait; not in the LRU list, without one before */
	struct holders results[2];
};

struct owners {
	struct lru *held; /* by their last walk */
	struct traits *traits;
	uint64_t walk;     /* number of the walk under way, or of the next one */
	uint64_t begun_ns; /* when it began */
	uint64_t walked_ns;
};

struct owners *owners_new(void)
{
	struct owners *owners = calloc(1, sizeof(*owners));

	if (!owners)
		return NULL;
	owners->held = lru_new(offsetof(struct held, sock), sizeof(uint64_t));
	owners->traits = traits_new();
	owners->walk = 1;
	if (owners->held && owners->traits)
		return owners;
	lru_free(owners->held);
	traits_free(owners->traits);
	free(owners);
	return NULL;
}

/* With those before it. */
static void free_held(struct held *held)
{
	struct held *before;

	for (; held; held = before) {
		before = held->before;
		for (int i = 0; i < 2; i++)
			free(held->results[i].other_pids);
		free(held);
	}
}

static void forget(struct owners *owners, struct held *held)
{
	lru_remove(owners->held, held);
	free_held(held);
}

/* Forgets some of those that were last seen before seen_ns: sockets first, because they refer to traits. */
static void forget_some(struct owners *owners, uint64_t seen_ns, size_t limit)
{
	struct held *held = lru_oldest(owners->held);

	for (; held && held->seen_ns < seen_ns; held = lru_oldest(owners->held)) {
		if (!limit--)
			return;
		forget(owners, held);
	}
	traits_forget(owners->traits, seen_ns);
}

static void forget_old(struct owners *owners, size_t limit)
{
	if (owners->walked_ns > REMEMBER_NS)
		forget_some(owners, owners->walked_ns - REMEMBER_NS, limit);
}

void owners_free(struct owners *owners)
{
	if (!owners)
		return;
	forget_some(owners, UINT64_MAX, SIZE_MAX);
	lru_free(owners->held);
	traits_free(owners->traits);
	free(owners);
}

void owners_walk_begin(struct owners *owners, uint64_t now_ns)
{
	owners->begun_ns = now_ns;
}

void owners_walk_end(struct owners *owners)
{
	owners->walked_ns = owners->begun_ns;
	owners->walk++;
	forget_old(owners, FORGET_AT_END);
}

static struct held *find(const struct owners *owners, uint64_t sock, uint64_t inode)
{
	struct held *held = lru_find(owners->held, &sock);

	while (held && held->inode != inode)
		held = held->before;
	return held;
}

/* The sock is another socket's now. */
static void take_place_of(struct owners *owners, struct held *held)
{
	held->before = lru_find(owners->held, &held->sock);
	if (!held->before)
		return;
	lru_remove(owners->held, held->before);
	free_held(held->before->before);
	held->before->before = NULL;
}

static struct held *remember(struct owners *owners, const struct katrace_owner *found)
{
	struct held *held = calloc(1, sizeof(*held));

	if (!held)
		return NULL;
	held->sock = found->sock;
	held->inode = found->inode;
	held->at_start = owners->walk == 1;
	take_place_of(owners, held);
	if (lru_add(owners->held, held)) {
		free_held(held);
		return NULL;
	}
	return held;
}

const struct cgroup *owners_cgroup(struct owners *owners, const struct katrace_owner *found)
{
	return traits_cgroup(owners->traits, found, owners->begun_ns);
}

const struct cgroup *owners_add_cgroup(struct owners *owners, const struct katrace_owner *found,
				       const struct cgroup *cgroup)
{
	return traits_add_cgroup(owners->traits, found, cgroup, owners->begun_ns);
}

struct known_title *owners_title(struct owners *owners, const struct katrace_owner *found)
{
	return traits_title(owners->traits, found, owners->begun_ns);
}

static void set_first(struct holders *holders, const struct katrace_owner *found, const struct found_process *process)
{
	holders->pid = found->pid;
	holders->cgroup = process->cgroup;
	holders->title = process->title;
	memcpy(holders->comm, found->comm, sizeof(holders->comm));
	holders->comm[sizeof(holders->comm) - 1] = '\0';
}

static int add_other(struct holders *holders, uint32_t pid)
{
	uint32_t *others;

	for (uint32_t i = 0; i < holders->n_others; i++)
		if (holders->other_pids[i] == pid)
			return 0;
	if (holders->n_others == OWNERS_OTHERS_MAX) {
		holders->n_unlisted++;
		return 0;
	}
	others = realloc(holders->other_pids, (holders->n_others + 1) * sizeof(*others));
	if (!others)
		return -ENOMEM;
	others[holders->n_others++] = pid;
	holders->other_pids = others;
	return 0;
}

/* The result that the walk under way writes: the one it has begun, otherwise the older one. */
static struct holders *result_of_this_walk(const struct owners *owners, struct held *held)
{
	struct holders *a = &held->results[0], *b = &held->results[1];

	if (a->walk == owners->walk || b->walk == owners->walk)
		return a->walk == owners->walk ? a : b;
	return a->walk < b->walk ? a : b;
}

/* That of the last walk that is over and found it; NULL: none did. */
static const struct holders *known_result(const struct owners *owners, const struct held *held)
{
	const struct holders *known = NULL;

	for (int i = 0; i < 2; i++)
		if (held->results[i].walk < owners->walk && held->results[i].walk > (known ? known->walk : 0))
			known = &held->results[i];
	return known;
}

static int add_holder(struct holders *holders, const struct katrace_owner *found, const struct found_process *process)
{
	uint32_t other = found->pid;

	holders->meets |= process->meets;
	if (found->pid == holders->pid || found->pid == holders->last_pid)
		return 0; /* a second descriptor of the same process */
	holders->last_pid = found->pid;
	if (found->pid < holders->pid) {
		other = holders->pid;
		set_first(holders, found, process);
	}
	return add_other(holders, other);
}

int owners_found(struct owners *owners, const struct katrace_owner *found, const struct found_process *process)
{
	struct held *held = find(owners, found->sock, found->inode);
	struct holders *holders;

	if (!held)
		held = remember(owners, found);
	if (!held)
		return -ENOMEM;
	holders = result_of_this_walk(owners, held);
	if (holders->walk == owners->walk)
		return add_holder(holders, found, process);
	held->seen_ns = owners->begun_ns;
	held->local_port = found->local_port; /* it may have connected since the last walk */
	held->peer_port = found->peer_port;
	if (held == lru_find(owners->held, &held->sock))
		lru_use(owners->held, held);
	holders->walk = owners->walk;
	holders->n_others = holders->n_unlisted = holders->last_pid = 0;
	holders->meets = process->meets;
	set_first(holders, found, process);
	forget_old(owners, FORGET_EACH);
	return 0;
}

uint64_t owners_walked_ns(const struct owners *owners)
{
	return owners->walked_ns;
}

/* One that had the sock before stays longer than the traits of its process do. */
static bool is_forgotten(const struct owners *owners, const struct held *held)
{
	return held->seen_ns + REMEMBER_NS < owners->walked_ns;
}

bool owners_lookup(const struct owners *owners, uint64_t sock, uint64_t inode, struct owner *owner)
{
	const struct held *held = find(owners, sock, inode);
	const struct holders *known = held ? known_result(owners, held) : NULL;

	if (!known || is_forgotten(owners, held))
		return false;
	memset(owner, 0, sizeof(*owner));
	owner->pid = known->pid;
	memcpy(owner->comm, known->comm, sizeof(owner->comm));
	owner->n_others = known->n_others;
	owner->n_unlisted = known->n_unlisted;
	for (uint32_t i = 0; i < known->n_others; i++)
		owner->other_pids[i] = known->other_pids[i];
	owner->meets = known->meets;
	if (known->cgroup)
		owner->cgroup = *known->cgroup;
	if (known->title)
		memcpy(owner->title, known->title, sizeof(owner->title));
	return true;
}

bool owners_held_at_start(const struct owners *owners, uint64_t sock, uint64_t inode)
{
	const struct held *held = find(owners, sock, inode);

	return held && held->at_start;
}

uint64_t owners_inode_of(const struct owners *owners, uint64_t sock, uint16_t local_port, uint16_t peer_port,
			 uint64_t since_ns)
{
	const struct held *held = lru_find(owners->held, &sock);

	if (!held || held->seen_ns < since_ns)
		return 0;
	return held->local_port == local_port && held->peer_port == peer_port ? held->inode : 0;
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
	else
		owner->n_unlisted++;
}

/* The lowest pid stays first, with its name, its title and its cgroup. */
void owner_add(struct owner *owner, const struct owner *more)
{
	const struct owner *first = more->pid < owner->pid ? more : owner;
	const struct owner *second = first == owner ? more : owner;
	struct owner sum = *first;

	if (more->pid == owner->last_pid)
		return;
	sum.last_pid = more->pid;
	sum.n_unlisted += second->n_unlisted;
	add_pid(&sum, second->pid);
	for (uint32_t i = 0; i < second->n_others; i++)
		add_pid(&sum, second->other_pids[i]);
	sum.meets |= second->meets;
	*owner = sum;
}
