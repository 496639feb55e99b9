/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* One TCP socket seen from this host: its identity, what is known about it, its timeline. Only user/model writes it. */
#ifndef KATRACE_CONNECTION_H
#define KATRACE_CONNECTION_H

#include "model/owners.h"
#include "model/sighting.h"
#include "model/timeline.h"
#include "model/verdict.h"

#include <stdbool.h>
#include <stdint.h>

/* How the story of a connection ended. */
enum fate {
	FATE_OPEN,    /* it has not ended */
	FATE_ENDED,   /* verdict and error say why */
	FATE_UNKNOWN, /* another connection uses its socket: its end was not seen */
	FATE_LEFT,    /* its owner no longer passes the filter */
};

struct connection {
	uint64_t number; /* 1, 2, 3... in a run */
	struct identity id;
	uint64_t cookie;
	struct settings settings;
	struct owner owner;
	bool announced;    /* its first event was published: it is in the story */
	uint64_t first_ns; /* CLOCK_BOOTTIME of its first event */
	uint64_t last_ns;  /* of its last */
	struct timeline timeline;
	uint32_t middlebox_timeout_s; /* a middlebox with this timeout forgets it before a probe; 0: none */
	uint64_t probes_sent;
	uint64_t probes_answered;
	uint32_t probes_unanswered; /* in a row, now or at the end */
	int refused_with;   /* errno of this host refusing the last probe, which the kernel counted as sent; 0: none */
	bool suppressed;    /* now or at the end */
	bool orphan;        /* when its suppression began, or at the end, this side had closed it */
	bool warned;        /* one of its events was a warning */
	bool mptcp_subflow; /* of an MPTCP socket, which its owner holds */
	bool only_met;      /* a middlebox would forget it, and nothing else has happened: it has no timeline */

	uint8_t state; /* TCP_ESTABLISHED..., at the last event; at the end, the one before */

	uint64_t peer_closed_ns; /* when the FIN came, if the application did not close soon after it; 0: not known */

	enum fate fate;
	enum verdict verdict; /* FATE_ENDED */
	int error;            /* the error for the application: a positive errno, or 0 */
	uint64_t silent_us;   /* at the last event, like heard_us */
	uint64_t heard_us;
	uint32_t retransmits; /* at the end, like the next two */
	uint32_t unacked_bytes, queued_bytes;
	struct data_age data; /* when it began to close */
	enum katrace_close_reason close_reason;
};

#endif
