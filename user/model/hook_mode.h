/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The names of hook modes. */
#ifndef KATRACE_MODEL_HOOK_MODE_H
#define KATRACE_MODEL_HOOK_MODE_H

#include <katrace/hook_mode.h>

/* "fentry" */
const char *hook_mode_name(enum hook_mode mode);

/* The names of all modes, in their order; NULL last. */
extern const char *const hook_mode_names[MODES + 1];

#endif
