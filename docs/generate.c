// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* generate synopsis|options|completion: what is made of katrace's table of options, on stdout. Built and run by the
 * Makefile. */
#include "cli/manual.h"

#include <string.h>

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "options") == 0)
		manual_options(stdout);
	else if (argc == 2 && strcmp(argv[1], "synopsis") == 0)
		manual_synopsis(stdout);
	else if (argc == 2 && strcmp(argv[1], "completion") == 0)
		bash_completion(stdout);
	else
		return 2;
	return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
