// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/report.h"

#include "format/words.h"
#include "model/detection.h"

#include <inttypes.h>
#include <string.h>

#define WIDTH_PROCESS 24
#define WIDTH_CONTAINER 12
#define WIDTH_COUNT 11
#define WIDTH_SHORT 8
#define WIDTH_RATE 10
#define WIDTH_NETNS 16

/* Report it if a dead peer is noticed later than this. */
#define LATE_US (1800 * 1000000ULL)

/* "sshd[1787]" */
static void process_name(struct out *out, const struct owner *owner)
{
	if (!owner->pid) {
		out_text(out, "nobody");
		return;
	}
	out_escaped(out, owner->comm, sizeof(owner->comm));
	out_printf(out, "[%u]", owner->pid);
}

/* Pads the cell to its column, and always ends it with spaces. */
static void end_cell(struct out *out, size_t from, size_t width)
{
	out_pad(out, from, width);
	out_text(out, "  ");
}

static void number_cell(struct out *out, uint64_t number, size_t width)
{
	const size_t from = out->used;

	out_number(out, number);
	end_cell(out, from, width);
}

static void text_cell(struct out *out, const char *text, size_t width)
{
	const size_t from = out->used;

	out_text(out, text);
	end_cell(out, from, width);
}

static void marked(struct out *out, const struct settings *settings, enum katrace_setting setting)
{
	if (settings->from_sysctl & setting)
		out_text(out, "*");
}

/* "2h*+9*x75s*": idle time, probe limit, interval; values from sysctls are marked */
static void settings_short(struct out *out, const struct settings *settings)
{
	words_setting(out, settings->idle_s);
	marked(out, settings, KATRACE_IDLE);
	out_printf(out, "+%u", settings->probe_limit);
	marked(out, settings, KATRACE_PROBE_LIMIT);
	out_text(out, "x");
	words_setting(out, settings->interval_s);
	marked(out, settings, KATRACE_INTERVAL);
	if (!settings->user_timeout_ms)
		return;
	out_text(out, "<");
	words_ms(out, settings->user_timeout_ms);
}

static void settings_cell(struct out *out, const struct summary_line *line)
{
	const bool several = line->n_settings > 1;

	if (!line->n_settings)
		out_text(out, "-");
	for (size_t i = 0; i < line->n_settings; i++) {
		out_text(out, i ? ", " : "");
		if (several)
			out_printf(out, "%" PRIu64 ": ", line->settings[i].n);
		settings_short(out, &line->settings[i].settings);
	}
	if (line->n_others)
		out_printf(out, ", %" PRIu64 ": others", line->n_others);
}

void report_header(struct out *out)
{
	text_cell(out, "PROCESS", WIDTH_PROCESS);
	text_cell(out, "CONTAINER", WIDTH_CONTAINER);
	text_cell(out, "CONNECTIONS", WIDTH_COUNT);
	text_cell(out, "ON", WIDTH_SHORT);
	text_cell(out, "OFF", WIDTH_SHORT);
	text_cell(out, "PROBES/MIN", WIDTH_RATE);
	text_cell(out, "NOTICED", WIDTH_SHORT);
	out_text(out, "SETTINGS\n");
}

static void worst_cell(struct out *out, const struct summary_line *line)
{
	const size_t from = out->used;

	if (line->concerns[CONCERN_NO_KEEPALIVE].n)
		out_text(out, "never");
	else if (line->detects)
		words_span(out, line->worst_us);
	else
		out_text(out, "-");
	end_cell(out, from, WIDTH_SHORT);
}

void report_line(const struct summary_line *line, struct out *out)
{
	size_t from = out->used;

	process_name(out, &line->owner);
	end_cell(out, from, WIDTH_PROCESS);
	from = out->used;
	words_container(out, &line->owner);
	end_cell(out, from, WIDTH_CONTAINER);
	number_cell(out, line->connections, WIDTH_COUNT);
	number_cell(out, line->on, WIDTH_SHORT);
	number_cell(out, line->off, WIDTH_SHORT);
	from = out->used;
	out_printf(out, line->probes_per_minute < 10 ? "%.2f" : "%.0f", line->probes_per_minute);
	end_cell(out, from, WIDTH_RATE);
	worst_cell(out, line);
	settings_cell(out, line);
	out_text(out, "\n");
}

/* --- findings --- */

/* "4,113" */
static void grouped(struct out *out, uint64_t number)
{
	uint64_t unit = 1;

	while (number / unit >= 1000)
		unit *= 1000;
	out_number(out, number / unit);
	for (unit /= 1000; unit; unit /= 1000)
		out_printf(out, ",%03u", (unsigned int)(number / unit % 1000));
}

/* "3 d 4 h" */
static void spaced_span(struct out *out, uint64_t us)
{
	char buf[32];
	struct out span = out_make(buf, sizeof(buf));
	bool digit = true, next;

	words_span(&span, us);
	for (size_t i = 0; i < span.used; i++) {
		next = (buf[i] >= '0' && buf[i] <= '9') || buf[i] == '.';
		if (next != digit && i)
			out_text(out, " ");
		out_bytes(out, &buf[i], 1);
		digit = next;
	}
}

