// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Events wait until the owner of their connection is known; then the outputs get them, in order. */
#include "model/parts.h"

#include "model/story.h"

#include <stdlib.h>

#define OWNER_MISSES_MAX 6
/* Events passed on at once: others must get their turn. */
#define HAND_ON_MAX 1024

/*
 * Nobody knows whose it is: no walk has looked for its owner within its time, or the first one found it ended. With
 * --pid walks see only these processes, and what they do not find is another one's.
 */
static bool owner_is_late(const struct model *model, const struct tracked *t, uint64_t now_ns)
{
	if (t->c.owner.pid || (t->orphan && !t->c.id.inode))
		return false;
	if (now_ns >= t->owner_due_ns)
		return true;
	return t->c.fate == FATE_ENDED && t->owner_misses == 1 && !t->skipped && !model->options.partial_walks;
}

static void hand_on(struct model *model, struct tracked *t, const struct event *event, uint64_t now_ns)
{
	const bool passes = filter_passes_event(model->options.filter, event);

	if (!filter_passes_owner(model->options.filter, &t->c.owner)) {
		model->counts.lost_owner += passes && owner_is_late(model, t, now_ns);
		t->refused = t->refused || now_ns < t->owner_due_ns; /* unless its owner is not known yet */
		return;
	}
	t->refused = false;
	if (!passes)
		return;
	model_count(model, t);
	model->output.event(model->output.ctx, event);
}

void model_hand_on_finished(struct model *model, struct tracked *t)
{
	if (t->newcomer && t->refused) {
		model_forget_newcomer(model, &t->c.id);
		model_note_unwanted(model, &t->c.id, t->orphan);
	}
	if (!t->newcomer && t->c.announced &&
	    (t->c.fate == FATE_LEFT || filter_passes_timeline(model->options.filter, &t->c)))
		model->output.finished(model->output.ctx, &t->c);
	tracked_free(t);
}

/* --- owners --- */

/* It had no file when it was recorded, for it was not accepted yet: a later walk knows its inode. */
static void learn_inode(struct model *model, struct tracked *t)
{
	const struct identity *id = &t->c.id;

	if (!id->inode)
		t->c.id.inode = owners_inode_of(model->owners, id->sock, id->local.port, id->peer.port, t->c.first_ns);
}

static void take_owner(struct model *model, struct tracked *t, uint64_t now_ns)
{
	struct owner owner;

	learn_inode(model, t);
	if (owners_lookup(model->owners, t->c.id.sock, t->c.id.inode, &owner)) {
		t->c.owner = owner;
		t->owner_misses = 0;
		t->owner_due_ns = owners_walked_ns(model->owners) + MODEL_OWNER_FRESH_NS;
		return;
	}
	/* No visible holder, perhaps one in another pid namespace: look less and less often. */
	t->owner_due_ns = now_ns + (MODEL_OWNER_FRESH_NS << t->owner_misses);
	if (t->owner_misses < OWNER_MISSES_MAX)
		t->owner_misses++;
}

struct identity model_identity(const struct model *model, const struct sighting *s)
{
	struct identity id = s->id;

	if (s->orphan && !id.inode)
		id.inode = owners_inode_of(model->owners, id.sock, id.local.port, id.peer.port, 0);
	return id;
}

/* Is the owner known well enough to pass on an event now? */
static bool owner_is_settled(struct model *model, struct tracked *t, uint64_t now_ns)
{
	struct owner owner;

	if (now_ns < t->owner_due_ns)
		return true;
	if (t->orphan) { /* no walk will find it: who held it last is its owner */
		if (!t->c.owner.pid)
			take_owner(model, t, now_ns);
		return true;
	}
	learn_inode(model, t);
	if (now_ns >= owners_walked_ns(model->owners) + MODEL_OWNER_FRESH_NS ||
	    !owners_lookup(model->owners, t->c.id.sock, t->c.id.inode, &owner))
		return false;
	take_owner(model, t, now_ns);
	return now_ns < t->owner_due_ns;
}

int model_publish(struct model *model, struct tracked *t, struct event *event, uint64_t now_ns)
{
	struct waiting *w;
	int err;

	event->severity = event_severity(event);
	err = story_tell(&t->c, event);
	if (!t->n_waiting && owner_is_settled(model, t, now_ns)) {
		hand_on(model, t, event, now_ns);
		return err;
	}
	w = malloc(sizeof(*w));
	if (!w) { /* out of memory: pass it on without its owner */
		hand_on(model, t, event, now_ns);
		return err;
	}
	w->event = *event;
	w->tracked = t;
	w->until_ns = now_ns + MODEL_OWNER_WAIT_NS;
	t->n_waiting++;
	STAILQ_INSERT_TAIL(&model->waiting, w, next);
	return err;
}

void model_hand_on_first(struct model *model, uint64_t now_ns)
{
	struct waiting *w = STAILQ_FIRST(&model->waiting);
	struct tracked *t = w->tracked;

	STAILQ_REMOVE_HEAD(&model->waiting, next);
	hand_on(model, t, &w->event, now_ns);
	free(w);
	t->n_waiting--;
	if (t->n_waiting == 0 && t->c.fate != FATE_OPEN)
		model_hand_on_finished(model, t);
	else
		model_leave_to_others(model, t);
}

bool model_wants_walk(const struct model *model)
{
	return !STAILQ_EMPTY(&model->waiting);
}

/* Does the first event need to wait no longer? */
static bool first_is_ready(struct model *model, uint64_t now_ns)
{
	const struct waiting *w = STAILQ_FIRST(&model->waiting);

	if (w->until_ns - MODEL_OWNER_WAIT_NS > owners_walked_ns(model->owners)) /* younger than the last walk */
		return w->until_ns <= now_ns || owner_is_settled(model, w->tracked, now_ns);
	if (now_ns >= w->tracked->owner_due_ns)
		take_owner(model, w->tracked, now_ns);
	return true;
}

void model_hand_on_some(struct model *model, uint64_t now_ns)
{
	for (int n = 0; n < HAND_ON_MAX; n++) {
		if (STAILQ_EMPTY(&model->waiting) || !first_is_ready(model, now_ns)) {
			model->hand_on_ns = UINT64_MAX;
			return;
		}
		model_hand_on_first(model, now_ns);
	}
	model->hand_on_ns = now_ns;
}

uint64_t model_next_hand_on_ns(const struct model *model)
{
	const struct waiting *w = STAILQ_FIRST(&model->waiting);

	if (!w)
		return UINT64_MAX;
	return w->until_ns < model->hand_on_ns ? w->until_ns : model->hand_on_ns;
}

void model_walked(struct model *model, uint64_t now_ns)
{
	model_hand_on_some(model, now_ns);
}
