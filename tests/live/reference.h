/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A second, independent count of keepalive attempts: reference.bpf.c. A failure ends the process with a message. */
#ifndef KATRACE_TEST_REFERENCE_H
#define KATRACE_TEST_REFERENCE_H

#include <stdint.h>

struct reference;

/* Counts from now on, in the network namespace this process is in. */
struct reference *reference_start(void);
uint64_t reference_attempts(const struct reference *reference);
void reference_free(struct reference *reference);

#endif
