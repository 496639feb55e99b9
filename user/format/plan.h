/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The table of fields, compiled for one kind of line: everything that is equal in all such lines is ready-made text. */
#ifndef KATRACE_PLAN_H
#define KATRACE_PLAN_H

#include "format/fields.h"

/* The depth of nesting, including the line itself and the value. */
#define PATH_MAX_KEYS 4
/* The largest number of adjacent optional fields. */
#define PLAN_GAP_MAX 24
#define PLAN_STEPS_MAX 64

/* A piece of plan.text. */
struct piece {
	uint16_t at, length;
};

struct step {
	const struct field *field;         /* NULL: the end of the line */
	struct piece before[PLAN_GAP_MAX]; /* the text before it: [n] if n steps before it were left out */
	char keys[PATH_MAX_KEYS][32];      /* the parts of its path */
	size_t n_keys;
};

struct plan {
	size_t n;
	struct step steps[PLAN_STEPS_MAX]; /* the last is the end */
	char text[8192];
};

/* Returns 0, or -E2BIG if the table exceeds one of the limits above. */
int plan_make(struct plan *plan, enum line_kind kind);

#endif
