// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Copies docs/events.md from stdin to stdout and replaces the tables between its markers: see `make docs`. */
#include "format/schema.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *marker;
	void (*write)(struct out *out);
} tables[] = {
	{ "<!-- fields: every line -->\n", schema_doc_all },
	{ "<!-- fields: every connection -->\n", schema_doc_connection },
	{ "<!-- fields: every kind -->\n", schema_doc_kinds },
};

static const char end_marker[] = "<!-- end of fields -->\n";

/* Writes the table that the marker asks for, if the line is one. */
static bool put_table(const char *line)
{
	static char buf[SCHEMA_TEXT_MAX];
	struct out out = out_make(buf, sizeof(buf));

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (strcmp(line, tables[i].marker) != 0)
			continue;
		tables[i].write(&out);
		fwrite(buf, 1, out.used, stdout);
		return true;
	}
	return false;
}

int main(void)
{
	bool old = false;
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		old = old && strcmp(line, end_marker) != 0;
		if (old)
			continue;
		fputs(line, stdout);
		old = put_table(line);
	}
	free(line);
	return fflush(stdout) || ferror(stdin);
}
