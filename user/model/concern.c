// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/concern.h"

#include <netinet/tcp.h>

bool is_zombie(const struct listed *listed, const struct zombie_limits *limits)
{
	return listed->state == TCP_ESTABLISHED && listed->connection.silent_us > limits->silent_us &&
	       (!listed->due || listed->next_us > limits->due_us);
}

bool is_stalled(const struct listed *listed)
{
	return listed->waiting && (listed->connection.retransmits || listed->window_probe);
}

enum concern concern_of(const struct listed *listed, const struct zombie_limits *limits)
{
	const bool enabled = listed->connection.settings.enabled;

	if (listed->state == TCP_LISTEN)
		return CONCERN_LISTENER;
	if (is_stalled(listed))
		return listed->orphan ? CONCERN_ORPHAN : CONCERN_RETRANSMITTING;
	if (!listed->waiting && listed->probes_out)
		return CONCERN_UNANSWERED;
	if (is_zombie(listed, limits))
		return CONCERN_ZOMBIE;
	if (listed->state == TCP_CLOSE_WAIT)
		return CONCERN_PEER_CLOSED;
	if (listed->state == TCP_ESTABLISHED && !enabled)
		return CONCERN_NO_KEEPALIVE;
	return enabled ? CONCERN_NONE : CONCERN_PASSING;
}
