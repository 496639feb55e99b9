// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/options.h"

#include "cli/filters.h"
#include "cli/values.h"

#include <limits.h>

#define TRACE (1U << COMMAND_TRACE)
#define LIST (1U << COMMAND_LIST)
#define REPLAY (1U << COMMAND_REPLAY)
#define DOCTOR (1U << COMMAND_DOCTOR)
#define ALL ((1U << COMMANDS) - 1)

#define YEAR_S (366 * 86400UL)
#define MAX_CONNECTIONS 10000000 /* takes 1 GB of the kernel's memory */

/* The offset of a member; the comparison causes a warning if it has another type. */
#define AT(type, member) (offsetof(struct options, member) + 0 * sizeof((type *)0 == &((struct options *)0)->member))
#define FLAG(member) .kind = OPTION_FLAG, .at = AT(bool, member)
#define COUNTER(member) .kind = OPTION_COUNTER, .at = AT(int, member)
#define NUMBER(member, what, from, to)                                                                                 \
	.kind = OPTION_NUMBER, .at = AT(uint64_t, member), .unit = (what), .min = (from), .max = (to)
#define SECONDS(member, from, to) .kind = OPTION_SECONDS, .at = AT(uint64_t, member), .min = (from), .max = (to)
#define DURATION(member, flag) .kind = OPTION_DURATION, .at = AT(uint64_t, member), .given = AT(bool, flag)
#define CHOICE(member, names) .kind = OPTION_CHOICE, .at = AT(unsigned int, member), .choices = (names)
#define INPUT(member) .kind = OPTION_INPUT, .at = AT(const char *, member)
#define OUTPUT(member) .kind = OPTION_OUTPUT, .at = AT(const char *, member)
#define ITEMS(function, what) .kind = OPTION_ITEMS, .take_item = (function), .unit = (what)
#define OWN(function) .kind = OPTION_OWN, .take = (function)

#define WHERE_IS "an address, a network, :PORT or ADDRESS:PORT"

