// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace schema: the JSON Schema of all that katrace writes as JSON lines. It is the file docs/schema.json. */
#include "cmd/cmd.h"
#include "cli/errors.h"

#include "schema.inc" /* made by the Makefile: the file as a string, schema[] */

#include <stdio.h>
#include <string.h>

int cmd_schema(int argc, char **argv)
{
	if (argc == 2 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)) {
		puts("Usage: katrace schema\nPrints the JSON Schema of the lines that katrace --json writes.");
		return EXIT_OK;
	}
	if (argc > 1) {
		bad_input("schema takes no '%s'", argv[1]);
		return EXIT_BAD_INPUT;
	}
	if (fputs(schema, stdout) < 0 || fflush(stdout)) {
		perror("katrace: cannot write to the standard output");
		return EXIT_TROUBLE;
	}
	return EXIT_OK;
}
