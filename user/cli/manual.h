/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* SYNOPSIS and OPTIONS of the manual, and shell completion, generated from the tables of options.h at build time. */
#ifndef KATRACE_MANUAL_H
#define KATRACE_MANUAL_H

#include <stdio.h>

/* The forms of the command line, in roff. */
void manual_synopsis(FILE *out);

/* The entries in roff, with a heading for each group. */
void manual_options(FILE *out);

/* A script for bash. */
void bash_completion(FILE *out);

#endif
