// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* For each line of its input, prints how many timer interrupts tracing programs did not see since it began. */
#include "../live/witness.h"

#include <inttypes.h>
#include <stdio.h>

int main(void)
{
	witness_hidden();
	for (int c; (c = getchar()) != EOF;) {
		if (c != '\n')
			continue;
		printf("%" PRIu64 "\n", witness_hidden());
		if (fflush(stdout) != 0)
			return 1;
	}
	return 0;
}
