// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/filter.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

struct where_list {
	struct where *items;
	size_t n;
};

struct number_list {
	uint32_t *items;
	size_t n;
};

struct filter {
	struct number_list pids, ports, netns, families;
	struct where_list local, peer;
	char **comms;
	size_t n_comms;
	bool failures;
};

struct filter *filter_new(void)
{
	return calloc(1, sizeof(struct filter));
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	for (size_t i = 0; i < filter->n_comms; i++)
		free(filter->comms[i]);
	free(filter->comms);
	free(filter->pids.items);
	free(filter->ports.items);
	free(filter->netns.items);
	free(filter->families.items);
	free(filter->local.items);
	free(filter->peer.items);
	free(filter);
}

static int add_number(struct number_list *list, uint32_t number)
{
	uint32_t *items = realloc(list->items, (list->n + 1) * sizeof(*items));

	if (!items)
		return -ENOMEM;
	items[list->n++] = number;
	list->items = items;
	return 0;
}

int filter_add_pid(struct filter *filter, uint32_t pid)
{
	return add_number(&filter->pids, pid);
}

int filter_add_port(struct filter *filter, uint16_t port)
{
	return port ? add_number(&filter->ports, port) : -EINVAL;
}

int filter_add_netns(struct filter *filter, uint32_t inode)
{
	return add_number(&filter->netns, inode);
}

int filter_add_family(struct filter *filter, bool ipv6)
{
	return add_number(&filter->families, ipv6);
}

void filter_set_failures(struct filter *filter)
{
	filter->failures = true;
}

int filter_add_comm(struct filter *filter, const char *glob)
{
	char **comms;

	if (!*glob)
		return -EINVAL;
	comms = realloc(filter->comms, (filter->n_comms + 1) * sizeof(*comms));
	if (!comms)
		return -ENOMEM;
	filter->comms = comms;
	comms[filter->n_comms] = strdup(glob);
	if (!comms[filter->n_comms])
		return -ENOMEM;
	filter->n_comms++;
	return 0;
}

static int add_where(struct where_list *list, const struct where *where)
{
	struct where *items = realloc(list->items, (list->n + 1) * sizeof(*items));

	if (!items)
		return -ENOMEM;
	items[list->n++] = *where;
	list->items = items;
	return 0;
}

int filter_add_local(struct filter *filter, const struct where *where)
{
	return add_where(&filter->local, where);
}

int filter_add_peer(struct filter *filter, const struct where *where)
{
	return add_where(&filter->peer, where);
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned int bits)
{
	const unsigned int whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return !rest || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

static bool is_there(const struct where_list *list, const struct endpoint *end)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct where *where = &list->items[i];

		if (where->port && where->port != end->port)
			continue;
		if (!where->has_address)
			return true;
		if (where->ipv6 == end->ipv6 && same_bits(where->addr, end->addr, where->bits))
			return true;
	}
	return list->n == 0;
}

/* --- the whole --- */

static bool contains(const struct number_list *list, uint32_t number)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i] == number)
			return true;
	return list->n == 0;
}

static bool has_name(const struct filter *filter, const struct owner *owner)
{
	for (size_t i = 0; i < filter->n_comms; i++)
		if (owner->pid && fnmatch(filter->comms[i], owner->comm, 0) == 0)
			return true;
	return filter->n_comms == 0;
}

bool filter_passes_connection(const struct filter *filter, const struct connection *c)
{
	const bool by_pid = !filter->pids.n || owner_is_one_of(&c->owner, filter->pids.items, filter->pids.n);
	const bool by_port = contains(&filter->ports, c->id.local.port) || contains(&filter->ports, c->id.peer.port);

	return by_pid && by_port && has_name(filter, &c->owner) && contains(&filter->netns, c->id.netns) &&
	       contains(&filter->families, c->id.peer.ipv6) && is_there(&filter->local, &c->id.local) &&
	       is_there(&filter->peer, &c->id.peer);
}

bool filter_passes_event(const struct filter *filter, const struct event *event)
{
	return !filter->failures || event_is_warning(event);
}

bool filter_passes_timeline(const struct filter *filter, const struct connection *c)
{
	return filter_passes_connection(filter, c) && (!filter->failures || c->warned);
}
