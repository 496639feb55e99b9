/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The options of `katrace trace`. */
#ifndef KATRACE_TRACE_OPTIONS_H
#define KATRACE_TRACE_OPTIONS_H

#include "cli/filters.h"
#include "system/account.h"
#include "model/hook_mode.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_options {
	uint64_t duration_s;          /* 0: until told to end */
	uint64_t middlebox_timeout_s; /* 0: none */
	bool no_answers;              /* find them late */
	bool all;                     /* connections whose keepalive never acts, too */
	uint64_t count;               /* of events; 0: any number */
	uint64_t stats_s;             /* sums this often; 0: at the end */
	bool json;
	const char *output;     /* a file; NULL: stdout */
	const char *user;       /* to run as; NULL: unchanged */
	struct account account; /* of user */
	struct filter_options filters;
	uint32_t buffer_kib; /* of the ring */
	enum hook_mode mode;
	const char *btf;
	int verbose; /* 2: libbpf's messages too */
};

/*
 * Fills *options, which options_clear() frees in any case. Returns 0; -EINVAL for bad input, after one line on
 * stderr; or -ENOMEM. --help and --version print to stdout and exit 0.
 */
int options_parse(struct trace_options *options, int argc, char **argv);
void options_clear(struct trace_options *options);

#endif
