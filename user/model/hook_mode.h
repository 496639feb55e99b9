/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef KATRACE_HOOK_MODE_H
#define KATRACE_HOOK_MODE_H

/* How katrace listens on this kernel: with which kind of hook. */
enum hook_mode {
	MODE_AUTO, /* of each kind the best that loads and attaches */
	MODE_FENTRY,
	MODE_KPROBE,
	MODE_TRACEPOINT,
	MODES
};

/* "fentry" */
const char *hook_mode_name(enum hook_mode mode);

/* The names of all modes, in their order; NULL last. */
extern const char *const hook_mode_names[MODES + 1];

#endif
