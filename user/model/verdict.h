/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Why a connection ended. */
#ifndef KATRACE_VERDICT_H
#define KATRACE_VERDICT_H

#include "model/sighting.h"

#include <stdbool.h>

/* The mechanism that ended the connection. The names are a contract (docs/events.md). */
enum verdict {
	VERDICT_KEEPALIVE_TIMEOUT,
	VERDICT_USER_TIMEOUT,
	VERDICT_RETRANSMISSION_TIMEOUT,
	VERDICT_WINDOW_PROBE_TIMEOUT,
	VERDICT_CONNECT_TIMEOUT,
	VERDICT_CLOSE_TIMEOUT,
	VERDICT_RESET_BY_PEER,
	VERDICT_UNREACHABLE,
	VERDICT_CLOSED_BY_PEER,
	VERDICT_CLOSED_LOCALLY,
	VERDICT_RESET_LOCALLY,
	VERDICT_UNSEEN, /* the connection is gone, and its end was not recorded */
	VERDICTS
};

/* Takes a sighting of the kind KATRACE_CLOSED; uses the state before, sk_err, and the timer that was running. */
enum verdict verdict_of(const struct sighting *closed);

/* "keepalive_timeout" */
const char *verdict_name(enum verdict verdict);

/* "keepalive timeout", for people */
const char *verdict_words(enum verdict verdict);

/* "close", "shutdown", "process_exit"; NULL: unknown */
const char *close_reason_name(enum katrace_close_reason reason);

/* A timeout ended the connection. */
bool verdict_is_timeout(enum verdict verdict);

/* There may be an error, and an application that gets it: this side has not closed the connection itself. */
bool verdict_tells_application(enum verdict verdict);

/* A FIN from either side ended the connection normally. */
bool verdict_is_normal(enum verdict verdict);

#endif
