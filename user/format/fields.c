// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/fields.h"

#include "format/codecs.h"
#include "format/field_names.h"
#include "model/hook_mode.h"
#include "model/sockets.h"
#include "model/summary.h"
#include "model/sysctls.h"

#include <string.h>

#define BIT(kind) (1U << (kind))
#define EVERY_LINE (BIT(LINE_KINDS) - 1)
#define STARTED BIT(LINE_STARTED)
#define CONFIGURED BIT(EVENT_CONFIGURED)
#define SENT BIT(EVENT_PROBE_SENT)
#define DROPPED BIT(EVENT_PROBE_DROPPED)
#define ANSWERED BIT(EVENT_PROBE_ANSWERED)
#define SUPPRESSED BIT(EVENT_SUPPRESSED)
#define PEER_CLOSED BIT(EVENT_PEER_CLOSED)
#define ENDED BIT(EVENT_ENDED)
#define LOST BIT(EVENT_EVENTS_LOST)
#define STATS BIT(LINE_STATS)
#define SOCKET BIT(LINE_SOCKET)
#define SUMMARY BIT(LINE_SUMMARY)
#define SYSCTL BIT(LINE_SYSCTL)
#define CONNECTION (CONFIGURED | SENT | DROPPED | ANSWERED | SUPPRESSED | PEER_CLOSED | ENDED | SOCKET)

/* The place of a value. */
#define IN(from, structure, member)                                                                                    \
	.source = (from), .offset = offsetof(structure, member), .size = sizeof(((structure *)NULL)->member)
#define IN_LINE(member) IN(FROM_LINE, struct event_line, member)
#define IN_EVENT(member) IN(FROM_EVENT, struct event, member)
#define IN_CONNECTION(member) IN(FROM_CONNECTION, struct connection, member)
#define IN_LISTED(member) IN(FROM_LISTED, struct listed, member)
#define IN_STARTED(member) IN(FROM_STARTED, struct started, member)
#define IN_STATS(member) IN(FROM_STATS, struct stats, member)
#define IN_SUMMARY(member) IN(FROM_SUMMARY, struct summary_line, member)
#define IN_SYSCTLS(member) IN(FROM_SYSCTLS, struct sysctls, member)

/* The type of a value. */
#define NAME_OF(function, from, to) .type = FIELD_STRING, .names = { (function), (from), (to) }, .codec = &codec_named
#define ID .type = FIELD_STRING, .pattern = "^[0-9]+$", .codec = &codec_id
#define NETNS_NAME                                                                                                     \
	.type = FIELD_STRING, .presence = SOMETIMES, .when = "when it has one", .since = 2,                            \
	.codec = &codec_netns_name, .means = "Name of that network namespace, as ip netns gives it."
#define PID_MAX INT32_MAX
#define ERRNO_MAX 4095
#define TITLE_MEANS "What tells it apart: main class or jar, script or module, node name; at most 63 bytes."

/* --- presence --- */

static const struct event *event_of(const struct sources *sources)
{
	return sources->from[FROM_EVENT];
}

static const struct listed *listed_of(const struct sources *sources)
{
	return sources->from[FROM_LISTED];
}

static const struct owner *owner_of(const struct sources *sources)
{
	const struct connection *connection = sources->from[FROM_CONNECTION];

	return &connection->owner;
}

static bool has_state(const struct sources *sources)
{
	return state_name(event_of(sources)->state);
}

static const struct scope *scope_of(const struct sources *sources)
{
	const struct connection *connection = sources->from[FROM_CONNECTION];
	const struct identity *id = &connection->id;

	return id->peer.scope.id ? &id->peer.scope : &id->local.scope;
}

static bool has_scope(const struct sources *sources)
{
	return scope_of(sources)->id;
}

static bool has_interface(const struct sources *sources)
{
	return scope_of(sources)->id && *scope_of(sources)->name;
}

static bool has_process(const struct sources *sources)
{
	return owner_of(sources)->pid;
}

static bool has_container(const struct sources *sources)
{
	return owner_of(sources)->pid && *owner_of(sources)->cgroup.container;
}

static bool has_error_type(const struct sources *sources)
{
	return !verdict_is_normal(event_of(sources)->ended.verdict);
}

