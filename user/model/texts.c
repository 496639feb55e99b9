// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/texts.h"

#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS_MAX 65536

struct texts {
	void *tree;
	size_t n;
};

struct texts *texts_new(void)
{
	return calloc(1, sizeof(struct texts));
}

void texts_free(struct texts *texts)
{
	if (!texts)
		return;
	tdestroy(texts->tree, free);
	free(texts);
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

const char *texts_keep(struct texts *texts, const char *text)
{
	char *const *found = tfind(text, &texts->tree, compare);
	char *copy;

	if (found)
		return *found;
	copy = texts->n < TEXTS_MAX ? strdup(text) : NULL;
	if (!copy)
		return NULL;
	if (!tsearch(copy, &texts->tree, compare)) {
		free(copy);
		return NULL;
	}
	texts->n++;
	return copy;
}
