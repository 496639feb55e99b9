/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Descriptors on their way over a Unix socket. A failure ends the test. */
#ifndef KATRACE_TEST_PASSING_H
#define KATRACE_TEST_PASSING_H

/* The sender keeps its own descriptor. */
void passing_send(int over, int fd);

int passing_receive(int over);

#endif
