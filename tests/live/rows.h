/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The rows of katrace list, as CSV has them. A failure ends the test. */
#ifndef KATRACE_TEST_ROWS_H
#define KATRACE_TEST_ROWS_H

#include "net.h"
#include "tool.h"

#include <stdbool.h>
#include <stddef.h>

enum field {
	FIELD_PID,
	FIELD_COMM,
	FIELD_OTHER_PIDS,
	FIELD_CONTAINER,
	FIELD_NETNS,
	FIELD_LOCAL,
	FIELD_LOCAL_PORT,
	FIELD_PEER,
	FIELD_PEER_PORT,
	FIELD_STATE,
	FIELD_KEEPALIVE,
	FIELD_IDLE,
	FIELD_INTERVAL,
	FIELD_LIMIT,
	FIELD_USER_TIMEOUT,
	FIELD_SYSCTL,
	FIELD_PROBES_OUT,
	FIELD_NEXT,
	FIELD_SILENT,
	FIELD_DETECTION,
	FIELD_HEARD,
	FIELD_DATA_RECEIVED,
	FIELD_DATA_SENT,
	FIELD_RETRANSMITS,
	FIELD_GIVES_UP,
	FIELD_OLD_TIMER,
	FIELD_UNHELD,
	FIELD_ORPHAN,
	FIELD_MPTCP_SUBFLOW,
	FIELD_KERNEL_SOCKET,
	FIELD_NETNS_NAME,
	FIELD_TITLE,
	FIELDS
};

struct row {
	char text[1024];
	char *field[FIELDS];
};

/* katrace list with these arguments, NULL last, at its end. */
struct tool *run_list(const char *const *args);

/* The same in that host's network namespace, about it; option may be NULL. */
struct tool *run_list_at(const struct net *net, enum host host, const char *option);

/* No field of these tests holds a comma. False unless there are just as many as there should be. */
bool row_split(struct row *row, const char *line, size_t length);

long long row_number(const struct row *row, enum field field);

bool has_row(const struct tool *tool, unsigned int port);

/* Into *found the row of the socket with this local port, which must be there once. */
void find_row(const struct tool *tool, unsigned int port, struct row *found);

#endif
