// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/snapshot.h"

#include "kernel/walk.h"
#include "model/array.h"
#include "run/explain.h"
#include "run/lookup.h"
#include "run/netns_names.h"
#include "run/scope.h"
#include "system/clock.h"
#include "system/netns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct snapshot {
	struct snapshot_options options;
	struct walk *walk;
	uint64_t seed; /* of hashes, see model/table.h */
	uint64_t missing;
	struct netns_refused refused;
	struct netns_names *netns_names;

	/* of the last snapshot */
	uint64_t wall_ns;
	struct sockets *sockets;
	struct owners *owners; /* for the cgroups that lookup remembers */
	struct lookup *lookup;
	struct sysctls *sysctls;
	size_t n_sysctls, room;
	bool no_memory; /* some sysctls are missing */
};

static int add_namespace(void *ctx)
{
	const struct snapshot *snapshot = ctx;

	return walk_add_namespace(snapshot->walk);
}

static int add_namespaces(struct snapshot *snapshot)
{
	int err = netns_visit(add_namespace, snapshot, &snapshot->refused);

	if (err)
		fprintf(stderr, "katrace: --all-namespaces: %s\n", strerror(-err));
	else
		explain_refused_namespaces(&snapshot->refused);
	return err;
}

int snapshot_new(struct snapshot **out, const struct snapshot_options *options)
{
	const struct walk_options walk_options = {
		.purpose = options->sysctls ? WALK_NETNS : WALK_SOCKETS,
		.btf = options->btf,
		.kin = options->children,
	};
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	int err;

	if (!snapshot)
		return explain_walk_failure(-ENOMEM, options->btf);
	snapshot->options = *options;
	snapshot->netns_names = netns_names_new();
	if (!snapshot->netns_names)
		err = -ENOMEM;
	else
		err = getrandom(&snapshot->seed, sizeof(snapshot->seed), 0) < 0 ? -errno : 0;
	if (!err)
		err = walk_new(&snapshot->walk, &walk_options);
	if (err) {
		explain_walk_failure(err, options->btf);
		goto cleanup;
	}
	if (options->all_namespaces)
		err = add_namespaces(snapshot);
	if (err)
		goto cleanup;
	explain_pid_namespace(snapshot->walk);
	*out = snapshot;
	return 0;
cleanup:
	snapshot_free(snapshot);
	return err;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	snapshot_clear(snapshot);
	walk_free(snapshot->walk);
	netns_names_free(snapshot->netns_names);
	free(snapshot);
}

/* Keeps nothing from one walk to the next: processes change their names and their cgroups. */
static int prepare(struct snapshot *snapshot)
{
	snapshot_clear(snapshot);
	snapshot->wall_ns = clock_ns(CLOCK_REALTIME);
	snapshot->sockets = sockets_new(snapshot_hz(snapshot), snapshot->seed);
	snapshot->owners = owners_new();
	if (snapshot->owners)
		snapshot->lookup = lookup_new(snapshot->walk, snapshot->owners, snapshot->options.filter);
	return snapshot->sockets && snapshot->lookup ? 0 : -ENOMEM;
}

int snapshot_follow_children(struct snapshot *snapshot)
{
	const int err = prepare(snapshot);

	return err ?: lookup_follow_children(snapshot->lookup);
}

/* --- sockets --- */

typedef int (*take_fn)(struct sockets *sockets, const struct katrace_socket *found, const struct owner *holder);

static void take(struct snapshot *snapshot, const struct katrace_socket *found, take_fn take_socket)
{
	struct owner holder;

	if (found->owner.pid)
		lookup_process(snapshot->lookup, &found->owner, &holder);
	if (take_socket(snapshot->sockets, found, found->owner.pid ? &holder : NULL))
		snapshot->missing++;
}

static void on_socket(void *ctx, const struct katrace_socket *found)
{
	take(ctx, found, sockets_add);
}

static void on_socket_again(void *ctx, const struct katrace_socket *found)
{
	take(ctx, found, sockets_look_again);
}

