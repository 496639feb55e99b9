// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/sweep.h"

#include "kernel/stories.h"
#include "model/array.h"
#include "system/clock.h"

#include <stdlib.h>

/* Between two looks: by then all records of the time before have been read. Each costs 0.1 us for each connection. */
#define PAUSE_NS (5 * NS_PER_S)

void sweep_want(struct sweep *sweep, uint64_t now_ns)
{
	if (!sweep->next_ns && model_has_room(sweep->model))
		sweep->next_ns = now_ns + PAUSE_NS;
}

uint64_t sweep_due_ns(const struct sweep *sweep)
{
	return sweep->next_ns ?: UINT64_MAX;
}

static void suspect(void *ctx, uint64_t sock)
{
	struct sweep *sweep = ctx;
	uint64_t *grown;

	if (model_knows(sweep->model, sock))
		return;
	grown = array_grow(sweep->suspects, sweep->n, &sweep->room, sizeof(*grown));
	if (!grown)
		return;
	sweep->suspects = grown;
	grown[sweep->n++] = sock;
}

/* Those that the model still does not know. */
static void forget_suspects(struct sweep *sweep)
{
	for (size_t i = 0; i < sweep->n; i++)
		if (!model_knows(sweep->model, sweep->suspects[i]))
			tracer_forget_story(sweep->tracer, sweep->suspects[i]);
	sweep->n = 0;
}

void sweep_go(struct sweep *sweep, uint64_t now_ns)
{
	sweep->next_ns = 0;
	if (sweep->n) {
		forget_suspects(sweep);
		return;
	}
	tracer_each_story(sweep->tracer, suspect, sweep);
	if (sweep->n)
		sweep->next_ns = now_ns + PAUSE_NS;
}

void sweep_clear(struct sweep *sweep)
{
	free(sweep->suspects);
}