/* "nginx[812]: 4,113 established connections" */
static void subject(struct out *out, const struct summary_line *line, uint64_t n, const char *kind)
{
	process_name(out, &line->owner);
	out_text(out, ": ");
	grouped(out, n);
	out_printf(out, " %sconnection%s ", kind, words_plural(n));
}

static void oldest(struct out *out, const struct concerned *concerned)
{
	out_text(out, concerned->n == 1 ? ", silent " : ", oldest silent ");
	spaced_span(out, concerned->silent_us);
	out_text(out, "\n");
}

static void find_concerned(const struct summary_line *line, enum concern concern, const char *kind, const char *words,
			   struct out *out)
{
	const struct concerned *concerned = &line->concerns[concern];

	if (!concerned->n)
		return;
	subject(out, line, concerned->n, kind);
	out_text(out, words);
	oldest(out, concerned);
}

static void find_unanswered(const struct summary_line *line, const struct zombie_limits *zombies, struct out *out)
{
	(void)zombies;
	find_concerned(line, CONCERN_UNANSWERED, "", "with unanswered keepalive probes", out);
}

static void find_retransmitting(const struct summary_line *line, const struct zombie_limits *zombies, struct out *out)
{
	const struct concerned *retransmitting = &line->concerns[CONCERN_RETRANSMITTING];

	(void)zombies;
	if (!retransmitting->n)
		return;
	subject(out, line, retransmitting->n, "");
	out_text(out, retransmitting->n == 1 ? "retransmits" : "retransmit");
	out_text(out, " or waits for the peer's window: keepalive does not probe");
	oldest(out, retransmitting);
}

static void find_orphans(const struct summary_line *line, const struct zombie_limits *zombies, struct out *out)
{
	(void)zombies;
	find_concerned(line, CONCERN_ORPHAN, "", "closed by this side, but not confirmed by the peer (orphan)", out);
}

static void find_half_closed(const struct summary_line *line, const struct zombie_limits *zombies, struct out *out)
{
	(void)zombies;
	find_concerned(line, CONCERN_PEER_CLOSED, "", "closed by the peer, but not by the application", out);
}

static void find_zombies(const struct summary_line *line, const struct zombie_limits *zombies, struct out *out)
{
	const struct concerned *zombie = &line->concerns[CONCERN_ZOMBIE];

	if (!zombie->n)
		return;
	subject(out, line, zombie->n, "");
	out_text(out, "perhaps half open: silent for over ");
	spaced_span(out, zombies->silent_us);
	out_text(out, ", and no probe due within ");
	spaced_span(out, zombies->due_us);
	oldest(out, zombie);
}

static void find_off(const struct summary_line *line, const struct zombie_limits *zombies, struct out *out)
{
	(void)zombies;
	find_concerned(line, CONCERN_NO_KEEPALIVE, "established ", "without keepalive", out);
}

static void find_late(const struct summary_line *line, const struct zombie_limits *zombies, struct out *out)
{
	(void)zombies;
	if (!line->detects || line->worst_us < LATE_US)
		return;
	process_name(out, &line->owner);
	out_text(out, ": a dead peer is noticed only ");
	spaced_span(out, line->worst_us);
	out_text(out, " after it was last heard");
	if (line->worst_is_old)
		out_text(out, "; its timer was set with other values");
	else if (line->worst_sysctls & KATRACE_IDLE)
		out_text(out, "; its idle time is the sysctl's");
	out_text(out, "\n");
}

static void (*const findings[REPORT_FINDINGS])(const struct summary_line *line, const struct zombie_limits *zombies,
					       struct out *out) = {
	find_unanswered, find_retransmitting, find_orphans, find_zombies, find_half_closed, find_off, find_late,
};

void report_finding(const struct summary_line *line, size_t place, const struct zombie_limits *zombies, struct out *out)
{
	findings[place](line, zombies, out);
}

/* --- sysctls --- */

void report_sysctl_header(struct out *out)
{
	text_cell(out, "NETNS", WIDTH_NETNS);
	text_cell(out, "tcp_keepalive_time", 18);
	text_cell(out, "tcp_keepalive_intvl", 19);
	text_cell(out, "tcp_keepalive_probes", 20);
	text_cell(out, "NOTICED", WIDTH_SHORT);
	out_text(out, "DESCRIPTORS\n");
}

void report_sysctl(const struct katrace_netns *netns, uint32_t hz, bool own, uint64_t descriptors, struct out *out)
{
	const struct settings settings = {
		.enabled = true,
		.idle_s = netns->idle / hz,
		.interval_s = netns->interval / hz,
		.probe_limit = netns->probe_limit,
	};
	size_t from = out->used;

	out_printf(out, "%u%s", netns->netns, own ? " (own)" : "");
	end_cell(out, from, WIDTH_NETNS);
	number_cell(out, settings.idle_s, 18);
	number_cell(out, settings.interval_s, 19);
	number_cell(out, settings.probe_limit, 20);
	from = out->used;
	words_span(out, detection_after_heard(&settings));
	end_cell(out, from, WIDTH_SHORT);
	out_number(out, descriptors);
	out_text(out, "\n");
}
