// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/report.h"

#include "format/words.h"

#include <inttypes.h>

/* Report it if a dead peer is noticed later than this. */
#define LATE_US (1800 * 1000000ULL)

/* "sshd[1787]", "java[812] org.example.Main" */
static void process_name(struct out *out, const struct owner *owner, bool brief)
{
	if (!owner->pid) {
		out_text(out, "nobody");
		return;
	}
	out_escaped(out, owner->comm, sizeof(owner->comm));
	out_printf(out, "[%u]", owner->pid);
	words_title(out, owner, brief);
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

static void worst_cell(struct out *out, const struct summary_line *line)
{
	if (line->concerns[CONCERN_NO_KEEPALIVE].n)
		out_text(out, "never");
	else if (line->detects)
		words_span(out, line->worst_us);
	else
		out_text(out, "-");
}

enum column { PROCESS, CONTAINER, CONNECTIONS, ON, OFF, RATE, NOTICED, IN_USE, COLUMNS };

static const struct grid_column columns[COLUMNS] = {
	[PROCESS] = { .title = "PROCESS", .fair = 26, .least = 12, .keeps_end = true },
	[CONTAINER] = { .title = "CONTAINER" },
	[CONNECTIONS] = { .title = "CONNECTIONS" },
	[ON] = { .title = "ON" },
	[OFF] = { .title = "OFF" },
	[RATE] = { .title = "PROBES/MIN" },
	[NOTICED] = { .title = "NOTICED" },
	[IN_USE] = { .title = "SETTINGS", .fair = 12, .least = 8 },
};

static void cell(enum column column, const struct summary_line *line, bool brief, struct out *out)
{
	switch (column) {
	case PROCESS:
		process_name(out, &line->owner, brief);
		break;
	case CONTAINER:
		words_container(out, &line->owner);
		break;
	case CONNECTIONS:
		out_number(out, line->connections);
		break;
	case ON:
		out_number(out, line->on);
		break;
	case OFF:
		out_number(out, line->off);
		break;
	case RATE:
		out_printf(out, line->probes_per_minute < 10 ? "%.2f" : "%.0f", line->probes_per_minute);
		break;
	case NOTICED:
		worst_cell(out, line);
		break;
	case IN_USE:
		settings_cell(out, line);
		break;
	case COLUMNS:
		break;
	}
}

void report_begin(struct grid *grid, unsigned int terminal)
{
	grid_begin(grid, columns, COLUMNS, terminal);
	grid->shown[CONTAINER] = false;
}

void report_measure(struct grid *grid, const struct summary_line *line)
{
	char buf[REPORT_LINE_MAX];
	struct out out;

	for (enum column i = 0; i < COLUMNS; i++) {
		out = out_make(buf, sizeof(buf));
		cell(i, line, grid->terminal, &out);
		grid_measure(grid, i, &out);
	}
	grid->shown[CONTAINER] |= *line->owner.cgroup.container;
}

void report_measured(struct grid *grid)
{
	static const unsigned char order[] = { RATE, CONTAINER, IN_USE, ON, CONNECTIONS };
	enum { DETAILS = 2 };

	grid_fit(grid, order, sizeof(order), DETAILS);
}

void report_line(const struct grid *grid, const struct summary_line *line, struct out *out)
{
	const size_t begin = out->used;
	size_t from;

	for (enum column i = 0; i < COLUMNS; i++) {
		if (!grid->shown[i])
			continue;
		from = out->used;
		cell(i, line, grid->terminal, out);
		grid_end_cell(grid, i, out, from);
	}
	grid_end_line(grid, out, begin);
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
	process_name(out, &line->owner, false);
	out_text(out, ": ");
	grouped(out, n);
	out_printf(out, " %sconnection%s ", kind, words_plural(n));
}

static void oldest(struct out *out, const struct concerned *concerned)
{
	out_text(out, concerned->n == 1 ? ", silent " : ", oldest silent ");
	spaced_span(out, concerned->silent_us);
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
	process_name(out, &line->owner, false);
	out_text(out, ": a dead peer is noticed only ");
	spaced_span(out, line->worst_us);
	out_text(out, " after it was last heard");
	if (line->worst_is_old)
		out_text(out, "; its timer was set with other values");
	else if (line->worst_sysctls & KATRACE_IDLE)
		out_text(out, "; its idle time is the sysctl's");
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

enum sysctl_column { NETNS, TIME, INTERVAL, PROBES, SYSCTL_NOTICED, DESCRIPTORS, SYSCTL_COLUMNS };

/* The names of sysctl(8), and short ones where these do not fit. */
#define FULL_WIDTH 104

static const struct grid_column full_columns[SYSCTL_COLUMNS] = {
	[NETNS] = { .title = "NETNS", .width = sizeof("4026531840 (own)") - 1, .fair = 16, .least = 10 },
	[TIME] = { .title = "tcp_keepalive_time" },
	[INTERVAL] = { .title = "tcp_keepalive_intvl" },
	[PROBES] = { .title = "tcp_keepalive_probes" },
	[SYSCTL_NOTICED] = { .title = "NOTICED", .width = 8 },
	[DESCRIPTORS] = { .title = "DESCRIPTORS" },
};

static const struct grid_column short_columns[SYSCTL_COLUMNS] = {
	[NETNS] = { .title = "NETNS", .width = sizeof("4026531840 (own)") - 1, .fair = 10, .least = 10 },
	[TIME] = { .title = "TIME", .width = 5 },
	[INTERVAL] = { .title = "INTVL", .width = 5 },
	[PROBES] = { .title = "PROBES" },
	[SYSCTL_NOTICED] = { .title = "NOTICED" },
	[DESCRIPTORS] = { .title = "DESCRIPTORS" },
};

void report_sysctl_begin(struct grid *grid, unsigned int terminal)
{
	grid_begin(grid, terminal && terminal < FULL_WIDTH ? short_columns : full_columns, SYSCTL_COLUMNS, terminal);
}

static void sysctl_netns_cell(const struct sysctls *sysctls, struct out *out)
{
	words_netns(out, sysctls->netns, sysctls->netns_name);
	out_text(out, sysctls->is_own ? " (own)" : "");
}

void report_sysctl_measure(struct grid *grid, const struct sysctls *sysctls)
{
	char buf[REPORT_LINE_MAX];
	struct out out = out_make(buf, sizeof(buf));

	sysctl_netns_cell(sysctls, &out);
	grid_measure(grid, NETNS, &out);
}

void report_sysctl_measured(struct grid *grid)
{
	static const unsigned char order[] = { DESCRIPTORS, SYSCTL_NOTICED };

	grid_fit(grid, order, sizeof(order), 0);
}

static void number_cell(const struct grid *grid, enum sysctl_column column, uint64_t number, struct out *out)
{
	const size_t from = out->used;

	if (!grid->shown[column])
		return;
	out_number(out, number);
	grid_end_cell(grid, column, out, from);
}

void report_sysctl(const struct grid *grid, const struct sysctls *sysctls, struct out *out)
{
	const size_t begin = out->used;
	size_t from = out->used;

	sysctl_netns_cell(sysctls, out);
	grid_end_cell(grid, NETNS, out, from);
	number_cell(grid, TIME, sysctls->settings.idle_s, out);
	number_cell(grid, INTERVAL, sysctls->settings.interval_s, out);
	number_cell(grid, PROBES, sysctls->settings.probe_limit, out);
	from = out->used;
	if (grid->shown[SYSCTL_NOTICED]) {
		words_span(out, sysctls->detection_us);
		grid_end_cell(grid, SYSCTL_NOTICED, out, from);
	}
	number_cell(grid, DESCRIPTORS, sysctls->descriptors, out);
	grid_end_line(grid, out, begin);
	out_text(out, "\n");
}
