/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The list of sockets as comma-separated values (RFC 4180, but lines end with a newline only). */
#ifndef KATRACE_CSV_H
#define KATRACE_CSV_H

#include "model/sockets.h"
#include "format/out.h"

/* Large enough for every line. */
#define CSV_LINE_MAX 1536

/* One line each. Values that are unknown or do not apply are empty. */
void csv_header(struct out *out);
void csv_row(const struct listed *listed, struct out *out);

#endif
