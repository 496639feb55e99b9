/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Sentences that say why a connection ended. */
#ifndef KATRACE_TEXT_WHY_H
#define KATRACE_TEXT_WHY_H

#include "model/connection.h"
#include "format/out.h"

/* By its verdict. Writes nothing about a connection that is open. */
void text_why(const struct connection *connection, struct out *out);

/* The last probe of a connection that a reset ended right after it; NULL: no such reset. */
const struct entry *text_reset_probe(const struct connection *connection);

#endif
