/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Sentences about connections that one side has closed and the other has not. */
#ifndef KATRACE_TEXT_CLOSING_H
#define KATRACE_TEXT_CLOSING_H

#include "model/connection.h"
#include "format/out.h"

/* The FIN has come, and nothing has followed for a while. */
#define CLOSING_BY_PEER "the peer has closed, the application has not"

/* If that is so, a sentence that says since when. */
void closing_half(const struct connection *connection, struct out *out);

/* What keeps the keepalive of an open connection from probing. */
void closing_what_waits(const struct connection *connection, struct out *out);

/* "11 bytes and the FIN were unacknowledged", of a connection whose retransmission gave up */
void closing_backlog(const struct connection *connection, struct out *out);

/* How a connection with VERDICT_CLOSE_TIMEOUT ended. */
void closing_end(const struct connection *connection, struct out *out);

/* Has the kernel ended it before the peer confirmed the FIN? And how it did. */
bool closing_is_given_up(const struct connection *connection);
void closing_given_up(const struct connection *connection, struct out *out);

/* Applications and balancers go by data, unlike keepalive. Nothing if it is not known or was not long. */
void closing_idle(const struct connection *connection, struct out *out);

/* How this side ended it; did: "closed". */
void closing_here(const struct connection *connection, const char *did, struct out *out);

#endif
