// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Connections that do not match the filters, for the kernel side to skip. */
#include "model/parts.h"

#include "model/array.h"

/* Out of memory it is not noted: its next record leads here again. */
void model_note_unwanted(struct model *model, const struct identity *id, bool orphan)
{
	struct unwanted_list *list = &model->unwanted;
	struct unwanted *items = array_grow(list->items, list->n, &list->room, sizeof(*items));

	if (!items)
		return;
	list->items = items;
	items[list->n++] = (struct unwanted){ id->sock, id->inode, orphan };
}

bool model_next_unwanted(struct model *model, struct unwanted *unwanted)
{
	if (!model->unwanted.n)
		return false;
	*unwanted = model->unwanted.items[--model->unwanted.n];
	return true;
}