static bool has_other_pids(const struct sources *sources)
{
	return owner_of(sources)->n_others;
}

static bool is_enabled(const struct sources *sources)
{
	return event_of(sources)->settings.enabled;
}

/* It bounds retransmission without keepalive too. */
static bool has_user_timeout(const struct sources *sources)
{
	return is_enabled(sources) || event_of(sources)->settings.user_timeout_ms;
}

static bool was_connected(const struct sources *sources)
{
	return state_was_connected(event_of(sources)->state);
}

static bool knows_data(const struct sources *sources)
{
	return event_of(sources)->data.known;
}

static bool is_due(const struct sources *sources)
{
	return listed_of(sources)->due;
}

static bool detects(const struct sources *sources)
{
	return listed_of(sources)->detects;
}

static bool is_degraded(const struct sources *sources)
{
	return ((const struct started *)sources->from[FROM_STARTED])->n_degraded;
}

static bool has_changed(const struct sources *sources)
{
	return event_is_change(event_of(sources));
}

static bool has_result(const struct sources *sources)
{
	return event_of(sources)->probe.has_result;
}

static bool is_begin(const struct sources *sources)
{
	return event_of(sources)->suppressed.begin;
}

static bool has_estimate(const struct sources *sources)
{
	return is_begin(sources) && event_of(sources)->suppressed.gives_up_ms;
}

/* --- the contract --- */

