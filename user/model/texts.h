/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Texts that many things refer to: each is kept once, at a place that stays, until all are freed. */
#ifndef KATRACE_TEXTS_H
#define KATRACE_TEXTS_H

struct texts;

/* NULL when out of memory. */
struct texts *texts_new(void);

/* NULL is fine. */
void texts_free(struct texts *texts);

/* The kept copy of the text; NULL when out of memory, or when there are very many: a recording may be hostile. */
const char *texts_keep(struct texts *texts, const char *text);

#endif
