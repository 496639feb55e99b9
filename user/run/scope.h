/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The interfaces that link-local addresses hold for. */
#ifndef KATRACE_SCOPE_H
#define KATRACE_SCOPE_H

#include "model/sighting.h"

/* Sets the names of the identity's scopes, which can be asked for in katrace's own network namespace only. */
void scope_find_name(struct identity *id, uint32_t own_netns);

#endif
