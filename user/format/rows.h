/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The list of sockets as a table for people. */
#ifndef KATRACE_ROWS_H
#define KATRACE_ROWS_H

#include "model/sockets.h"
#include "format/out.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Large enough for every line. */
#define ROWS_LINE_MAX 512

struct rows_options {
	bool color;
	unsigned int columns; /* of the terminal; 0: no terminal, any width is fine */
	uint32_t own_netns;   /* if all sockets are in it, the table does not say so */
	struct zombie_limits zombies;
};

struct rows;

/* NULL when out of memory. */
struct rows *rows_new(const struct rows_options *options);

/* NULL is fine. */
void rows_free(struct rows *rows);

/* Each socket is shown twice: first all are measured, so that columns fit what they hold, then they are written. */
void rows_measure(struct rows *rows, const struct listed *listed);

/* Chooses the columns that fit the terminal. After the last rows_measure(). */
void rows_measured(struct rows *rows);

/* A line each. */
void rows_header(const struct rows *rows, struct out *out);
void rows_row(const struct rows *rows, const struct listed *listed, struct out *out);

/* The notes that can be in the last column, by number from 0; NULL: there are no more. */
const char *rows_note(size_t i);

#endif
