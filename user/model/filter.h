/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which connections, and which of their events, are handed on. Criteria of one kind are alternatives; a connection must
 * meet one of each kind that was given. An empty filter lets everything pass.
 */
#ifndef KATRACE_FILTER_H
#define KATRACE_FILTER_H

#include "model/event.h"

#include <stdbool.h>
#include <stdint.h>

/* One side of a connection, as far as it matters. */
struct where {
	bool has_address;
	bool ipv6;
	uint8_t addr[16];  /* network byte order */
	unsigned int bits; /* of addr that count */
	uint16_t port;     /* 0: any */
};

/* One process that holds a socket. */
struct process {
	uint32_t pid;
	uint64_t start; /* clock ticks since boot; 0: not known */
	bool is_kin;    /* it descends from one that was asked for */
	const char *comm;
};

/* The kinds of criteria that are about processes, as bits. */
enum filter_kind {
	FILTER_PID = 1 << 0,
	FILTER_COMM = 1 << 1,
	FILTER_CGROUP = 1 << 2,
	FILTER_CONTAINER = 1 << 3,
};

struct wanted_pid {
	uint32_t pid;
	uint64_t start; /* as in struct process: the pid may be another's one day; 0: any */
};

struct filter;

/* NULL when out of memory. */
struct filter *filter_new(void);

/* NULL is fine. */
void filter_free(struct filter *filter);

/* Each adds one criterion. They return 0, -ENOMEM, or -EINVAL: port 0, an empty name. */
int filter_add_pid(struct filter *filter, uint32_t pid, uint64_t start);
int filter_add_comm(struct filter *filter, const char *glob);        /* fnmatch(3) */
int filter_add_cgroup(struct filter *filter, const char *path);      /* and all below it */
int filter_add_container(struct filter *filter, const char *prefix); /* of its id */
int filter_add_local(struct filter *filter, const struct where *where);
int filter_add_peer(struct filter *filter, const struct where *where);
int filter_add_port(struct filter *filter, uint16_t port);   /* of either side */
int filter_add_netns(struct filter *filter, uint32_t inode); /* of the network namespace */
int filter_add_family(struct filter *filter, bool ipv6);     /* what is on the wire: v4-mapped is IPv4 */
void filter_set_failures(struct filter *filter);             /* only events that are warnings */

/* What filter_set_failures() set. */
bool filter_wants_failures(const struct filter *filter);

/* The processes asked for by pid: valid until one more is added. */
const struct wanted_pid *filter_pids(const struct filter *filter, size_t *n);

/* True if it depends on its owner whether a connection passes. */
bool filter_wants_owner(const struct filter *filter);

/* Which kinds of criteria a process meets, and a cgroup whose /proc/PID/cgroup has that text: FILTER_PID... */
uint32_t filter_process(const struct filter *filter, const struct process *process);
uint32_t filter_cgroup(const struct filter *filter, const struct cgroup *cgroup, const char *proc_text);

/* The two halves of filter_passes_connection(): the first never changes, the second does with the owner. */
bool filter_passes_identity(const struct filter *filter, const struct identity *id);
bool filter_passes_owner(const struct filter *filter, const struct owner *owner);
bool filter_passes_connection(const struct filter *filter, const struct connection *connection);

/* Is the timeline of a connection that has left the story wanted? */
bool filter_passes_timeline(const struct filter *filter, const struct connection *connection);

/* The event itself; that of its connection is not looked at. */
bool filter_passes_event(const struct filter *filter, const struct event *event);

#endif
