/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef KATRACE_STREAMS_H
#define KATRACE_STREAMS_H

/*
 * Fills the places of stdin, stdout and stderr if katrace was started without them. Otherwise the next file opened
 * would take the place of stderr, say, and get the messages. Using what was missing still fails with EBADF. Returns 0
 * or -errno.
 */
int streams_fill(void);

#endif
