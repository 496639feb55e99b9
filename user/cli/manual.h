/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The manual's SYNOPSIS and OPTIONS, and shell completion, made of the tables of options.h when katrace is built. */
#ifndef KATRACE_MANUAL_H
#define KATRACE_MANUAL_H

#include <stdio.h>

/* The forms of the command line, in roff. */
void manual_synopsis(FILE *out);

/* Entries in roff, under a heading for each group. */
void manual_options(FILE *out);

/* A script for bash. */
void bash_completion(FILE *out);

#endif
