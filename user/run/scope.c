// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run/scope.h"

#include <net/if.h>
#include <stddef.h>

_Static_assert(sizeof(((struct scope *)NULL)->name) == IF_NAMESIZE, "room for every name");

void scope_find_name(struct identity *id, uint32_t own_netns)
{
	struct scope scope = id->peer.scope.id ? id->peer.scope : id->local.scope;

	if (scope.id && id->netns == own_netns && if_indextoname(scope.id, scope.name))
		identity_set_scope(id, &scope);
}
