/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which connections, and which of their events, pass. Criteria of one kind are alternatives; a connection must match
 * one of each kind in use. An empty filter passes everything.
 */
#ifndef KATRACE_FILTER_H
#define KATRACE_FILTER_H

#include "model/event.h"

#include <stdbool.h>
#include <stdint.h>

/* A range of ports; zeros: any port. */
struct ports {
	uint16_t first, last;
};

/* A pattern for one end of a connection. */
struct where {
	bool has_address;
	bool ipv6;
	uint8_t addr[16];  /* network byte order */
	unsigned int bits; /* significant bits of addr: at most 32 or, with ipv6, 128 */
	struct ports ports;
	struct scope scope; /* of link-local addresses: by its id, if that is not 0, or by its name; "": any */
};

/* One process that holds a socket. */
struct process {
	uint32_t pid;
	uint64_t start; /* clock ticks since boot; 0: unknown */
	bool is_kin;    /* a process of --pid or a descendant */
	const char *comm;
};

/* The kinds of criteria about processes, as bits. */
enum filter_kind {
	FILTER_PID = 1 << 0,
	FILTER_COMM = 1 << 1,
	FILTER_CGROUP = 1 << 2,
	FILTER_CONTAINER = 1 << 3,
};

struct wanted_pid {
	uint32_t pid;
	uint64_t start; /* as in struct process, because pids are reused; 0: any */
};

struct filter;

/* NULL when out of memory. */
struct filter *filter_new(void);

/* NULL is fine. */
void filter_free(struct filter *filter);

/* Each adds one criterion. They return 0, -ENOMEM, or -EINVAL: port 0, an empty name. */
int filter_add_pid(struct filter *filter, uint32_t pid, uint64_t start);
int filter_add_comm(struct filter *filter, const char *glob);        /* fnmatch(3) */
int filter_add_cgroup(struct filter *filter, const char *path);      /* and everything below it */
int filter_add_container(struct filter *filter, const char *prefix); /* of its id */
int filter_add_local(struct filter *filter, const struct where *where);
int filter_add_peer(struct filter *filter, const struct where *where);
int filter_add_ports(struct filter *filter, struct ports ports);    /* of either side */
int filter_add_netns(struct filter *filter, uint32_t inode);        /* of the network namespace */
int filter_add_netns_name(struct filter *filter, const char *name); /* its name, as it was recorded */
int filter_add_family(struct filter *filter, bool ipv6);            /* on the wire: v4-mapped is IPv4 */
void filter_set_failures(struct filter *filter);                    /* only events that are warnings */

/* What filter_set_failures() set. */
bool filter_wants_failures(const struct filter *filter);

/* The criteria of filter_add_pid(). Valid until another one is added. */
const struct wanted_pid *filter_pids(const struct filter *filter, size_t *n);

/* Which kinds of criteria (FILTER_PID...) a process matches, and a cgroup with that text in /proc/PID/cgroup. */
uint32_t filter_process(const struct filter *filter, const struct process *process);
uint32_t filter_cgroup(const struct filter *filter, const struct cgroup *cgroup, const char *proc_text);

/* There are criteria besides network namespaces. */
bool filter_is_about_more_than_netns(const struct filter *filter);

bool filter_passes_netns(const struct filter *filter, uint32_t netns);

/* The two halves of filter_passes_connection(): the first never changes, the second depends on the owner. */
bool filter_passes_identity(const struct filter *filter, const struct identity *id);
bool filter_passes_owner(const struct filter *filter, const struct owner *owner);
bool filter_passes_connection(const struct filter *filter, const struct connection *connection);

/* Does the timeline of a connection pass? */
bool filter_passes_timeline(const struct filter *filter, const struct connection *connection);

/* Looks at the event only, not at its connection. */
bool filter_passes_event(const struct filter *filter, const struct event *event);

#endif
