// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/netns_names.h"

#include "model/array.h"
#include "model/sighting.h"
#include "model/texts.h"
#include "system/clock.h"
#include "system/netns.h"

#include <stdlib.h>
#include <string.h>

/* Whether names have changed is asked at this interval, and for each new namespace. */
#define PAUSE_NS NS_PER_S
/* Names given so recently may not be mounted yet; and others may follow in the same tick of the clock of files. */
#define UNSETTLED_NS NS_PER_S

struct known {
	uint32_t netns;
	const char *name; /* NULL: none */
};

struct netns_names {
	struct texts *texts;
	struct known *known;
	size_t n, room;
	uint64_t read_ns; /* when the names that were read had been changed last, CLOCK_REALTIME */
	bool settled;     /* otherwise they are read again */
	uint64_t next_ns; /* CLOCK_BOOTTIME */
};

struct netns_names *netns_names_new(void)
{
	struct netns_names *names = calloc(1, sizeof(*names));

	if (!names)
		return NULL;
	names->texts = texts_new();
	if (names->texts)
		return names;
	free(names);
	return NULL;
}

void netns_names_free(struct netns_names *names)
{
	if (!names)
		return;
	texts_free(names->texts);
	free(names->known);
	free(names);
}

/* A handful on most hosts: linear search. */
static struct known *find(const struct netns_names *names, uint32_t netns)
{
	for (size_t i = 0; i < names->n; i++)
		if (names->known[i].netns == netns)
			return &names->known[i];
	return NULL;
}

/* Without memory it is looked for again. */
static void add(struct netns_names *names, uint32_t netns, const char *name)
{
	struct known *known = array_grow(names->known, names->n, &names->room, sizeof(*known));

	if (!known)
		return;
	names->known = known;
	known[names->n++] = (struct known){ netns, name };
}

static void take(void *ctx, const char *name, uint32_t netns)
{
	struct netns_names *names = ctx;
	struct known *known = find(names, netns);

	name = strlen(name) < NETNS_NAME_MAX ? texts_keep(names->texts, name) : NULL;
	if (!name)
		return;
	if (!known)
		add(names, netns, name);
	else if (strcmp(name, known->name) < 0)
		known->name = name;
}

static void read_names(struct netns_names *names)
{
	const uint64_t changed_ns = netns_names_changed_ns();

	if (names->settled && changed_ns == names->read_ns)
		return;
	names->n = 0;
	names->read_ns = changed_ns;
	names->settled = netns_each_name(take, names) == 0 && clock_ns(CLOCK_REALTIME) - changed_ns > UNSETTLED_NS;
}

const char *netns_names_find(struct netns_names *names, uint32_t netns)
{
	const uint64_t now_ns = clock_ns(CLOCK_BOOTTIME);
	const struct known *known;

	if (now_ns >= names->next_ns) {
		read_names(names);
		names->next_ns = now_ns + PAUSE_NS;
	}
	known = find(names, netns);
	if (known)
		return known->name;
	read_names(names);
	known = find(names, netns);
	if (known)
		return known->name;
	add(names, netns, NULL);
	return NULL;
}
