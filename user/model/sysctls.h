/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The keepalive sysctls of one network namespace. */
#ifndef KATRACE_SYSCTLS_H
#define KATRACE_SYSCTLS_H

#include "model/settings.h"

#include <katrace/record.h>
#include <stdbool.h>
#include <stdint.h>

struct sysctls {
	uint32_t netns;
	const char *netns_name;   /* as in struct identity */
	bool is_own;              /* katrace's own network namespace */
	struct settings settings; /* of a socket that sets none itself */
	uint64_t detection_us;    /* how long after it was last heard a dead peer is noticed then */
	uint64_t descriptors;     /* of TCP sockets */
};

/* From the kernel's units; hz is the kernel's. */
void sysctls_decode(struct sysctls *sysctls, const struct katrace_netns *netns, uint32_t hz);

#endif
