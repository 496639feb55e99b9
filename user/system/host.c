// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "system/host.h"

#include <stdio.h>
#include <string.h>

/* "none [integrity] confidentiality": the word in brackets. */
void host_lockdown(char *state, size_t size)
{
	char line[128] = "", *word, *end;
	FILE *file = fopen("/sys/kernel/security/lockdown", "re");

	snprintf(state, size, "unknown");
	if (!file)
		return;
	word = fgets(line, sizeof(line), file) ? strchr(line, '[') : NULL;
	end = word ? strchr(word, ']') : NULL;
	if (end)
		snprintf(state, size, "%.*s", (int)(end - word - 1), word + 1);
	fclose(file);
}

void host_paranoid(char *value, size_t size)
{
	FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");

	snprintf(value, size, "unknown");
	if (!file)
		return;
	if (fgets(value, (int)size, file))
		value[strcspn(value, "\n")] = '\0';
	fclose(file);
}

uint64_t host_segments(void)
{
	char line[1024];
	unsigned long long segments = 0;
	FILE *file = fopen("/proc/net/snmp", "re");

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "Tcp: %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu", &segments) == 1)
			break;
	fclose(file);
	return segments;
}
