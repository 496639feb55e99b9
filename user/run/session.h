/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A live run: tracer and lookup feed the model, and the model feeds the outputs. */
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
	bool filtered;                /* some connections do not match */
	bool children;                /* with the descendants of the filter's pids */
	bool all;                     /* also connections whose keepalive never acts */
	uint32_t middlebox_timeout_s; /* as in struct model_options */
	uint32_t max_connections;     /* remembered at once */
	uint64_t duration_s;          /* 0: no limit */
	uint64_t count;               /* of events; 0: no limit */
	uint64_t stats_s;             /* interval of the totals; 0: only at the end */
	enum hook_mode mode;
	const char *btf; /* a file, or NULL */
	uint32_t buffer_kib;
	bool no_answers; /* no hook for answers: find them late */
	int verbose;     /* 2: libbpf's messages too */
};

struct session;

/*
 * Loads and attaches, which needs privileges; nothing is recorded yet. On success the caller owns *session. Returns 0,
 * or -errno after a line on stderr.
 */
int session_new(struct session **session, const struct session_options *options);

/* Detaches and frees; NULL is fine. */
void session_free(struct session *session);

/*
 * Prepares everything else, looks up who holds which socket, and starts recording. Drop privileges and open the outputs
 * first; the caller keeps the outputs, which must outlive session_end(). Returns 0, or -errno after a line on stderr.
 */
int session_begin(struct session *session, struct outputs *outputs);

/* Runs until a signal, the duration, the count, the exit of a process, or an output ends it. Returns 0 or -errno. */
int session_run(struct session *session);

/*
 * Detaches, passes on what is left, then the timelines of open connections, then the totals. From here on a signal ends
 * katrace at once. Returns 0 or -errno.
 */
int session_end(struct session *session);

#endif
