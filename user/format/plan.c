// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/plan.h"

#include "format/json.h"

#include <errno.h>
#include <string.h>

/* How many objects two paths have in common. */
static size_t common_objects(const char *a, const char *b)
{
	size_t n = 0;

	for (; *a && *a == *b; a++, b++)
		n += *a == '.';
	return n;
}

static size_t objects(const char *path)
{
	size_t n = 0;

	for (; *path; path++)
		n += *path == '.';
	return n;
}

/* The path without its first n parts. */
static const char *path_after(const char *path, size_t n)
{
	for (; n; n--)
		path = strchr(path, '.') + 1;
	return path;
}

/* The text between the values of two adjacent fields. NULL: the beginning, or the end, of the line. */
static void write_between(const char *from, const char *to, struct out *out)
{
	const size_t common = from && to ? common_objects(from, to) : 0;
	const char *dot;

	for (size_t i = common; from && i < objects(from); i++)
		out_text(out, "}");
	if (!to) {
		out_text(out, "}\n");
		return;
	}
	out_text(out, from ? "," : "{");
	for (to = path_after(to, common); (dot = strchr(to, '.')) != NULL; to = dot + 1) {
		out_text(out, "\"");
		out_bytes(out, to, (size_t)(dot - to));
		out_text(out, "\":{");
	}
	out_text(out, "\"");
	out_text(out, to);
	out_text(out, "\":");
}

/* The same, with fields of fixed values between them. NULL: as above. */
static void write_gap(const struct field *from, const struct field *to, enum line_kind kind, struct out *out)
{
	const struct field *const end = fields + fields_count;
	const char *path = from ? from->path : NULL;

	for (const struct field *field = from ? from + 1 : fields; field < (to ? to : end); field++) {
		if (!field->fixed || !field_is_in(field, kind))
			continue;
		write_between(path, field->path, out);
		json_quote(out, field->fixed(kind));
		path = field->path;
	}
	write_between(path, to ? to->path : NULL, out);
}

static int split_path(struct step *step)
{
	const char *key = step->field->path;

	if (objects(key) >= PATH_MAX_KEYS)
		return -E2BIG;
	for (step->n_keys = 0; key; step->n_keys++) {
		const char *dot = strchrnul(key, '.');
		const size_t length = (size_t)(dot - key);

		if (length >= sizeof(step->keys[0]))
			return -E2BIG;
		memcpy(step->keys[step->n_keys], key, length);
		step->keys[step->n_keys][length] = '\0';
		key = *dot ? dot + 1 : NULL;
	}
	return 0;
}

/* The text before a step, for each step that may have been written last. */
static int write_before(struct plan *plan, size_t place, enum line_kind kind, struct out *out)
{
	struct step *step = &plan->steps[place];

	for (size_t left_out = 0;; left_out++) {
		const size_t at = out->used;
		const struct field *last = left_out < place ? plan->steps[place - 1 - left_out].field : NULL;

		if (left_out == PLAN_GAP_MAX)
			return -E2BIG;
		write_gap(last, step->field, kind, out);
		step->before[left_out] = (struct piece){ (uint16_t)at, (uint16_t)(out->used - at) };
		if (!last || last->presence == ALWAYS)
			return out->cut ? -E2BIG : 0;
	}
}

int plan_make(struct plan *plan, enum line_kind kind)
{
	struct out text = out_make(plan->text, sizeof(plan->text));
	int err = 0;

	memset(plan, 0, sizeof(*plan));
	for (size_t i = 0; i < fields_count && !err; i++) {
		if (!field_is_in(&fields[i], kind) || fields[i].fixed)
			continue;
		if (plan->n + 1 == PLAN_STEPS_MAX)
			return -E2BIG;
		plan->steps[plan->n].field = &fields[i];
		err = split_path(&plan->steps[plan->n++]);
	}
	plan->n++; /* the end */
	for (size_t i = 0; i < plan->n && !err; i++)
		err = write_before(plan, i, kind, &text);
	return err;
}
