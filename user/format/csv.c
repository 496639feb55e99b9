// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/csv.h"

#include "format/words.h"

#include <string.h>

/* Text from other processes: in quotes, with quotes inside doubled, and escaped. */
static void text_field(struct out *out, const char *text, size_t n)
{
	char buf[256];
	struct out escaped = out_make(buf, sizeof(buf));

	out_escaped(&escaped, text, n);
	out_text(out, "\"");
	for (size_t i = 0; i < escaped.used; i++)
		out_bytes(out, escaped.buf[i] == '"' ? "\"\"" : &escaped.buf[i], escaped.buf[i] == '"' ? 2 : 1);
	out_text(out, "\"");
}

static void number_field(struct out *out, bool known, uint64_t number)
{
	out_text(out, ",");
	if (known)
		out_number(out, number);
}

static void flag_field(struct out *out, bool is_set)
{
	out_text(out, is_set ? ",true" : ",");
}

static void owner_fields(struct out *out, const struct owner *owner)
{
	if (owner->pid)
		out_number(out, owner->pid);
	out_text(out, ",");
	if (owner->pid)
		text_field(out, owner->comm, sizeof(owner->comm));
	out_text(out, ",");
	for (uint32_t i = 0; i < owner->n_others; i++) {
		out_text(out, i ? " " : "");
		out_number(out, owner->other_pids[i]);
	}
	if (owner->n_unlisted) {
		out_text(out, " +");
		out_number(out, owner->n_unlisted);
	}
}

/* A link-local address has its interface behind it, whose name another program may have chosen: in quotes. */
static void address_field(struct out *out, const struct endpoint *end)
{
	char text[80];
	struct out address = out_make(text, sizeof(text) - 1);

	if (!end->scope.id) {
		words_address(out, end);
		return;
	}
	words_address(&address, end);
	if (*end->scope.name)
		out_printf(&address, "%%%s", end->scope.name);
	else
		out_printf(&address, "%%%u", end->scope.id);
	text_field(out, text, address.used);
}

static void endpoint_fields(struct out *out, const struct endpoint *end)
{
	out_text(out, ",");
	address_field(out, end);
	number_field(out, true, end->port);
}

static void source_fields(struct out *out, const struct settings *settings)
{
	const char *before = ",";

	for (enum setting i = 0; settings->enabled && i < SETTINGS; i++) {
		if (!(settings->from_sysctl & setting_bit(i)))
			continue;
		out_text(out, before);
		out_text(out, setting_name(i));
		before = " ";
	}
	if (*before == ',')
		out_text(out, ",");
}

void csv_header(struct out *out)
{
	out_text(out, "pid,comm,other_pids,container,netns,local_address,local_port,peer_address,peer_port,state,"
		      "keepalive,idle_s,interval_s,probe_limit,user_timeout_ms,from_sysctl,probes_out,next_probe_us,"
		      "silent_us,detection_us,heard_us,data_received_us,data_sent_us,retransmits,gives_up_ms,old_timer,"
		      "unheld,orphan,mptcp_subflow,kernel_socket,netns_name,title\n");
}

void csv_row(const struct listed *listed, struct out *out)
{
	const struct connection *c = &listed->connection;
	const bool on = c->settings.enabled;

	owner_fields(out, &c->owner);
	out_text(out, ",");
	out_escaped(out, c->owner.cgroup.container, sizeof(c->owner.cgroup.container));
	number_field(out, true, c->id.netns);
	endpoint_fields(out, &c->id.local);
	endpoint_fields(out, &c->id.peer);
	out_text(out, ",");
	out_text(out, (state_name(listed->state) ?: ""));
	out_text(out, on ? ",on" : ",off");
	number_field(out, on, c->settings.idle_s);
	number_field(out, on, c->settings.interval_s);
	number_field(out, on, c->settings.probe_limit);
	number_field(out, true, c->settings.user_timeout_ms);
	source_fields(out, &c->settings);
	number_field(out, true, listed->probes_out);
	number_field(out, listed->due, listed->next_us);
	number_field(out, listed->was_connected, c->silent_us);
	number_field(out, listed->detects, listed->detection_us);
	number_field(out, listed->was_connected, listed->heard_us);
	number_field(out, listed->data.known, listed->data.received_us);
	number_field(out, listed->data.known, listed->data.sent_us);
	number_field(out, true, c->retransmits);
	number_field(out, listed->gives_up_ms, listed->gives_up_ms);
	flag_field(out, listed->old_timer);
	flag_field(out, listed->unheld);
	flag_field(out, listed->orphan);
	flag_field(out, c->mptcp_subflow);
	flag_field(out, listed->in_kernel);
	out_text(out, ",");
	if (c->id.netns_name)
		text_field(out, c->id.netns_name, strlen(c->id.netns_name));
	out_text(out, ",");
	if (*c->owner.title)
		text_field(out, c->owner.title, sizeof(c->owner.title));
	out_text(out, "\n");
}
