// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace schema: prints the JSON Schema of all JSON lines that katrace writes, docs/schema.json. */
#include "cmd/cmd.h"

#include "format/schema.h"

#include <stdio.h>

int cmd_schema(const struct options *options)
{
	static char buf[SCHEMA_TEXT_MAX];
	struct out out = out_make(buf, sizeof(buf));

	(void)options;
	schema_write(&out);
	fwrite(buf, 1, out.used, stdout);
	return stdout_status();
}
