/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Lines in columns. On a terminal they fit its width: long cells are shortened, and columns that matter least are left
 * out. Elsewhere nothing is.
 */
#ifndef KATRACE_GRID_H
#define KATRACE_GRID_H

#include "format/out.h"

#include <stdbool.h>
#include <stddef.h>

#define GRID_MAX 16

struct grid_column {
	const char *title;
	size_t width;   /* at least; 0: as wide as its widest cell */
	size_t fair;    /* its cells may be shortened to this width before details are left out; 0: never */
	size_t least;   /* ... and to this one before other columns are */
	bool keeps_end; /* the end of a cell tells as much as its beginning: it is shortened in between */
};

struct grid {
	const struct grid_column *columns;
	size_t n;
	size_t terminal; /* its width; 0: no terminal */
	size_t width[GRID_MAX];
	bool shown[GRID_MAX];
};

/* All columns are shown, as wide as their titles. The caller keeps columns, of which there are n, at most GRID_MAX. */
void grid_begin(struct grid *grid, const struct grid_column *columns, size_t n, unsigned int terminal);

/* A cell that will be in the column: its text is all of *cell. */
void grid_measure(struct grid *grid, size_t column, const struct out *cell);

/*
 * Makes the columns fit the terminal, after the last grid_measure(). Leaves them out in that order, n of them, of which
 * the first n_details are details.
 */
bool grid_fits(const struct grid *grid);
void grid_fit(struct grid *grid, const unsigned char *order, size_t n, size_t n_details);

/* One line of titles. */
void grid_header(const struct grid *grid, struct out *out);

/* Ends the cell, or the line, that began at from. A line has no spaces at its end. */
void grid_end_cell(const struct grid *grid, size_t column, struct out *out, size_t from);
void grid_end_line(const struct grid *grid, struct out *out, size_t from);

#endif
