/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A socket locked by its user: a send(2) that waits, in the kernel, for its data. */
#ifndef KATRACE_TEST_STALL_H
#define KATRACE_TEST_STALL_H

struct stall;

/* From its return until stall_end() a thread is in send(2) on fd, which holds the socket. */
struct stall *stall_begin(int fd);

/* The data is there: a few bytes are sent. */
void stall_end(struct stall *stall);

/* Ends the one under way, if any, in a test that has failed. Safe in a signal handler. */
void stall_give_up(void);

#endif
