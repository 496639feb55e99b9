/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The table of fields, compiled for one kind of line: what is the same in all such lines is text already. */
#ifndef KATRACE_PLAN_H
#define KATRACE_PLAN_H

#include "format/fields.h"

/* Objects nest no deeper, the line itself and the value included. */
#define PATH_MAX_KEYS 4
/* At most so many optional fields follow each other. */
#define PLAN_GAP_MAX 12
#define PLAN_STEPS_MAX 48

/* A piece of plan.text. */
struct piece {
	uint16_t at, length;
};

struct step {
	const struct field *field;         /* NULL: the end of the line */
	struct piece before[PLAN_GAP_MAX]; /* what is written before it: [n] when n steps were left out before it */
	char keys[PATH_MAX_KEYS][32];      /* the parts of its path */
	size_t n_keys;
};

struct plan {
	size_t n;
	struct step steps[PLAN_STEPS_MAX]; /* the last is the end */
	char text[8192];
};

/* Returns 0, or -E2BIG when one of the limits above is too low for the table. */
int plan_make(struct plan *plan, enum line_kind kind);

#endif
