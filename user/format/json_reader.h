/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Reads recordings: lines that katrace wrote. They may come from elsewhere, so nothing in them is trusted: a line that
 * katrace would not write is refused.
 */
#ifndef KATRACE_JSON_READER_H
#define KATRACE_JSON_READER_H

#include "model/replay.h"

#include <stddef.h>

/* Longer lines are refused. */
#define NDJSON_LINE_MAX (1024UL * 1024)

struct ndjson;

/* NULL when out of memory. */
struct ndjson *ndjson_new(void);

/* NULL is fine. */
void ndjson_free(struct ndjson *ndjson);

/*
 * Reads one line, without its newline. Returns 0; or why the line cannot be used: -EBADMSG if it is not JSON, or
 * truncated; -ENOMSG if it is from another program; -EPROTONOSUPPORT if its schema has another major version; -ENOSYS
 * for an event that this version does not know; -ENOTSUP if it is of katrace list, which is no recording; or -EINVAL if
 * it has invalid values.
 */
int ndjson_read(struct ndjson *ndjson, const char *line, size_t n, struct recorded *recorded);

#endif
