// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Fuzzes the writer of the lines of katrace list --summary and --sysctl. */
#include "written.h"

#include <errno.h>

/* --- from bytes to values --- */

/* What comes from other processes is the owner; the rest are numbers of any size. */
static struct summary_line take_summary(struct input *input)
{
	struct summary_line summary = { 0 };
	uint32_t rate;

	summary.owner = take_connection(input).owner;
	summary.connections = take_u64(input);
	summary.on = take_u64(input);
	summary.off = take_u64(input);
	rate = take_u32(input);
	summary.probes_per_minute = (double)rate / 1000;
	summary.n_settings = take_u8(input) % (SUMMARY_SETTINGS + 1);
	for (size_t i = 0; i < summary.n_settings; i++) {
		summary.settings[i].settings = take_settings(input);
		summary.settings[i].n = take_u64(input);
	}
	summary.n_others = take_u64(input);
	summary.detects = take_bool(input);
	summary.worst_us = take_u64(input);
	for (enum concern i = 0; i <= CONCERN_LISTENER; i++) {
		summary.concerns[i].n = take_u64(input);
		summary.concerns[i].silent_us = take_u64(input);
	}
	return summary;
}

static struct sysctls take_sysctls(struct input *input)
{
	struct sysctls sysctls = { .netns = take_u32(input), .is_own = take_bool(input) };

	sysctls.netns_name = take_netns_name(input);
	sysctls.settings = take_settings(input);
	sysctls.detection_us = take_u64(input);
	sysctls.descriptors = take_u64(input);
	return sysctls;
}

/* --- checks of the line --- */

/* An array of n numbers, of which one is this. */
static void same_item(struct json_object *array, size_t n, size_t i, uint64_t number)
{
	require(json_object_is_type(array, json_type_array));
	require(json_object_array_length(array) == n);
	same_number(json_object_array_get_idx(array, i), number);
}

static struct json_object *sum_of(struct json_object *line, const char *key)
{
	return at(line, "katrace", "summary", key);
}

static struct json_object *in_use(struct json_object *line, const char *key)
{
	struct json_object *settings = sum_of(line, "settings");

	return settings ? at(settings, key, NULL, NULL) : NULL;
}

static void same_settings_in_use(struct json_object *line, const struct summary_line *summary)
{
	const size_t n = summary->n_settings;

	require(!in_use(line, "connections") == !n);
	require(!in_use(line, "from_sysctl") == !n);
	for (size_t i = 0; i < n; i++) {
		same_item(in_use(line, "connections"), n, i, summary->settings[i].n);
		same_item(in_use(line, "idle_s"), n, i, summary->settings[i].settings.idle_s);
		same_item(in_use(line, "interval_s"), n, i, summary->settings[i].settings.interval_s);
		same_item(in_use(line, "probe_limit"), n, i, summary->settings[i].settings.probe_limit);
		same_item(in_use(line, "user_timeout_ms"), n, i, summary->settings[i].settings.user_timeout_ms);
	}
	same_unless_zero(in_use(line, "others"), summary->n_others);
}

static void same_summary(struct json_object *line, const struct summary_line *summary)
{
	static const struct {
		const char *n, *silent;
		enum concern concern;
	} concerns[] = {
		{ "unanswered", "unanswered_silent_us", CONCERN_UNANSWERED },
		{ "retransmitting", "retransmitting_silent_us", CONCERN_RETRANSMITTING },
		{ "orphans", "orphans_silent_us", CONCERN_ORPHAN },
		{ "zombies", "zombies_silent_us", CONCERN_ZOMBIE },
		{ "peer_closed", "peer_closed_silent_us", CONCERN_PEER_CLOSED },
		{ "no_keepalive", "no_keepalive_silent_us", CONCERN_NO_KEEPALIVE },
	};

	same_process(line, &summary->owner);
	same_number(sum_of(line, "connections"), summary->connections);
	same_number(sum_of(line, "keepalive_on"), summary->on);
	same_number(sum_of(line, "keepalive_off"), summary->off);
	require(!sum_of(line, "noticed_after_us") == !summary->detects);
	for (size_t i = 0; i < sizeof(concerns) / sizeof(concerns[0]); i++) {
		same_number(sum_of(line, concerns[i].n), summary->concerns[concerns[i].concern].n);
		same_unless_zero(sum_of(line, concerns[i].silent), summary->concerns[concerns[i].concern].silent_us);
	}
	same_settings_in_use(line, summary);
}

static void same_sysctls(struct json_object *line, const struct sysctls *sysctls)
{
	same_id(at(line, "katrace", "netns", NULL), sysctls->netns);
	require(!at(line, "katrace", "netns_name", NULL) == !sysctls->netns_name);
	if (sysctls->netns_name)
		same_name(at(line, "katrace", "netns_name", NULL), sysctls->netns_name);
	require(!at(line, "katrace", "sysctl", "own") == !sysctls->is_own);
	same_number(at(line, "katrace", "sysctl", "idle_s"), sysctls->settings.idle_s);
	same_number(at(line, "katrace", "sysctl", "interval_s"), sysctls->settings.interval_s);
	same_number(at(line, "katrace", "sysctl", "probe_limit"), sysctls->settings.probe_limit);
	same_number(at(line, "katrace", "sysctl", "noticed_after_us"), sysctls->detection_us);
	same_number(at(line, "katrace", "sysctl", "descriptors"), sysctls->descriptors);
}

/* katrace's own reader knows it, and knows that it is no recording. */
static void check_no_recording(const char *text)
{
	struct ndjson *ndjson = ndjson_new();
	struct recorded recorded;

	require(ndjson && ndjson_read(ndjson, text, strlen(text), &recorded) == -ENOTSUP);
	ndjson_free(ndjson);
}

static void try_summary(struct json_writer *writer, struct input *input, struct out *out)
{
	const struct event_line place = { "5f3a", take_u64(input) };
	const uint64_t wall_ns = take_u64(input);
	const struct summary_line summary = take_summary(input);
	struct json_object *line;

	json_writer_summary(writer, &place, wall_ns, &summary, out);
	line = finish_line(out);
	same_summary(line, &summary);
	json_object_put(line);
	check_no_recording(out->buf);
}

static void try_sysctls(struct json_writer *writer, struct input *input, struct out *out)
{
	const struct event_line place = { "5f3a", take_u64(input) };
	const uint64_t wall_ns = take_u64(input);
	const struct sysctls sysctls = take_sysctls(input);
	struct json_object *line;

	json_writer_sysctls(writer, &place, wall_ns, &sysctls, out);
	line = finish_line(out);
	same_sysctls(line, &sysctls);
	json_object_put(line);
	check_no_recording(out->buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input for_summary = { data, size }, for_sysctls = { data, size };
	struct json_writer *writer = json_writer_new();
	char buf[EVENTS_LINE_MAX + 1];
	struct out out = out_make(buf, EVENTS_LINE_MAX);

	require(writer);
	try_summary(writer, &for_summary, &out);
	out = out_make(buf, EVENTS_LINE_MAX);
	try_sysctls(writer, &for_sysctls, &out);
	json_writer_free(writer);
	return 0;
}
