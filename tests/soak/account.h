/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The totals of what katrace wrote. Failures are reported with check.h. */
#ifndef KATRACE_SOAK_ACCOUNT_H
#define KATRACE_SOAK_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct account;

struct account *account_new(void);
void account_free(struct account *account);

/* Takes all lines; each must be whole, and follow those before. */
void account_take(struct account *account, FILE *lines);

/* The same for a file, which is then deleted. */
void account_take_file(struct account *account, const char *path);

/* Probes attempted, as the last line says: it is the katrace.stats of the end. */
uint64_t account_attempts(const struct account *account);

/* How many lines are missing between those taken, by their sequence. */
uint64_t account_missing(const struct account *account);

/* How often a connection's run of answered probes was interrupted: an answer was late, or a probe was not the first. */
uint64_t account_unanswered(const struct account *account);

/* What was lost before it reached katrace, according to the last line. */
uint64_t account_lost_ring(const struct account *account);

/* Do the counts balance with the losses that katrace printed on stderr? Prints the totals. */
void account_settle(const struct account *account, const char *printed, bool nothing_lost);

#endif
