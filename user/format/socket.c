// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/socket.h"

#include <inttypes.h>
#include <stdio.h>

static void write_us(struct jsonw *json, const char *key, bool known, uint64_t us)
{
	if (known)
		jsonw_int(json, key, us > INT64_MAX ? INT64_MAX : (int64_t)us);
}

void socket_line(const struct event_line *line, const struct listed *listed, struct out *out)
{
	const struct connection *c = &listed->connection;
	struct jsonw json = jsonw_make(out);
	char id[64];

	snprintf(id, sizeof(id), "%s-%" PRIu64, line->run, line->sequence);
	jsonw_object(&json, NULL);
	events_head(&json, "katrace.socket", false, line);
	events_network(&json, &c->id, listed->state);
	events_owner(&json, &c->owner);
	jsonw_object(&json, "katrace");
	jsonw_string(&json, "connection_id", id);
	events_identity(&json, &c->id, c->cookie);
	events_other_owners(&json, &c->owner);
	events_keepalive(&json, &c->settings);
	write_us(&json, "silent_us", listed->was_connected, c->silent_us);
	jsonw_int(&json, "probes_out", listed->probes_out);
	write_us(&json, "next_probe_us", listed->due, listed->next_us);
	write_us(&json, "detection_us", listed->detects, listed->detection_us);
	jsonw_end_object(&json);
	jsonw_end_object(&json);
	out_text(out, "\n");
}
