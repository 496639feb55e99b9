// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * More connections than the model remembers: those it knows stay. The events of a newcomer are published, as far as its
 * records tell, but it has no timeline, and no change of its settings is noticed.
 */
#include "model/parts.h"

#include <errno.h>
#include <stdlib.h>

/* Numbers of newcomers that are not known any more: they follow from the identity, so that they stay the same. */
#define UNKNOWN_NUMBER (UINT64_C(1) << 63)

/* Without the inode, which the last records may lack. */
static uint64_t key_of(const struct model *model, const struct identity *id)
{
	struct identity lasting = *id;

	lasting.inode = 0;
	return newcomers_key(model->newcomers, &lasting, sizeof(lasting));
}

struct newcomer *model_find_newcomer(const struct model *model, const struct identity *id)
{
	return newcomers_find(model->newcomers, key_of(model, id));
}

bool model_has_room(const struct model *model)
{
	return lru_count(model->open) < model->options.max_connections;
}

bool model_knows(const struct model *model, uint64_t sock)
{
	return lru_find(model->open, &sock);
}

/* An answer or an end takes no place: its connection stays what it is. */
bool model_has_no_room(const struct model *model, const struct sighting *s)
{
	const bool full = s->untracked || !model_has_room(model);

	switch (s->kind) {
	case KATRACE_SETTLED:
	case KATRACE_PEER_CLOSED:
	case KATRACE_CLOSING:
	case KATRACE_CLOSED:
		return model_find_newcomer(model, &s->id);
	case KATRACE_ANSWER:
		return full || model_find_newcomer(model, &s->id);
	default:
		return full;
	}
}

/* What its connection was after the last sighting. */
static void recall(struct tracked *t, const struct newcomer *known)
{
	t->c.number = known->number;
	t->c.first_ns = known->first_ns;
	t->c.probes_sent = known->probes_sent;
	t->c.probes_answered = known->probes_answered;
	t->counted = known->counted;
	t->c.suppressed = known->suppressed;
	t->c.orphan = known->orphan;
	t->probe_open = known->probe_open;
	t->probe_number = known->probe_number;
	t->probe_ns = known->probe_ns;
	t->first_probe_ns = known->first_probe_ns;
	t->early_answer_ns = known->early_answer_ns;
}

static void keep(const struct tracked *t, struct newcomer *known)
{
	known->probes_sent = t->c.probes_sent;
	known->probes_answered = t->c.probes_answered;
	known->suppressed = t->c.suppressed;
	known->orphan = t->c.orphan;
	known->probe_open = t->probe_open;
	known->probe_number = t->probe_number;
	known->probe_ns = t->probe_ns;
	known->first_probe_ns = t->first_probe_ns;
	known->early_answer_ns = t->early_answer_ns;
}

static struct newcomer *add(struct model *model, const struct sighting *s, uint64_t now_ns)
{
	struct newcomer *added = newcomers_add(model->newcomers, key_of(model, &s->id), now_ns);

	model->counts.are_more |= !added;
	if (!added)
		return NULL;
	added->first_ns = s->time_ns;
	added->number = ++model->numbers;
	return added;
}

/* Nothing is compared with what is not known: no change of settings, no gap in probe numbers. */
static void announce(struct tracked *t, const struct sighting *s)
{
	t->c.announced = true;
	t->c.settings = s->settings;
	t->skipped = true;
}

static struct tracked *make(const struct model *model, const struct sighting *s, const struct newcomer *known)
{
	struct tracked *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->newcomer = true;
	t->c.id = model_identity(model, s);
	t->orphan = s->orphan;
	t->c.cookie = s->cookie;
	t->c.mptcp_subflow = s->mptcp_subflow;
	t->c.timeline.off = true;
	t->at_start = owners_held_at_start(model->owners, t->c.id.sock, t->c.id.inode);
	if (known) {
		recall(t, known);
		return t;
	}
	t->c.number = key_of(model, &s->id) | UNKNOWN_NUMBER;
	t->c.first_ns = s->time_ns;
	t->counted = true;
	return t;
}

/*
 * Switched off, or closed by the peer: nobody would remember that when a start, or a close by this side, follows. An
 * answer: the record of its probe is still to come.
 */
static bool means_nothing_alone(const struct sighting *s, const struct newcomer *known)
{
	return s->kind == KATRACE_SWITCHED_OFF || s->kind == KATRACE_PEER_CLOSED ||
	       (s->kind == KATRACE_ANSWER && !known);
}

int model_tell_newcomer(struct model *model, const struct sighting *s, uint64_t now_ns)
{
	struct newcomer *known = model_find_newcomer(model, &s->id);
	const bool is_new = !known;
	struct tracked *t;
	int err;

	if (means_nothing_alone(s, known))
		return 0;
	if (is_new)
		known = add(model, s, now_ns);
	t = make(model, s, known);
	if (!t)
		return -ENOMEM;
	if (!is_new || !known)
		announce(t, s);
	if (s->kind == KATRACE_CLOSED) {
		newcomers_remove(model->newcomers, known);
		return model_tell(model, t, s, now_ns);
	}
	err = model_tell(model, t, s, now_ns);
	if (known) {
		keep(t, known);
		newcomers_use(model->newcomers, known, now_ns);
	}
	model_leave(model, t, FATE_UNKNOWN);
	return err;
}

void model_forget_newcomer(struct model *model, const struct identity *id)
{
	newcomers_remove(model->newcomers, model_find_newcomer(model, id));
}

void model_count(struct model *model, struct tracked *t)
{
	struct newcomer *known = t->newcomer ? model_find_newcomer(model, &t->c.id) : NULL;

	if (t->counted || (known && known->counted))
		return;
	t->counted = true;
	if (known)
		known->counted = true;
	model->counts.connections++;
	model->counts.lost_connections += t->newcomer;
}