/* In the order in which they are written. clang-format would spread each field over many lines. */
/* clang-format off */
const struct field fields[] = {
	{ .path = "timestamp", .lines = EVERY_LINE, IN_EVENT(wall_ns), .type = FIELD_STRING, .codec = &codec_time,
	  .pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{9}Z$",
	  .means = "When the kernel saw it: RFC 3339, UTC, nanoseconds. It follows the clock when that is set." },
	{ .path = "schema_version", .lines = EVERY_LINE, .type = FIELD_STRING, .fixed = name_schema_version,
	  .pattern = "^" SCHEMA_MAJOR "\\.[0-9]+$", .means = "Version of the schema." },
	{ .path = "event_name", .lines = EVERY_LINE, .type = FIELD_STRING, .fixed = line_name,
	  .pattern = "^katrace\\.[a-z_]+$", .means = "What the line is about; see Events." },
	{ .path = "severity_number", .lines = EVERY_LINE, IN_EVENT(severity), .min = 9, .max = 13,
	  .codec = &codec_severity_number, .means = "9 for INFO, 13 for WARN." },
	{ .path = "severity_text", .lines = EVERY_LINE, IN_EVENT(severity), .type = FIELD_STRING,
	  .names = { name_severity, 0, SEVERITIES }, .codec = &codec_severity_text,
	  .means = "WARN if something went wrong or is about to." },
	{ .path = "sequence", .lines = EVERY_LINE, IN_LINE(sequence), .min = 1,
	  .means = "Number of the line in its run, from 1." },

	{ .path = "network.transport", .lines = CONNECTION, .type = FIELD_STRING, .names = { name_transport, 0, 1 },
	  .fixed = name_transport_of, .means = "The transport protocol." },
	{ .path = "network.type", .lines = CONNECTION, IN_CONNECTION(id), .type = FIELD_STRING,
	  .names = { name_ip_version, 0, 2 }, .codec = &codec_ip_version,
	  .means = "IP version of the packets: an IPv6 socket that talks IPv4 has ipv4." },
	{ .path = "network.local.address", .lines = CONNECTION, IN_CONNECTION(id.local), .type = FIELD_STRING,
	  .codec = &codec_address, .means = "Address of this side." },
	{ .path = "network.local.port", .lines = CONNECTION, IN_CONNECTION(id.local.port), .max = UINT16_MAX,
	  .means = "Port of this side." },
	{ .path = "network.peer.address", .lines = CONNECTION, IN_CONNECTION(id.peer), .type = FIELD_STRING,
	  .codec = &codec_address, .means = "Address of the peer." },
	{ .path = "network.peer.port", .lines = CONNECTION, IN_CONNECTION(id.peer.port), .max = UINT16_MAX,
	  .means = "Port of the peer." },
	{ .path = "network.connection.state", .lines = CONNECTION, IN_EVENT(state), .presence = WITH_OBJECT,
	  .when = "when known", .has = has_state, NAME_OF(name_tcp_state, 1, 13),
	  .means = "TCP state; in katrace.ended the state before the end." },
	{ .path = "network.interface.name", .lines = CONNECTION, IN_CONNECTION(id), .presence = WITH_OBJECT, .since = 2,
	  .when = "when an address is link-local, and the network namespace katrace's own", .type = FIELD_STRING,
	  .has = has_interface, .codec = &codec_interface,
	  .means = "Name of the interface of the link-local addresses: eth0 in fe80::1%eth0." },
	{ .path = "process.pid", .lines = CONNECTION, IN_CONNECTION(owner.pid), .presence = WITH_OBJECT,
	  .when = "when the owner is known", .min = 1, .max = PID_MAX, .has = has_process,
	  .means = "The process that holds the socket; of several, the one with the lowest pid." },
	{ .path = "process.name", .lines = CONNECTION, IN_CONNECTION(owner.comm), .presence = WITH_OBJECT,
	  .when = "when the owner is known", .type = FIELD_STRING, .has = has_process, .codec = &codec_foreign_text,
	  .means = "Name of that process." },
	{ .path = "process.title", .lines = CONNECTION, IN_CONNECTION(owner.title), .presence = SOMETIMES, .since = 2,
	  .when = "when it runs a program of Java, Python, Node.js, Ruby, Perl, PHP, Erlang, .NET or Mono, if known",
	  .type = FIELD_STRING, .has = connection_has_title, .codec = &codec_foreign_text, .means = TITLE_MEANS },
	{ .path = "container.id", .lines = CONNECTION, IN_CONNECTION(owner.cgroup.container), .presence = WITH_OBJECT,
	  .when = "when that process is in a container", .type = FIELD_STRING, .has = has_container,
	  .codec = &codec_container, .means = "The container that the control group of the process names." },
	{ .path = "error.type", .lines = ENDED, IN_EVENT(ended.verdict), .presence = WITH_OBJECT,
	  .when = "unless a FIN ended it", .type = FIELD_STRING, .names = { name_abnormal_verdict, 0, VERDICTS },
	  .has = has_error_type, .codec = &codec_error_type, .means = "The verdict." },

	{ .path = "katrace.version", .lines = STARTED, .type = FIELD_STRING, .fixed = name_katrace_version,
	  .means = "Version of katrace." },
	{ .path = "katrace.kernel_release", .lines = STARTED, IN_STARTED(kernel_release), .type = FIELD_STRING,
	  .codec = &codec_text, .means = "Release of the kernel." },
	{ .path = "katrace.hook_mode", .lines = STARTED, IN_STARTED(hook_mode), .type = FIELD_STRING,
	  .names = { name_mode, MODE_FENTRY, MODES }, .codec = &codec_text, .means = "The hook mode: how katrace is attached." },
	{ .path = "katrace.hooks", .lines = STARTED, IN_STARTED(hooks), .type = FIELD_STRINGS, .min_items = 1,
	  .codec = &codec_hooks, .means = "The hooks, as attached." },
	{ .path = "katrace.degraded", .lines = STARTED, IN_STARTED(degraded), .presence = SOMETIMES,
	  .when = "when there is any", .type = FIELD_STRINGS, .min_items = 1, .has = is_degraded,
	  .codec = &codec_degraded, .means = "What katrace does not see on this kernel, and why." },

	{ .path = "katrace.connection_id", .lines = CONNECTION, IN_CONNECTION(number), .type = FIELD_STRING,
	  .pattern = "^[0-9a-f]+-[0-9]+$", .codec = &codec_connection_id,
	  .means = "The same in all events of a connection, and in those of no other one of the run." },
	{ .path = "katrace.netns", .lines = STARTED, IN_STARTED(netns), ID, .since = 1,
	  .means = "Inode number of katrace's own network namespace." },
	{ .path = "katrace.netns_name", .lines = STARTED, IN_STARTED(netns_name), NETNS_NAME },
	{ .path = "katrace.netns", .lines = CONNECTION, IN_CONNECTION(id.netns), ID,
	  .means = "Inode number of the network namespace." },
	{ .path = "katrace.netns_name", .lines = CONNECTION, IN_CONNECTION(id.netns_name), NETNS_NAME },
	{ .path = "katrace.scope_id", .lines = CONNECTION, IN_CONNECTION(id), .presence = SOMETIMES, .min = 1,
	  .max = UINT32_MAX, .when = "when an address is link-local", .since = 2, .has = has_scope,
	  .codec = &codec_scope_id, .means = "Index of that interface in its network namespace." },
	{ .path = "katrace.socket_inode", .lines = CONNECTION, IN_CONNECTION(id.inode), ID, .presence = SOMETIMES,
	  .when = "when known", .means = "Inode number of the socket." },
	{ .path = "katrace.socket_cookie", .lines = CONNECTION, IN_CONNECTION(cookie), ID, .presence = SOMETIMES,
	  .when = "when known", .means = "The kernel's cookie of the socket, as `ss -e` shows it." },
	{ .path = "katrace.mptcp_subflow", .lines = CONNECTION, IN_CONNECTION(mptcp_subflow), .presence = SOMETIMES,
	  .when = "when true", .type = FIELD_BOOLEAN, .since = 2, .only_true = true,
	  .means = "A subflow of an MPTCP socket, which the process holds and other subflows may share." },
	{ .path = "katrace.cgroup_id", .lines = CONNECTION, IN_CONNECTION(owner.cgroup.id), ID, .presence = SOMETIMES,
	  .when = "when known", .means = "Control group (version 2) of the process." },
	{ .path = "katrace.other_pids", .lines = CONNECTION, IN_CONNECTION(owner), .presence = SOMETIMES,
	  .when = "when there are any", .type = FIELD_INTEGERS, .min = 1, .max = PID_MAX, .min_items = 1,
	  .max_items = OWNERS_OTHERS_MAX, .has = has_other_pids, .codec = &codec_other_pids,
	  .means = "Other processes that hold the socket." },
	{ .path = "katrace.unlisted_pids", .lines = CONNECTION, IN_CONNECTION(owner.n_unlisted), .presence = SOMETIMES,
	  .when = "when there are any", .min = 1, .since = 2,
	  .means = "How many more processes hold it than `process.pid` and `other_pids` name." },
	{ .path = "katrace.keepalive.enabled", .lines = CONNECTION, IN_EVENT(settings.enabled), .type = FIELD_BOOLEAN,
	  .means = "Keepalive is on." },
	{ .path = "katrace.keepalive.idle_s", .lines = CONNECTION, IN_EVENT(settings.idle_s), .presence = WHEN_ENABLED,
	  .when = "when `enabled` is true", .has = is_enabled, .means = "Silence before the first probe." },
	{ .path = "katrace.keepalive.interval_s", .lines = CONNECTION, IN_EVENT(settings.interval_s),
	  .presence = WHEN_ENABLED, .when = "when `enabled` is true", .has = is_enabled,
	  .means = "Time between probes." },
	{ .path = "katrace.keepalive.probe_limit", .lines = CONNECTION, IN_EVENT(settings.probe_limit),
	  .presence = WHEN_ENABLED, .when = "when `enabled` is true", .has = is_enabled,
	  .means = "Unanswered probes before the connection ends." },
	{ .path = "katrace.keepalive.user_timeout_ms", .lines = CONNECTION, IN_EVENT(settings.user_timeout_ms),
	  .presence = WHEN_ENABLED, .when = "when `enabled` is true, or it is set", .has = has_user_timeout,
	  .means = "TCP_USER_TIMEOUT; 0: none." },
	{ .path = "katrace.keepalive.from_sysctl", .lines = CONNECTION, IN_EVENT(settings.from_sysctl),
	  .presence = WHEN_ENABLED, .when = "when `enabled` is true", .type = FIELD_STRINGS, .unique_items = true,
	  .has = is_enabled,
	  .names = { name_setting, SETTING_IDLE, SETTING_USER_TIMEOUT }, .codec = &codec_settings,
	  .means = "The values that the socket did not set itself." },
	{ .path = "katrace.keepalive.old_timer", .lines = SOCKET, IN_LISTED(old_timer), .presence = SOMETIMES,
	  .when = "when true", .since = 2, .type = FIELD_BOOLEAN, .only_true = true,
	  .means = "The running timer was set with other values than those now in force, for longer." },
	{ .path = "katrace.silent_us", .lines = CONNECTION, IN_EVENT(silent_us), .presence = SOMETIMES,
	  .when = "unless the socket was never connected, or its end not seen", .has = was_connected,
	  .means = "Time since the last ACK or data from the peer: what keepalive computes with." },
	{ .path = "katrace.heard_us", .lines = CONNECTION, IN_EVENT(heard_us), .presence = SOMETIMES,
	  .when = "unless the socket was never connected, or its end not seen", .since = 2,
	  .has = was_connected,
	  .means = "Time since anything arrived for the connection, keepalive probes of the peer included." },

	{ .path = "katrace.data_received_us", .lines = ENDED | SOCKET, IN_EVENT(data.received_us), .presence = SOMETIMES,
	  .when = "when known", .since = 2, .has = knows_data, .codec = &codec_data_age,
	  .means = "Time without data from the peer; since the connection was established if there was none. In "
		   "katrace.ended: until the connection began to close, with the first FIN or without one." },
	{ .path = "katrace.data_sent_us", .lines = ENDED | SOCKET, IN_EVENT(data.sent_us), .presence = SOMETIMES,
	  .when = "when known", .since = 2, .has = knows_data, .codec = &codec_data_age,
	  .means = "The same for data to the peer, retransmissions included." },

	{ .path = "katrace.unheld", .lines = SOCKET, IN_LISTED(unheld), .presence = SOMETIMES, .when = "when true",
	  .type = FIELD_BOOLEAN, .since = 2, .only_true = true,
	  .means = "No descriptor refers to the socket: io_uring or the kernel holds its file, or a Unix socket on its way." },
	{ .path = "katrace.kernel_socket", .lines = SOCKET, IN_LISTED(in_kernel), .presence = SOMETIMES,
	  .when = "when true", .type = FIELD_BOOLEAN, .since = 2, .only_true = true,
	  .means = "The kernel itself uses the socket, for NFS say: no process holds it." },
	{ .path = "katrace.probes_out", .lines = SOCKET, IN_LISTED(probes_out), .means = "Probes sent and unanswered." },
	{ .path = "katrace.orphan", .lines = SOCKET, IN_LISTED(orphan), .presence = SOMETIMES, .when = "when true",
	  .type = FIELD_BOOLEAN, .only_true = true, .since = 2,
	  .means = "This side has closed the connection: no process holds it, and the kernel waits for the peer." },
	{ .path = "katrace.next_probe_us", .lines = SOCKET, IN_LISTED(next_us), .presence = SOMETIMES,
	  .when = "when the timer runs", .has = is_due, .means = "Time until the keepalive timer fires." },
	{ .path = "katrace.detection_us", .lines = SOCKET, IN_LISTED(detection_us), .presence = SOMETIMES,
	  .when = "when keepalive would, and no data is waiting", .has = detects,
	  .means = "Time until keepalive would notice a peer that is dead now." },
	{ .path = "katrace.retransmits", .lines = SOCKET, IN_CONNECTION(retransmits), .presence = SOMETIMES,
	  .when = "unless 0", .min = 1, .since = 2, .means = "Retransmissions so far." },
	{ .path = "katrace.gives_up_ms", .lines = SOCKET, IN_LISTED(gives_up_ms), .presence = SOMETIMES,
	  .when = "when data is retransmitted, or the window is closed", .since = 2,
	  .means = "Estimated time until the timer in charge ends the connection if the peer stays silent." },

	{ .path = "katrace.middlebox_timeout_s", .lines = CONFIGURED, IN_EVENT(changed.middlebox_timeout_s),
	  .presence = SOMETIMES, .when = "when an idle connection is silent for as long before its first probe, its second one, or always", .min = 1, .since = 1,
	  .means = "The value of --middlebox-timeout." },
	{ .path = "katrace.middlebox_connections", .lines = CONFIGURED, IN_EVENT(changed.middlebox_connections),
	  .presence = SOMETIMES, .when = "when this line stands for more than 20 connections of its process", .min = 2,
	  .since = 2, .means = "How many connections of the process have no probe, or one too late." },
	{ .path = "katrace.changed", .lines = CONFIGURED, IN_EVENT(changed), .presence = SOMETIMES,
	  .when = "except the first time", .type = FIELD_STRINGS, .min_items = 1, .unique_items = true,
	  .has = has_changed, .names = { name_setting, 0, SETTINGS }, .codec = &codec_changed,
	  .means = "The values that changed." },

	{ .path = "katrace.probe.number", .lines = SENT | DROPPED, IN_EVENT(probe.number), .min = 1,
	  .means = "From 1; from 2 on, the probe before went unanswered." },
	{ .path = "katrace.probe.limit", .lines = SENT, IN_EVENT(probe.limit), .presence = SOMETIMES,
	  .when = "unless TCP_USER_TIMEOUT takes its place", .min = 1,
	  .means = "Unanswered probes before the connection ends." },
	{ .path = "katrace.result", .lines = SENT | DROPPED, IN_EVENT(probe), .presence = SOMETIMES,
	  .when = "when the hook mode sees it", .min = -ERRNO_MAX, .max = ERRNO_MAX, .has = has_result,
	  .codec = &codec_result,
	  .means = "What tcp_write_wakeup() returned; negative: this host refused the probe, but counts it." },

	{ .path = "katrace.probe.number", .lines = ANSWERED, IN_EVENT(answer.number), .min = 1,
	  .means = "Number of the probe." },
	{ .path = "katrace.rtt_us", .lines = ANSWERED, IN_EVENT(answer.rtt_us), .presence = SOMETIMES,
	  .when = "when known", .means = "From the probe to the answer." },
	{ .path = "katrace.rtt_min_us", .lines = ANSWERED, IN_EVENT(answer.rtt_min_us), .presence = SOMETIMES,
	  .when = "when several probes were unanswered", .since = 2, .min = 1,
	  .means = "From the last of them to the answer." },
	{ .path = "katrace.rtt_max_us", .lines = ANSWERED, IN_EVENT(answer.rtt_max_us), .presence = SOMETIMES,
	  .when = "likewise, when known", .since = 2, .min = 1, .means = "From the first of them to the answer." },
	{ .path = "katrace.late", .lines = ANSWERED, IN_EVENT(answer.late), .presence = SOMETIMES,
	  .when = "when true", .type = FIELD_BOOLEAN, .only_true = true,
	  .means = "Only the next firing of the timer showed the answer: rtt_us is in whole jiffies, rounded up." },

	{ .path = "katrace.phase", .lines = SUPPRESSED, IN_EVENT(suppressed.begin), NAME_OF(name_phase, 0, 2),
	  .means = "Whether this begins or ends." },
	{ .path = "katrace.unacked_bytes", .lines = SUPPRESSED, IN_EVENT(suppressed.unacked_bytes),
	  .means = "Bytes of data sent and not acknowledged." },
	{ .path = "katrace.queued_bytes", .lines = SUPPRESSED, IN_EVENT(suppressed.queued_bytes),
	  .means = "Bytes of data not sent yet." },
	{ .path = "katrace.retransmits", .lines = SUPPRESSED, IN_EVENT(suppressed.retransmits),
	  .means = "Retransmissions so far." },
	{ .path = "katrace.orphan", .lines = SUPPRESSED, IN_EVENT(suppressed.orphan), .presence = SOMETIMES,
	  .when = "when true", .type = FIELD_BOOLEAN, .only_true = true, .since = 2,
	  .means = "This side has closed the connection: no process holds it, and the kernel waits for the peer to confirm." },
	{ .path = "katrace.timer", .lines = SUPPRESSED, IN_EVENT(suppressed.window_probe), .presence = SOMETIMES,
	  .when = "when it begins", .has = is_begin, NAME_OF(name_timer, 0, 2), .means = "The timer in charge instead." },
	{ .path = "katrace.gives_up_ms", .lines = SUPPRESSED, IN_EVENT(suppressed.gives_up_ms), .presence = SOMETIMES,
	  .when = "when it begins, if known", .since = 1, .has = has_estimate,
	  .means = "Estimated time until that timer gives up if the peer stays silent." },

#include "format/fields_ended.inc"

#include "format/fields_stats.inc"
#include "format/fields_lists.inc"
};
/* clang-format on */

const size_t fields_count = sizeof(fields) / sizeof(fields[0]);
