// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/grid.h"

#include <stdint.h>
#include <string.h>

#define GAP 2

/* How far columns may be narrowed. */
enum room { ROOM_FULL, ROOM_FAIR, ROOM_LEAST, ROOM_ANY };

/* A beginning, an ellipsis and an end: where even the least widths do not fit. */
#define ANY_WIDTH 3

void grid_begin(struct grid *grid, const struct grid_column *columns, size_t n, unsigned int terminal)
{
	*grid = (struct grid){ .columns = columns, .n = n, .terminal = terminal };
	for (size_t i = 0; i < n; i++) {
		grid->shown[i] = true;
		grid->width[i] = strlen(columns[i].title);
		if (columns[i].width > grid->width[i])
			grid->width[i] = columns[i].width;
	}
}

void grid_measure(struct grid *grid, size_t column, const struct out *cell)
{
	const size_t width = out_width(cell, 0);

	if (width > grid->width[column])
		grid->width[column] = width;
}

static size_t width_of(const struct grid *grid, size_t column, enum room room)
{
	const struct grid_column *of = &grid->columns[column];
	const size_t bounds[] = { SIZE_MAX, of->fair, of->least, ANY_WIDTH };

	return of->fair && bounds[room] < grid->width[column] ? bounds[room] : grid->width[column];
}

static size_t total(const struct grid *grid, enum room room)
{
	size_t width = 0;

	for (size_t i = 0; i < grid->n; i++)
		if (grid->shown[i])
			width += width_of(grid, i, room) + GAP;
	return width ? width - GAP : 0;
}

static bool fits(const struct grid *grid, enum room room)
{
	return !grid->terminal || total(grid, room) <= grid->terminal;
}

bool grid_fits(const struct grid *grid)
{
	return fits(grid, ROOM_FULL);
}

/* Narrows the column that has most to spare, by one. False if none has any. */
static bool narrow(struct grid *grid, enum room room)
{
	size_t most = 0, spare, widest = 0;

	for (size_t i = 0; i < grid->n; i++) {
		spare = grid->shown[i] ? grid->width[i] - width_of(grid, i, room) : 0;
		if (spare <= most)
			continue;
		most = spare;
		widest = i;
	}
	if (most)
		grid->width[widest]--;
	return most;
}

void grid_fit(struct grid *grid, const unsigned char *order, size_t n, size_t n_details)
{
	bool was_shown[GRID_MAX];
	size_t left_out = 0;

	memcpy(was_shown, grid->shown, sizeof(was_shown));
	for (; left_out < n && !fits(grid, left_out < n_details ? ROOM_FAIR : ROOM_LEAST); left_out++)
		grid->shown[order[left_out]] = false;
	while (left_out-- > n_details) { /* a wide column made room for others */
		grid->shown[order[left_out]] = was_shown[order[left_out]];
		if (!fits(grid, ROOM_LEAST))
			grid->shown[order[left_out]] = false;
	}
	while (!grid_fits(grid) && (narrow(grid, ROOM_LEAST) || narrow(grid, ROOM_ANY)))
		;
}

void grid_header(const struct grid *grid, struct out *out)
{
	const size_t line = out->used;
	size_t from;

	for (size_t i = 0; i < grid->n; i++) {
		if (!grid->shown[i])
			continue;
		from = out->used;
		out_text(out, grid->columns[i].title);
		grid_end_cell(grid, i, out, from);
	}
	grid_end_line(grid, out, line);
	out_text(out, "\n");
}

static bool is_last(const struct grid *grid, size_t column)
{
	while (++column < grid->n)
		if (grid->shown[column])
			return false;
	return true;
}

/* The last column has all that is left of the terminal: grid_end_line(). */
void grid_end_cell(const struct grid *grid, size_t column, struct out *out, size_t from)
{
	const size_t width = grid->width[column];

	if (is_last(grid, column))
		return;
	if (grid->terminal)
		out_shorten(out, from, width, grid->columns[column].keeps_end ? width * 3 / 5 : 0);
	out_pad(out, from, width + GAP);
}

void grid_end_line(const struct grid *grid, struct out *out, size_t from)
{
	while (out->used > from && out->buf[out->used - 1] == ' ')
		out->used--;
	if (grid->terminal)
		out_shorten(out, from, grid->terminal, 0);
}
