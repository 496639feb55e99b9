// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/words.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

/* How many digits of a container id are shown; the same as docker. */
#define CONTAINER_SHOWN 12

/* Data less than this ago came just before. */
#define IDLE_SHOWN_US 100000

void words_duration(struct out *out, uint64_t us)
{
	if (us < 1000)
		out_printf(out, "%" PRIu64 "us", us);
	else if (us < 999950) /* anything that would round to 1000.0ms is a second */
		out_printf(out, "%.1fms", (double)us / 1e3);
	else
		out_printf(out, "%.1fs", (double)us / 1e6);
}

void words_ms(struct out *out, uint64_t ms)
{
	static const uint64_t unit[] = { 100, 10, 1 };
	uint64_t rest = ms % 1000;

	out_printf(out, "%" PRIu64, ms / 1000);
	if (rest)
		out_text(out, ".");
	for (size_t i = 0; rest; rest %= unit[i], i++)
		out_printf(out, "%" PRIu64, rest / unit[i]);
	out_text(out, "s");
}

static void two_units(struct out *out, uint64_t n, unsigned int per, const char *unit, const char *smaller)
{
	out_number(out, n / per);
	out_text(out, unit);
	if (n % per == 0)
		return;
	out_number(out, n % per);
	out_text(out, smaller);
}

void words_span(struct out *out, uint64_t us)
{
	const uint64_t tenths = us / 100000, s = us / 1000000;

	if (us < 1000000) {
		out_number(out, us / 1000);
		out_text(out, "ms");
	} else if (tenths < 100) {
		out_number(out, tenths / 10);
		out_text(out, ".");
		out_number(out, tenths % 10);
		out_text(out, "s");
	} else if (s < 60) {
		out_number(out, s);
		out_text(out, "s");
	} else if (s < 3600) {
		two_units(out, s, 60, "m", "s");
	} else if (s < 86400) {
		two_units(out, s / 60, 60, "h", "m");
	} else {
		two_units(out, s / 3600, 24, "d", "h");
	}
}

void words_setting(struct out *out, uint64_t seconds)
{
	const bool hours = seconds && seconds % 3600 == 0;
	const bool minutes = seconds && seconds % 60 == 0;

	out_number(out, seconds / (hours ? 3600 : minutes ? 60 : 1));
	out_text(out, hours ? "h" : minutes ? "m" : "s");
}

static void words_ipv4(struct out *out, const uint8_t addr[4])
{
	for (int i = 0; i < 4; i++) {
		out_number(out, addr[i]);
		if (i < 3)
			out_text(out, ".");
	}
}

void words_address(struct out *out, const struct endpoint *end)
{
	char text[INET6_ADDRSTRLEN];

	if (!end->ipv6)
		words_ipv4(out, end->addr);
	else if (inet_ntop(AF_INET6, end->addr, text, sizeof(text)))
		out_text(out, text);
}

void words_endpoint(struct out *out, const struct endpoint *end)
{
	if (end->ipv6)
		out_text(out, "[");
	words_address(out, end);
	if (end->scope.id) {
		out_text(out, "%");
		if (*end->scope.name)
			out_escaped(out, end->scope.name, sizeof(end->scope.name));
		else
			out_number(out, end->scope.id);
	}
	out_text(out, end->ipv6 ? "]:" : ":");
	out_number(out, end->port);
}

void words_netns(struct out *out, uint32_t netns, const char *name)
{
	if (name)
		out_escaped(out, name, strlen(name));
	else
		out_number(out, netns);
}

const char *words_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void words_sources(struct out *out, const struct settings *settings)
{
	static const enum setting order[] = { SETTING_IDLE, SETTING_PROBE_LIMIT, SETTING_INTERVAL };
	const uint8_t all = KATRACE_IDLE | KATRACE_INTERVAL | KATRACE_PROBE_LIMIT;
	const char *before = " (";

	if ((settings->from_sysctl & all) == all) {
		out_text(out, " (all from sysctl)");
		return;
	}
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (!(settings->from_sysctl & setting_bit(order[i])))
			continue;
		out_printf(out, "%s%s", before, setting_words(order[i]));
		before = ", ";
	}
	if (settings->from_sysctl & all)
		out_text(out, " from sysctl)");
}

