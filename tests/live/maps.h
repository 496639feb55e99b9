/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The kernel side's maps of a katrace, found by their shape. A failure ends the test. */
#ifndef KATRACE_TEST_MAPS_H
#define KATRACE_TEST_MAPS_H

#include <katrace/record.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <sys/types.h>

struct map_shape {
	enum bpf_map_type type;
	int entries, value_size;
};

/* Returns a descriptor, or a negative errno. */
int map_open(pid_t pid, const struct map_shape *shape);

/* How many records of a kind the kernel side has made so far, about connections of the whole machine. */
uint64_t map_records(pid_t pid, enum katrace_record_kind kind);

#endif
