// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/concern.h"

#include <netinet/tcp.h>

bool is_stalled(const struct listed *listed)
{
	return listed->waiting && (listed->connection.retransmits || listed->window_probe);
}

static bool is_unanswered(const struct listed *listed)
{
	return !listed->waiting && listed->probes_out;
}

uint64_t silence_us(const struct listed *listed)
{
	return is_stalled(listed) || is_unanswered(listed) ? listed->connection.silent_us : listed->heard_us;
}

bool is_zombie(const struct listed *listed, const struct zombie_limits *limits)
{
	return listed->state == TCP_ESTABLISHED && silence_us(listed) > limits->silent_us &&
	       (!listed->due || listed->next_us > limits->due_us);
}

enum concern concern_of(const struct listed *listed, const struct zombie_limits *limits)
{
	const bool enabled = listed->connection.settings.enabled;

	if (listed->state == TCP_LISTEN)
		return CONCERN_LISTENER;
	if (is_stalled(listed))
		return listed->orphan ? CONCERN_ORPHAN : CONCERN_RETRANSMITTING;
	if (is_unanswered(listed))
		return CONCERN_UNANSWERED;
	if (is_zombie(listed, limits))
		return CONCERN_ZOMBIE;
	if (listed->state == TCP_CLOSE_WAIT)
		return CONCERN_PEER_CLOSED;
	if (listed->state == TCP_ESTABLISHED && !enabled)
		return CONCERN_NO_KEEPALIVE;
	return enabled ? CONCERN_NONE : CONCERN_PASSING;
}
