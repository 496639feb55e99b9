/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which processes hold which socket, according to the last walks. */
#ifndef KATRACE_OWNERS_H
#define KATRACE_OWNERS_H

#include "model/traits.h"

#include <katrace/record.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OWNERS_OTHERS_MAX 15

/* The processes that hold one socket. */
struct owner {
	uint32_t pid;                 /* the lowest; 0: nobody, or unknown */
	char comm[16];                /* of pid; any bytes: escape before showing */
	char title[TITLE_LENGTH + 1]; /* the same; "": none, or unknown */
	uint32_t n_others;
	uint32_t other_pids[OWNERS_OTHERS_MAX];
	uint32_t n_unlisted;  /* how many more there are */
	uint32_t last_pid;    /* the last one that owner_add() has added */
	uint32_t meets;       /* the results of filter_process() for all of them */
	struct cgroup cgroup; /* of pid */
};

/* What is known of a process that a walk has found, besides its name. */
struct found_process {
	const struct cgroup *cgroup; /* owners_cgroup() or owners_add_cgroup() of this walk, or NULL */
	const char *title;           /* the text of owners_title() of this walk, or NULL */
	uint32_t meets;              /* the result of filter_process() */
};

struct owners;

/* NULL when out of memory. */
struct owners *owners_new(void);

/* NULL is fine. */
void owners_free(struct owners *owners);

/*
 * A walk begins at now_ns, finds descriptors and ends: only then is its result valid. The next one adds to a walk that
 * broke off before its end. An owner that a walk does not find again is remembered for two minutes: the socket may live
 * on after its process closed it. owners_found() returns 0 or -ENOMEM.
 */
void owners_walk_begin(struct owners *owners, uint64_t now_ns);
int owners_found(struct owners *owners, const struct katrace_owner *found, const struct found_process *process);
void owners_walk_end(struct owners *owners);

/*
 * The cgroup of a process found in this walk; NULL if it is unknown: then add it. owners_add_cgroup() returns NULL when
 * out of memory. The owners keep both.
 */
const struct cgroup *owners_cgroup(struct owners *owners, const struct katrace_owner *found);
const struct cgroup *owners_add_cgroup(struct owners *owners, const struct katrace_owner *found,
				       const struct cgroup *cgroup);

/* Where the title of a process found in this walk is, or belongs. The owners keep it. NULL when out of memory. */
struct known_title *owners_title(struct owners *owners, const struct katrace_owner *found);

/* When the last walk that is over began; 0 before the first. */
uint64_t owners_walked_ns(const struct owners *owners);

/* Copies the holders of a socket to *owner. False if no holder is known. */
bool owners_lookup(const struct owners *owners, uint64_t sock, uint64_t inode, struct owner *owner);

/*
 * The inode that the socket of a connection had when a walk that began at since_ns (CLOCK_BOOTTIME) or later last found
 * it held: an orphan has none any more, one that was not accepted yet had none. 0: no walk did.
 */
uint64_t owners_inode_of(const struct owners *owners, uint64_t sock, uint16_t local_port, uint16_t peer_port,
			 uint64_t since_ns);

/* True if the first walk already found the socket held. */
bool owners_held_at_start(const struct owners *owners, uint64_t sock, uint64_t inode);

/*
 * Adds the holders that another descriptor of the same socket has shown. The descriptors of a process come one after
 * the other: it is counted once, even if it is not listed.
 */
void owner_add(struct owner *owner, const struct owner *more);

#endif
