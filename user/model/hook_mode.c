// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/hook_mode.h"

const char *const hook_mode_names[MODES + 1] = {
	[MODE_AUTO] = "auto",
	[MODE_FENTRY] = "fentry",
	[MODE_KPROBE] = "kprobe",
	[MODE_TRACEPOINT] = "tracepoint",
};

const char *hook_mode_name(enum hook_mode mode)
{
	return hook_mode_names[mode];
}
