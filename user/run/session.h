/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A live run: tracer and lookup feed the model, and what it makes of them goes to the outputs. */
#ifndef KATRACE_SESSION_H
#define KATRACE_SESSION_H

#include "run/output.h"
#include "model/filter.h"
#include "model/hook_mode.h"

#include <stdbool.h>
#include <stdint.h>

/* What is traced, how, and for how long. What it points to must outlive the session. */
struct session_options {
	const struct filter *filter;
	bool filtered;                /* it refuses something */
	bool children;                /* the pids of the filter with their descendants */
	bool all;                     /* connections whose keepalive never acts, too */
	uint32_t middlebox_timeout_s; /* as in struct model_options */
	uint64_t duration_s;          /* 0: until told to end */
	uint64_t count;               /* of events; 0: any number */
	uint64_t stats_s;             /* sums this often; 0: at the end */
	enum hook_mode mode;
	const char *btf; /* a file, or NULL */
	uint32_t buffer_kib;
	bool no_answers; /* find them late */
	int verbose;     /* 2: libbpf's messages too */
};

struct session;

/*
 * Loads and attaches, which takes privileges; nothing is recorded yet. On success *session is the caller's. Returns 0,
 * or -errno after a line on stderr.
 */
int session_new(struct session **session, const struct session_options *options);

/* Detaches and frees; NULL is fine. */
void session_free(struct session *session);

/*
 * Gets all else ready, looks up who holds which socket, and begins to record. Privileges must have been dropped and the
 * outputs opened; they stay the caller's and must outlive session_end(). Returns 0, or -errno after a line on stderr.
 */
int session_begin(struct session *session, struct outputs *outputs);

/* Hands on until told to end: a signal, the duration, the count, the end of a process, an output. Returns 0 or -errno.
 */
int session_run(struct session *session);

/*
 * Detaches, hands on what is left, tells the timelines of what is open, and the sums last. From here on a signal ends
 * katrace at once. Returns 0 or -errno.
 */
int session_end(struct session *session);

#endif
