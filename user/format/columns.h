/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The columns of the list of sockets: their titles and cells. */
#ifndef KATRACE_COLUMNS_H
#define KATRACE_COLUMNS_H

#include "format/out.h"
#include "model/concern.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum column {
	COLUMN_PID,
	COLUMN_COMM,
	COLUMN_LOCAL,
	COLUMN_PEER,
	COLUMN_STATE,
	COLUMN_NEXT,
	COLUMN_PROBES,
	COLUMN_IDLE,
	COLUMN_INTERVAL,
	COLUMN_TIMEOUT,
	COLUMN_SILENT,
	COLUMN_NOTICED,
	COLUMN_NETNS,
	COLUMN_CONTAINER,
	COLUMN_NOTE,
	COLUMNS
};

/* What cells depend on, besides the socket. */
struct look {
	bool brief;  /* titles are in brief */
	bool narrow; /* local addresses are shortened to their port */
	uint32_t own_netns;
	struct zombie_limits zombies;
};

const char *column_title(enum column column);

/* The cell of a socket; "-" if there is no value. */
void column_cell(enum column column, const struct look *look, const struct listed *listed, struct out *out);

/* The notes of the last column, by number from 0; NULL: there are no more. */
const char *column_note(size_t i);

#endif
