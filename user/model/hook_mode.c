// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/hook_mode.h"

#include <errno.h>
#include <string.h>

static const char *const mode_names[MODES] = {
	[MODE_AUTO] = "auto",
	[MODE_FENTRY] = "fentry",
	[MODE_KPROBE] = "kprobe",
	[MODE_TRACEPOINT] = "tracepoint",
};

const char *hook_mode_name(enum hook_mode mode)
{
	return mode_names[mode];
}

int hook_mode_parse(const char *name, enum hook_mode *mode)
{
	for (enum hook_mode i = 0; i < MODES; i++) {
		if (strcmp(name, mode_names[i]) != 0)
			continue;
		*mode = i;
		return 0;
	}
	return -EINVAL;
}
