/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef KATRACE_TEST_MOUNTS_H
#define KATRACE_TEST_MOUNTS_H

struct mounts {
	int ns, dir; /* where this process came from */
};

/* From now on this process and its children have mounts of their own. Skips the test where that cannot be. */
struct mounts mounts_enter(void);

void mounts_leave(const struct mounts *before);

#endif
