// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "account.h"

#include "../live/must.h"
#include "check.h"

#include <inttypes.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096

enum kind { SENT, DROPPED, ANSWERED, KINDS };

static const char *const kind_names[KINDS] = { "katrace.probe_sent", "katrace.probe_dropped",
					       "katrace.probe_answered" };
static const char *const sum_names[KINDS] = { "\"probes_sent\":", "\"probes_dropped\":", "\"probes_answered\":" };

struct account {
	uint64_t bytes, lines, missing, last_sequence;
	uint64_t written[KINDS], late, repeated;
	uint64_t reported; /* by events_lost, stage output */
	char last[LINE_MAX_BYTES + 1];
};

struct account *account_new(void)
{
	struct account *account = calloc(1, sizeof(*account));

	must(account, "memory");
	return account;
}

void account_free(struct account *account)
{
	free(account);
}

static uint64_t number_after(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static void take_kind(struct account *account, const char *line, const char *name)
{
	for (enum kind kind = 0; kind < KINDS; kind++)
		if (begins(name, kind_names[kind]))
			account->written[kind]++;
	if (begins(name, "katrace.probe_answered"))
		account->late += strstr(line, "\"late\":true") != NULL;
	if (begins(name, "katrace.probe_sent"))
		account->repeated += number_after(line, "\"probe\":{\"number\":") > 1;
	if (begins(name, "katrace.events_lost") && strstr(line, "\"output\""))
		account->reported += number_after(line, "\"count\":");
}

/* A line without its newline, n bytes. */
static void take_line(struct account *account, const char *line, size_t n)
{
	static const char event[] = "\"event_name\":\"", sequence[] = "\"sequence\":";
	const char *name = strstr(line, event), *at = name ? strstr(name, sequence) : NULL;
	const bool whole = n > 2 && n <= LINE_MAX_BYTES && begins(line, "{\"timestamp\":") && at &&
			   strcmp(line + n - 2, "}}") == 0;
	uint64_t number;

	check(whole, "not a whole line of at most %d bytes: %.200s", LINE_MAX_BYTES, line);
	if (!whole)
		return;
	number = strtoull(at + sizeof(sequence) - 1, NULL, 10);
	check(number > account->last_sequence, "sequence %" PRIu64 " after %" PRIu64, number, account->last_sequence);
	account->missing += number - account->last_sequence - 1;
	account->last_sequence = number;
	account->lines++;
	account->bytes += n + 1;
	take_kind(account, line, name + sizeof(event) - 1);
	memcpy(account->last, line, n + 1);
}

void account_take(struct account *account, FILE *lines)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	for (n = getline(&line, &size, lines); n > 0; n = getline(&line, &size, lines)) {
		check(line[n - 1] == '\n', "the end is within a line: %.200s", line);
		if (line[n - 1] != '\n')
			break;
		line[n - 1] = '\0';
		take_line(account, line, (size_t)n - 1);
	}
	free(line);
}

void account_take_file(struct account *account, const char *path)
{
	FILE *file = fopen(path, "re");

	must(file, path);
	account_take(account, file);
	fclose(file);
	unlink(path);
}

uint64_t account_attempts(const struct account *account)
{
	return number_after(account->last, sum_names[SENT]) + number_after(account->last, sum_names[DROPPED]);
}

uint64_t account_missing(const struct account *account)
{
	return account->missing;
}

uint64_t account_unanswered(const struct account *account)
{
	return account->late + account->repeated;
}

uint64_t account_lost_ring(const struct account *account)
{
	return number_after(account->last, "\"lost_ring\":");
}

/* "katrace: lost of NAME: 5 in the ring, 7 in the output" */
static void lost_of(const char *printed, const char *name, uint64_t *ring, uint64_t *output)
{
	char key[128];
	const char *at;

	*ring = *output = 0;
	snprintf(key, sizeof(key), "lost of %s: ", name);
	at = strstr(printed, key);
	if (!at)
		return;
	must(sscanf(at + strlen(key), "%" SCNu64 " in the ring, %" SCNu64, ring, output) == 2, "line about losses");
}

/*
 * An answer whose probe was lost causes no event, and an answer that was found late has no record. The two counts may
 * also differ by the times the kernel did not run the programs (docs/architecture.md, last fact).
 */
static void settle_kind(const struct account *account, enum kind kind, const char *printed)
{
	const uint64_t produced = number_after(account->last, sum_names[kind]), written = account->written[kind];
	uint64_t ring, output;

	lost_of(printed, kind_names[kind], &ring, &output);
	printf("soak:   %-22s  produced %10" PRIu64 " = written %10" PRIu64 " + lost in the ring %" PRIu64
	       " + in the output %" PRIu64,
	       kind_names[kind], produced, written, ring, output);
	if (kind == ANSWERED)
		printf(" - late %" PRIu64 " + without a probe %" PRId64, account->late,
		       (int64_t)(produced + account->late - written - ring - output));
	printf("\n");
	check(kind == ANSWERED || produced == written + ring + output, "the counts do not balance");
}

void account_settle(const struct account *account, const char *printed, bool nothing_lost)
{
	const uint64_t lost_output = number_after(account->last, "\"lost_output\":");
	const uint64_t lost_ring = account_lost_ring(account);

	check(strstr(account->last, "katrace.stats"), "the last line is not katrace.stats: %.200s", account->last);
	check(account->missing == lost_output, "%" PRIu64 " lines are missing, lost_output has %" PRIu64,
	      account->missing, lost_output);
	check(account->reported == lost_output, "events_lost reported %" PRIu64 " lines, lost_output has %" PRIu64,
	      account->reported, lost_output);
	printf("soak:   %" PRIu64 " lines, %" PRIu64 " MB; missing in sequence %" PRIu64 ", lost_output %" PRIu64
	       ", lost_ring %" PRIu64 ", lost_hook %" PRIu64 "\n",
	       account->lines, account->bytes / 1000000, account->missing, lost_output, lost_ring,
	       number_after(account->last, "\"lost_hook\":"));
	for (enum kind kind = 0; kind < KINDS; kind++)
		settle_kind(account, kind, printed);
	check(!nothing_lost || lost_output + lost_ring == 0, "events were lost");
}