const struct option_line option_lines[] = {
	{ 'p', "pid", "PID,...", TRACE | LIST, GROUP_FILTERS, "Only connections of these processes", .common = true,
	  ITEMS(filter_item_pid, "a process id"),
	  .more = "Process exits are reported; a trace stops after the last of them." },
	{ 'p', "pid", "PID,...", REPLAY, GROUP_FILTERS, "Only connections of these processes",
	  ITEMS(filter_item_any_pid, "a process id"), .more = "They need not exist any more." },
	{ 0, "children", NULL, TRACE | LIST, GROUP_FILTERS, "With --pid: also connections of all descendants",
	  FLAG(filters.children), .more = "Future descendants too.", .not_recorded = "process trees" },
	{ 'c', "comm", "NAME,...", TRACE | LIST | REPLAY, GROUP_FILTERS, "Only processes with this name; * and ? match",
	  .common = true, ITEMS(filter_item_comm, "a name of 1 to 15 characters"),
	  .more = "Linux keeps the first 15 characters of a name." },
	{ 0, "local", "WHERE,...", TRACE | LIST | REPLAY, GROUP_FILTERS, "Only connections from this address or port",
	  ITEMS(filter_item_local, WHERE_IS) },
	{ 0, "peer", "WHERE,...", TRACE | LIST | REPLAY, GROUP_FILTERS, "Only connections to this address or port",
	  .common = true, ITEMS(filter_item_peer, WHERE_IS) },
	{ 0, "port", "PORT,...", TRACE | LIST | REPLAY, GROUP_FILTERS, "Only connections with this port on either side",
	  ITEMS(filter_item_port, "a port from 1 to 65535, or a range such as 8000-8010") },
	{ '4', "ipv4", NULL, TRACE | LIST | REPLAY, GROUP_FILTERS, "Only IPv4", OWN(take_ipv4) },
	{ '6', "ipv6", NULL, TRACE | LIST | REPLAY, GROUP_FILTERS, "Only IPv6", OWN(take_ipv6) },
	{ 0, "cgroup", "PATH,...", TRACE | LIST, GROUP_FILTERS, "Only processes in this cgroup or below it",
	  ITEMS(filter_item_cgroup, "a path that begins with /"),
	  .more = "A path within the hierarchy, such as /system.slice/nginx.service, or the path of its directory.",
	  .not_recorded = "cgroups" },
	{ 0, "container", "ID,...", TRACE | LIST | REPLAY, GROUP_FILTERS,
	  "Only processes in the container whose ID starts with this",
	  ITEMS(filter_item_container, "the beginning of a container id"),
	  .more = "Containers of docker, containerd, CRI-O and podman." },
	{ 0, "netns", "NETNS,...", TRACE | LIST, GROUP_FILTERS, "Only connections in this network namespace",
	  ITEMS(filter_item_netns, "a process id, or the name, path or number of a network namespace") },
	{ 0, "netns", "NETNS,...", REPLAY, GROUP_FILTERS, "Only connections in this network namespace",
	  ITEMS(filter_item_recorded_netns, "a process id, or the name, path or number of a network namespace"),
	  .more = "Names are those in the recording; process ids and paths are of this host." },

	{ 0, "failures", NULL, TRACE | REPLAY, GROUP_WHAT, "Only events that indicate a problem", .common = true,
	  OWN(take_failures), .more = "Timelines: only those of connections with such an event." },
	{ 0, "failures", NULL, LIST, GROUP_WHAT, "Only connections with a problem", OWN(take_failures) },
	{ 0, "all", NULL, TRACE, GROUP_WHAT, "Also connections whose keepalive never acts", FLAG(all),
	  .more = "Reports when keepalive is switched on or off or its idle time changes, and the end of every connection "
		  "that has, or had, keepalive. At least two lines for each." },
	{ 0, "middlebox-timeout", "TIME", TRACE, GROUP_WHAT, "Warn if probes are not sent more often than this",
	  OWN(take_middlebox),
	  .more = "A firewall, NAT gateway or load balancer with this idle timeout forgets the connection by then: before "
		  "the first probe, before the second one if the interval is too long, or without keepalive. Reported at the start for the connections there are, keepalive on or off, and for new ones within seconds." },
	{ 0, "middlebox-timeout", "TIME", LIST, GROUP_WHAT, "Only connections that are not probed more often than this",
	  OWN(take_middlebox),
	  .more = "A firewall, NAT gateway or load balancer with this idle timeout forgets them by then: the idle time or "
		  "the interval is too long, or keepalive is off." },
	{ 0, "no-keepalive", NULL, LIST, GROUP_WHAT, "Only established connections with keepalive off",
	  FLAG(criteria.no_keepalive) },
	{ 0, "silent-over", "TIME", LIST, GROUP_WHAT, "Only connections whose peer is silent for longer",
	  DURATION(criteria.silent_over_us, criteria.by_silence) },
	{ 0, "zombies", "SILENT[,DUE]", LIST, GROUP_WHAT,
	  "Only established connections silent for over SILENT (10m) with keepalive off or not due within DUE (1h)",
	  .optional = true, OWN(take_zombies) },
	{ 0, "due-within", "TIME", LIST, GROUP_WHAT, "Only connections whose timer fires within TIME",
	  DURATION(criteria.due_within_us, criteria.by_due) },
	{ 0, "listening", NULL, LIST, GROUP_WHAT, "Listeners with keepalive on, not connections",
	  FLAG(criteria.listeners), .more = "Connections they accept inherit it." },
	{ 0, "all-namespaces", NULL, LIST, GROUP_WHAT, "Also sockets without a descriptor in other network namespaces",
	  FLAG(all_namespaces),
	  .more = "In every namespace that a process is in or /run/netns names, as in its own. Needs CAP_SYS_ADMIN." },
	{ 's', "summary", NULL, LIST, GROUP_WHAT, "One line per process, then findings in words", FLAG(summary),
	  .more = "Connections with keepalive on and off, probes per minute while they are idle, how long after it was last "
		  "heard a dead peer is noticed at worst, and the settings in use." },
	{ 0, "sysctl", NULL, LIST, GROUP_WHAT, "The sysctls of each network namespace in use", FLAG(sysctl),
	  .more = "--netns selects some of them; options that select connections do not." },

	{ 'j', "json", NULL, TRACE, GROUP_OUTPUT, "Print events as JSON, one object per line", .common = true,
	  FLAG(json), .more = "No timelines. katrace schema prints the schema." },
	{ 'j', "json", NULL, LIST, GROUP_OUTPUT, "Print JSON, one object per line", FLAG(json),
	  .more = "One line for each connection, with --summary for each process, with --sysctl for each network "
		  "namespace. katrace schema prints the schema, under katrace.socket, summary and sysctl." },
	{ 'j', "json", NULL, DOCTOR, GROUP_OUTPUT, "Print one JSON object", FLAG(json) },
	{ 0, "csv", NULL, LIST, GROUP_OUTPUT, "Print comma-separated values", FLAG(csv),
	  .more = "Times have the unit at the end of their column's name. New columns come last." },
	{ 0, "no-header", NULL, LIST, GROUP_OUTPUT, "Print no column titles", FLAG(no_header) },
	{ 'w', "watch", "TIME", LIST, GROUP_OUTPUT, "Repeat every TIME (2s) until Ctrl-C", .optional = true,
	  SECONDS(watch_s, 1, 86400), .otherwise = 2,
	  .more = "A terminal is redrawn; elsewhere one block follows the other." },
	{ 'o', "output", "FILE", TRACE, GROUP_OUTPUT, "Append to FILE instead of printing to stdout", .common = true,
	  OUTPUT(output),
	  .more = "- is stdout. The file is created with mode 0640, as the user of --user. SIGHUP reopens it; if that fails, katrace "
		  "reports it and keeps the old file." },
	{ 0, "record", "FILE", TRACE, GROUP_OUTPUT, "Also write events as JSON to FILE, for katrace replay",
	  .common = true, OUTPUT(record),
	  .more = "The file is created, appended to and reopened as that of --output." },
	{ 0, "stats", "TIME", TRACE, GROUP_OUTPUT, "Print totals every TIME, not only at the end",
	  SECONDS(stats_s, 1, YEAR_S), .more = "With --json as an event, otherwise on stderr." },

	{ 'd', "duration", "TIME", TRACE, GROUP_LIMITS, "Stop after this time", .common = true,
	  SECONDS(duration_s, 1, YEAR_S) },
	{ 'n', "count", "EVENTS", TRACE, GROUP_LIMITS, "Stop after this many events",
	  NUMBER(count, "events", 1, UINT64_MAX) },

	{ 0, "max-connections", "N", TRACE | REPLAY, GROUP_LIMITS, "Remember at most N connections at once (200000)",
	  NUMBER(max_connections, "connections", 1, MAX_CONNECTIONS),
	  .more = "Those remembered stay until they end. Of newer ones events are shown, but no timelines; they are "
		  "counted as lost connections." },

	{ 0, "mode", "MODE", TRACE, GROUP_KERNEL, "Hook type: auto (default), fentry, kprobe or tracepoint",
	  CHOICE(mode, hook_mode_names), .more = "auto takes, for each job, the best hook that loads and attaches." },
	{ 0, "no-answers", NULL, TRACE, GROUP_KERNEL,
	  "Do not hook arriving segments: answers are found when the timer next fires", FLAG(no_answers) },
	{ 0, "buffer", "KIB", TRACE, GROUP_KERNEL, "Size of the event buffer in KiB (16384)", OWN(take_buffer),
	  .more = "A power of two. Raise it if katrace reports lost events." },
	{ 'b', "btf", "FILE", TRACE | LIST | DOCTOR, GROUP_KERNEL, "BTF file to use instead of the kernel's own",
	  INPUT(btf) },
	{ 0, "user", "NAME", TRACE, GROUP_KERNEL, "Run as this user once the hooks are attached", OWN(take_user),
	  .more = "A user of /etc/passwd, with its groups." },

	{ 'v', "verbose", NULL, TRACE | LIST, GROUP_GENERAL, "Print details on stderr; -vv: also libbpf's",
	  COUNTER(verbose), .more = "The hooks chosen and why, and times." },
	{ 'h', "help", NULL, ALL, GROUP_GENERAL, "Print help", .kind = OPTION_HELP },
	{ 'V', "version", NULL, ALL, GROUP_GENERAL, "Print the version", .kind = OPTION_VERSION },
	{ 0 },
};

