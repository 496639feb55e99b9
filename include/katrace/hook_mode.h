/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef KATRACE_HOOK_MODE_H
#define KATRACE_HOOK_MODE_H

/* The kind of hook that katrace uses on this kernel. */
enum hook_mode {
	MODE_AUTO, /* for each job the best hook that loads and attaches */
	MODE_FENTRY,
	MODE_KPROBE,
	MODE_TRACEPOINT,
	MODES
};

#endif
