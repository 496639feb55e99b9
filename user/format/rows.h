/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The list of sockets as a table for people. */
#ifndef KATRACE_ROWS_H
#define KATRACE_ROWS_H

#include "model/concern.h"
#include "format/out.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Large enough for every line. */
#define ROWS_LINE_MAX 1024

struct rows_options {
	bool color;
	unsigned int columns; /* of the terminal; 0: no terminal, any width is fine */
	uint32_t own_netns;   /* not shown: if all sockets are in it, there is no column */
	struct zombie_limits zombies;
};

struct rows;

/* NULL when out of memory. */
struct rows *rows_new(const struct rows_options *options);

/* NULL is fine. */
void rows_free(struct rows *rows);

/* Pass each socket twice: first measure all of them, so that the columns fit, then write them. */
void rows_measure(struct rows *rows, const struct listed *listed);

/* Chooses the columns that fit the terminal. Call it after the last rows_measure(). */
void rows_measured(struct rows *rows);

/* One line each. */
void rows_header(const struct rows *rows, struct out *out);
void rows_row(const struct rows *rows, const struct listed *listed, struct out *out);

#endif
