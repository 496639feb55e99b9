// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace schema: the JSON Schema of all that katrace writes as JSON lines. It is the file docs/schema.json. */
#include "cmd/cmd.h"

#include "schema.inc" /* made by the Makefile: the file as a string, schema[] */

#include <stdio.h>

int cmd_schema(const struct options *options)
{
	(void)options;
	fputs(schema, stdout);
	return stdout_status();
}
