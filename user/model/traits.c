// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/traits.h"

#include "model/lru.h"

#include <stdlib.h>
#include <string.h>

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

/* A process that executes another program usually changes its name. No padding: keys are compared as bytes. */
struct program_key {
	uint64_t start_ns;
	uint64_t pid;
	char comm[16];
};

struct program {
	struct lru_item lru;
	struct program_key key;
	struct known_title title;
	uint64_t seen_ns;
};

struct traits {
	struct lru *places; /* by their last walk */
	struct lru *programs;
};

struct traits *traits_new(void)
{
	struct traits *traits = calloc(1, sizeof(*traits));

	if (!traits)
		return NULL;
	traits->places = lru_new(offsetof(struct place, key), sizeof(struct place_key));
	traits->programs = lru_new(offsetof(struct program, key), sizeof(struct program_key));
	if (traits->places && traits->programs)
		return traits;
	lru_free(traits->places);
	lru_free(traits->programs);
	free(traits);
	return NULL;
}

void traits_free(struct traits *traits)
{
	if (!traits)
		return;
	traits_forget(traits, UINT64_MAX);
	lru_free(traits->places);
	lru_free(traits->programs);
	free(traits);
}

const struct cgroup *traits_cgroup(struct traits *traits, const struct katrace_owner *found, uint64_t now_ns)
{
	const struct place_key key = { found->css_set, found->cgroup_id };
	struct place *place = lru_find(traits->places, &key);

	if (!place)
		return NULL;
	lru_use(traits->places, place);
	place->seen_ns = now_ns;
	return &place->cgroup;
}

const struct cgroup *traits_add_cgroup(struct traits *traits, const struct katrace_owner *found,
				       const struct cgroup *cgroup, uint64_t now_ns)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return NULL;
	place->cgroup = *cgroup;
	place->key = (struct place_key){ found->css_set, found->cgroup_id };
	place->seen_ns = now_ns;
	if (lru_add(traits->places, place)) {
		free(place);
		return NULL;
	}
	return &place->cgroup;
}

static struct program *add_program(struct traits *traits, const struct program_key *key)
{
	struct program *program = calloc(1, sizeof(*program));

	if (!program)
		return NULL;
	program->key = *key;
	if (!lru_add(traits->programs, program))
		return program;
	free(program);
	return NULL;
}

struct known_title *traits_title(struct traits *traits, const struct katrace_owner *found, uint64_t now_ns)
{
	struct program_key key = { .start_ns = found->start_ns, .pid = found->pid };
	struct program *program;

	memcpy(key.comm, found->comm, sizeof(key.comm));
	program = lru_find(traits->programs, &key);
	if (program)
		lru_use(traits->programs, program);
	else
		program = add_program(traits, &key);
	if (!program)
		return NULL;
	program->seen_ns = now_ns;
	return &program->title;
}

void traits_forget(struct traits *traits, uint64_t seen_ns)
{
	struct program *program = lru_oldest(traits->programs);
	struct place *place = lru_oldest(traits->places);

	for (; place && place->seen_ns < seen_ns; place = lru_oldest(traits->places)) {
		lru_remove(traits->places, place);
		free(place);
	}
	for (; program && program->seen_ns < seen_ns; program = lru_oldest(traits->programs)) {
		lru_remove(traits->programs, program);
		free(program);
	}
}