const struct command commands[COMMANDS] = {
	[COMMAND_TRACE] = { "trace", .help = "Trace keepalive events live; the default", .check = check_trace,
			    .notes =
				    "Ctrl-C stops the trace and prints the timelines of open connections. Filters of "
				    "different kinds must all match; of several of one kind, one is enough. Needs root, or "
				    "CAP_BPF and CAP_PERFMON." },
	[COMMAND_LIST] = { "list", .help = "List all TCP connections with the state of their keepalive",
			   .check = check_list,
			   .notes =
				   "Problems first. Values with a * come from a sysctl; the socket set the others itself. "
				   "All options that select connections must match. Needs root, or CAP_BPF and CAP_PERFMON." },
	[COMMAND_REPLAY] = { "replay", "FILE", "a recording, or - for standard input", true,
			     "Show a recording of --record or --json as the trace showed it", .check = check_replay,
			     .notes = "FILE is a recording, or - for standard input. "
				      "Times are local times. Lines that are not katrace's are skipped and counted." },
	[COMMAND_DOCTOR] = { "doctor", .help = "Check what this kernel supports and what is missing",
			     .notes =
				     "Tries each hook and traces nothing. Useful in bug reports. Exit status 0: katrace "
				     "works here. Without root the report is shorter." },
	[COMMAND_SCHEMA] = { "schema", .help = "Print the JSON Schema of the lines that --json prints" },
	[COMMAND_HELP] = { "help", "COMMAND", "a command", .help = "Print all options of a command",
			   .check = check_help },
	[COMMAND_VERSION] = { "version", .help = "Print the version" },
};

const char *const group_names[GROUPS] = {
	[GROUP_FILTERS] = "Filters",
	[GROUP_WHAT] = "What to show",
	[GROUP_OUTPUT] = "Output",
	[GROUP_LIMITS] = "When to stop",
	[GROUP_KERNEL] = "Kernel and privileges",
	[GROUP_GENERAL] = "General",
};

const struct argument_form argument_forms[] = {
	{ "PORT,...", "PORT is a number, or a range such as 8000-8010." },
	{ "WHERE,...",
	  "WHERE is ADDRESS, ADDRESS/BITS, :PORT, ADDRESS:PORT or [IPV6-ADDRESS]:PORT. A link-local address may "
	  "name its interface: fe80::1%eth0." },
	{ "NETNS,...", "NETNS is a process id, a name of ip netns, a path, or an inode number." },
	{ "TIME", "TIME is 90, 90s, 10m, 2h or 3d; a plain number means seconds." },
	{ 0 },
};
