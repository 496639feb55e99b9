/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a trace prints at its start: on stderr for people, and as its first event for programs. */
#ifndef KATRACE_ANNOUNCE_H
#define KATRACE_ANNOUNCE_H

#include "run/output.h"
#include "kernel/tracer.h"
#include "kernel/walk.h"

#include <stdbool.h>
#include <stdint.h>

/* The result for each hook that was tried. */
void say_hooks(const struct hook hooks[N_HOOKS]);

/* Prints why tracer_new() failed with err. Returns err. */
int explain_tracer_failure(int err, const struct tracer_options *asked);

/* The chosen mode, and what is not seen in it. */
void say_choices(const struct tracer *tracer, const struct walk *walk, enum hook_mode asked);

/* The line that scripts wait for: every hook is attached. */
void say_tracing(const struct tracer *tracer, bool filtered, bool timelines);

/* The same for programs; netns_name is that of katrace's own network namespace, or NULL. Returns the result of
 * outputs_started(), or -errno. */
int tell_started(struct outputs *outputs, const struct tracer *tracer, const struct hook hooks[N_HOOKS],
		 const struct walk *walk, const char *netns_name, uint64_t wall_ns);

#endif
