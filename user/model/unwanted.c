// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Connections that do not match the filters, for the kernel side to skip. */
#include "model/parts.h"

#include "model/array.h"

/* Out of memory it is not noted: its next record leads here again. */
void model_note_unwanted(struct model *model, const struct identity *id)
{
	struct unwanted *unwanted = &model->unwanted;
	struct identity *ids = array_grow(unwanted->ids, unwanted->n, &unwanted->room, sizeof(*ids));

	if (!ids)
		return;
	unwanted->ids = ids;
	ids[unwanted->n++] = *id;
}

bool model_next_unwanted(struct model *model, struct identity *id)
{
	if (!model->unwanted.n)
		return false;
	*id = model->unwanted.ids[--model->unwanted.n];
	return true;
}