void words_settings(struct out *out, const struct settings *settings)
{
	if (!settings->enabled) {
		out_text(out, "off");
		return;
	}
	out_printf(out, "%us idle, then ", settings->idle_s);
	if (settings->user_timeout_ms) {
		out_printf(out, "probes %us apart until TCP_USER_TIMEOUT ", settings->interval_s);
		words_ms(out, settings->user_timeout_ms);
	} else {
		out_printf(out, "%u probe%s %us apart", settings->probe_limit, words_plural(settings->probe_limit),
			   settings->interval_s);
	}
	words_sources(out, settings);
}

static void words_value(struct out *out, const struct settings *settings, enum setting setting)
{
	if (setting == SETTING_IDLE)
		out_printf(out, "%us", settings->idle_s);
	else if (setting == SETTING_INTERVAL)
		out_printf(out, "%us", settings->interval_s);
	else if (setting == SETTING_PROBE_LIMIT)
		out_number(out, settings->probe_limit);
	else if (settings->user_timeout_ms)
		words_ms(out, settings->user_timeout_ms);
	else
		out_text(out, "none");
}

void words_changes(struct out *out, const struct settings *from, const struct settings *to)
{
	const char *before = "";

	if (from->enabled && !to->enabled)
		out_text(out, "keepalive switched off");
	if (!to->enabled) /* its values mean nothing now */
		return;
	if (!from->enabled) {
		out_text(out, "keepalive switched on: ");
		words_settings(out, to);
		return;
	}
	for (enum setting i = SETTING_IDLE; i < SETTINGS; i++) {
		if (same_setting(from, to, i))
			continue;
		out_printf(out, "%s%s ", before, setting_words(i));
		words_value(out, from, i);
		out_text(out, " to ");
		words_value(out, to, i);
		before = ", ";
	}
}

void words_probe(struct out *out, uint32_t number, uint32_t limit)
{
	out_printf(out, "probe %u", number);
	if (limit)
		out_printf(out, "/%u", limit);
}

static void words_bytes(struct out *out, uint32_t n, bool fin, const char *where)
{
	if (n || !fin)
		out_printf(out, "%u byte%s ", n, words_plural(n));
	if (n && fin)
		out_text(out, "and ");
	if (fin)
		out_text(out, "FIN ");
	out_text(out, where);
}

void words_backlog(struct out *out, uint32_t unacked, uint32_t queued, bool fin, uint32_t retransmits)
{
	if (unacked || !queued)
		words_bytes(out, unacked, fin && !queued, "unacknowledged");
	if (unacked && queued)
		out_text(out, ", ");
	if (queued)
		words_bytes(out, queued, fin, "queued");
	if (retransmits)
		out_printf(out, ", %u retransmission%s", retransmits, words_plural(retransmits));
}

void words_container(struct out *out, const struct owner *owner)
{
	if (*owner->cgroup.container)
		out_escaped(out, owner->cgroup.container, CONTAINER_SHOWN);
	else
		out_text(out, "-");
}

void words_title(struct out *out, const struct owner *owner, bool brief)
{
	const char *title = brief ? title_in_brief(owner->title) : owner->title;

	/* a script that was started as a program: its name, cut at 15 bytes, is comm already */
	if (!*title || strncmp(title, owner->comm, sizeof(owner->comm) - 1) == 0)
		return;
	out_text(out, " ");
	out_escaped(out, title, sizeof(owner->title));
}

void words_errno(struct out *out, int error)
{
	const char *name = strerrorname_np(error);

	if (name)
		out_text(out, name);
	else
		out_printf(out, "errno %d", error);
}

/* A timer of the kernel goes by answers, not by data. */
static bool is_about_data(enum verdict verdict)
{
	return verdict != VERDICT_UNREACHABLE && !verdict_is_timeout(verdict);
}

static void words_idle(struct out *out, enum verdict verdict, int error, const struct data_age *data)
{
	if (!data->known || !is_about_data(verdict) || data_idle_us(data) < IDLE_SHOWN_US)
		return;
	out_text(out, error ? ", after " : " after ");
	words_duration(out, data_idle_us(data));
	out_text(out, " without data");
}

void words_ended(struct out *out, enum verdict verdict, int error, const struct data_age *data,
		 enum katrace_close_reason reason)
{
	out_text(out, verdict_words(verdict));
	if (error) {
		out_text(out, ", ");
		words_errno(out, error);
	}
	words_idle(out, verdict, error, data);
	if (reason == KATRACE_REASON_EXIT)
		out_text(out, "; its process exited");
}
