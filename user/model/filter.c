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

struct text_list {
	char **items;
	size_t n;
};

struct filter {
	struct wanted_pid *pids;
	size_t n_pids;
	struct number_list netns, families;
	struct where_list either, local, peer;
	struct text_list comms, cgroups, containers, netns_names;
	uint32_t kinds; /* FILTER_PID...: those in use */
	bool failures;
};

struct filter *filter_new(void)
{
	return calloc(1, sizeof(struct filter));
}

static void free_texts(struct text_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i]);
	free(list->items);
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	free_texts(&filter->comms);
	free_texts(&filter->cgroups);
	free_texts(&filter->containers);
	free_texts(&filter->netns_names);
	free(filter->pids);
	free(filter->netns.items);
	free(filter->families.items);
	free(filter->either.items);
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

int filter_add_pid(struct filter *filter, uint32_t pid, uint64_t start)
{
	struct wanted_pid *pids = realloc(filter->pids, (filter->n_pids + 1) * sizeof(*pids));

	if (!pids)
		return -ENOMEM;
	pids[filter->n_pids++] = (struct wanted_pid){ pid, start };
	filter->pids = pids;
	filter->kinds |= FILTER_PID;
	return 0;
}

const struct wanted_pid *filter_pids(const struct filter *filter, size_t *n)
{
	*n = filter->n_pids;
	return filter->pids;
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

static int add_text(struct filter *filter, struct text_list *list, const char *text, enum filter_kind kind)
{
	char **items;

	if (!*text)
		return -EINVAL;
	items = realloc(list->items, (list->n + 1) * sizeof(*items));
	if (!items)
		return -ENOMEM;
	list->items = items;
	items[list->n] = strdup(text);
	if (!items[list->n])
		return -ENOMEM;
	list->n++;
	filter->kinds |= kind;
	return 0;
}

int filter_add_comm(struct filter *filter, const char *glob)
{
	return add_text(filter, &filter->comms, glob, FILTER_COMM);
}

int filter_add_netns_name(struct filter *filter, const char *name)
{
	return add_text(filter, &filter->netns_names, name, 0);
}

int filter_add_cgroup(struct filter *filter, const char *path)
{
	return add_text(filter, &filter->cgroups, path, FILTER_CGROUP);
}

int filter_add_container(struct filter *filter, const char *prefix)
{
	return add_text(filter, &filter->containers, prefix, FILTER_CONTAINER);
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

int filter_add_ports(struct filter *filter, struct ports ports)
{
	const struct where where = { .ports = ports };

	return ports.first ? add_where(&filter->either, &where) : -EINVAL;
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

static bool is_scope(const struct scope *wanted, const struct scope *scope)
{
	return !*wanted->name || (wanted->id && wanted->id == scope->id) || strcmp(wanted->name, scope->name) == 0;
}

/* With an empty list every end matches: there are no criteria of this kind. */
static bool is_there(const struct where_list *list, const struct endpoint *end)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct where *where = &list->items[i];

		if (where->ports.first && (end->port < where->ports.first || end->port > where->ports.last))
			continue;
		if (!where->has_address)
			return true;
		if (where->ipv6 == end->ipv6 && same_bits(where->addr, end->addr, where->bits) &&
		    is_scope(&where->scope, &end->scope))
			return true;
	}
	return list->n == 0;
}

/* --- the whole --- */

/* True for an empty list: there are no criteria of this kind. */
static bool contains(const struct number_list *list, uint32_t number)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i] == number)
			return true;
	return list->n == 0;
}

static bool is_wanted(const struct filter *filter, const struct process *process)
{
	const struct wanted_pid *wanted;

	if (process->is_kin)
		return true;
	for (size_t i = 0; i < filter->n_pids; i++) {
		wanted = &filter->pids[i];
		if (wanted->pid == process->pid &&
		    (!wanted->start || !process->start || wanted->start == process->start))
			return true;
	}
	return false;
}

bool filter_wants_failures(const struct filter *filter)
{
	return filter->failures;
}

uint32_t filter_process(const struct filter *filter, const struct process *process)
{
	uint32_t meets = is_wanted(filter, process) ? FILTER_PID : 0;

	for (size_t i = 0; i < filter->comms.n; i++)
		if (fnmatch(filter->comms.items[i], process->comm, 0) == 0)
			meets |= FILTER_COMM;
	return meets;
}

uint32_t filter_cgroup(const struct filter *filter, const struct cgroup *cgroup, const char *proc_text)
{
	uint32_t meets = 0;

	for (size_t i = 0; i < filter->cgroups.n; i++)
		if (cgroup_is_below(proc_text, filter->cgroups.items[i]))
			meets |= FILTER_CGROUP;
	for (size_t i = 0; i < filter->containers.n; i++)
		if (strncmp(cgroup->container, filter->containers.items[i], strlen(filter->containers.items[i])) == 0)
			meets |= FILTER_CONTAINER;
	return meets;
}

bool filter_is_about_more_than_netns(const struct filter *filter)
{
	return filter->kinds || filter->either.n || filter->families.n || filter->local.n || filter->peer.n;
}

bool filter_passes_netns(const struct filter *filter, uint32_t netns)
{
	return contains(&filter->netns, netns);
}

static bool passes_place(const struct filter *filter, const struct identity *id)
{
	const struct text_list *names = &filter->netns_names;

	for (size_t i = 0; id->netns_name && i < names->n; i++)
		if (strcmp(id->netns_name, names->items[i]) == 0)
			return true;
	return (filter->netns.n || !names->n) && contains(&filter->netns, id->netns);
}

bool filter_passes_identity(const struct filter *filter, const struct identity *id)
{
	const bool by_port = is_there(&filter->either, &id->local) || is_there(&filter->either, &id->peer);

	return by_port && passes_place(filter, id) && contains(&filter->families, id->peer.ipv6) &&
	       is_there(&filter->local, &id->local) && is_there(&filter->peer, &id->peer);
}

bool filter_passes_owner(const struct filter *filter, const struct owner *owner)
{
	return (owner->meets & filter->kinds) == filter->kinds;
}

bool filter_passes_connection(const struct filter *filter, const struct connection *c)
{
	return filter_passes_identity(filter, &c->id) && filter_passes_owner(filter, &c->owner);
}

bool filter_passes_event(const struct filter *filter, const struct event *event)
{
	return !filter->failures || event->severity == SEVERITY_WARN;
}

bool filter_passes_timeline(const struct filter *filter, const struct connection *c)
{
	return !c->only_met && filter_passes_connection(filter, c) && (!filter->failures || c->warned);
}