static bool is_wanted(void *ctx, const struct listed *listed)
{
	const struct snapshot *snapshot = ctx;
	const struct snapshot_options *options = &snapshot->options;

	struct identity id = listed->connection.id;

	scope_find_name(&id, snapshot_own_netns(snapshot));
	return criteria_met(options->criteria, &options->zombies, listed) &&
	       filter_passes_identity(options->filter, &id) &&
	       filter_passes_owner(options->filter, &listed->connection.owner);
}

int snapshot_take(struct snapshot *snapshot)
{
	int err = prepare(snapshot);

	if (!err)
		err = walk_sockets(snapshot->walk, on_socket, snapshot);
	if (!err && sockets_want_second_look(snapshot->sockets))
		err = walk_sockets_again(snapshot->walk, on_socket_again, snapshot);
	return err ?: sockets_sort(snapshot->sockets, &snapshot->options.zombies, is_wanted, snapshot);
}

/* --- sysctls --- */

/* A handful on most hosts: linear search. */
static struct sysctls *find_sysctls(struct snapshot *snapshot, uint32_t netns)
{
	for (size_t i = 0; i < snapshot->n_sysctls; i++)
		if (snapshot->sysctls[i].netns == netns)
			return &snapshot->sysctls[i];
	return NULL;
}

static void on_netns(void *ctx, const struct katrace_netns *netns)
{
	struct snapshot *snapshot = ctx;
	struct sysctls *sysctls = find_sysctls(snapshot, netns->netns);

	if (sysctls) {
		sysctls->descriptors++;
		return;
	}
	if (!filter_passes_netns(snapshot->options.filter, netns->netns))
		return;
	sysctls = array_grow(snapshot->sysctls, snapshot->n_sysctls, &snapshot->room, sizeof(*sysctls));
	if (!sysctls) {
		snapshot->no_memory = true;
		return;
	}
	snapshot->sysctls = sysctls;
	sysctls += snapshot->n_sysctls++;
	sysctls_decode(sysctls, netns, snapshot_hz(snapshot));
	sysctls->netns_name = netns_names_find(snapshot->netns_names, netns->netns);
	sysctls->is_own = netns->netns == snapshot_own_netns(snapshot);
	sysctls->descriptors = 1;
}

int snapshot_take_sysctls(struct snapshot *snapshot)
{
	int err;

	snapshot_clear(snapshot);
	snapshot->wall_ns = clock_ns(CLOCK_REALTIME);
	err = walk_netns(snapshot->walk, on_netns, snapshot);
	return !err && snapshot->no_memory ? -ENOMEM : err;
}

void snapshot_clear(struct snapshot *snapshot)
{
	sockets_free(snapshot->sockets);
	lookup_free(snapshot->lookup);
	owners_free(snapshot->owners);
	free(snapshot->sysctls);
	snapshot->sockets = NULL;
	snapshot->lookup = NULL;
	snapshot->owners = NULL;
	snapshot->sysctls = NULL;
	snapshot->n_sysctls = snapshot->room = 0;
	snapshot->no_memory = false;
}

/* --- results --- */

const struct sockets *snapshot_sockets(const struct snapshot *snapshot)
{
	return snapshot->sockets;
}

void snapshot_get(const struct snapshot *snapshot, size_t place, struct listed *listed)
{
	struct identity *id = &listed->connection.id;

	sockets_get(snapshot->sockets, place, listed);
	scope_find_name(id, snapshot_own_netns(snapshot));
	id->netns_name = netns_names_find(snapshot->netns_names, id->netns);
}

const struct sysctls *snapshot_sysctls(const struct snapshot *snapshot, size_t *n)
{
	*n = snapshot->n_sysctls;
	return snapshot->sysctls;
}

uint64_t snapshot_wall_ns(const struct snapshot *snapshot)
{
	return snapshot->wall_ns;
}

bool snapshot_is_whole(const struct snapshot *snapshot)
{
	return !snapshot->refused.n;
}

uint64_t snapshot_missing(const struct snapshot *snapshot)
{
	return snapshot->missing;
}

uint32_t snapshot_hz(const struct snapshot *snapshot)
{
	return walk_facts(snapshot->walk)->hz;
}

uint32_t snapshot_own_netns(const struct snapshot *snapshot)
{
	return walk_facts(snapshot->walk)->netns;
}
