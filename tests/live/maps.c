// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "maps.h"

#include "expect.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int map_id(pid_t pid, const char *name, const struct map_shape *shape)
{
	int type = 0, entries = 0, id = 0, value = 0;
	char path[300], line[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, name);
	file = fopen(path, "r");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		sscanf(line, "map_type: %d", &type);
		sscanf(line, "max_entries: %d", &entries);
		sscanf(line, "value_size: %d", &value);
		sscanf(line, "map_id: %d", &id);
	}
	fclose(file);
	return type == (int)shape->type && entries == shape->entries && value == shape->value_size ? id : 0;
}

int map_open(pid_t pid, const struct map_shape *shape)
{
	char path[64];
	struct dirent *entry;
	int id = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	dir = opendir(path);
	assert_non_null(dir);
	for (entry = readdir(dir); entry && !id; entry = readdir(dir))
		id = map_id(pid, entry->d_name, shape);
	closedir(dir);
	assert_true(id);
	return bpf_map_get_fd_by_id((uint32_t)id);
}

uint64_t map_records(pid_t pid, enum katrace_record_kind kind)
{
	const struct map_shape counts = { BPF_MAP_TYPE_PERCPU_ARRAY, KATRACE_RECORD_KINDS,
					  sizeof(struct katrace_count) };
	const int cpus = libbpf_num_possible_cpus(), fd = map_open(pid, &counts);
	struct katrace_count *of_cpus = calloc((size_t)cpus, sizeof(*of_cpus));
	const uint32_t key = kind;
	uint64_t records = 0;

	assert_true(of_cpus && fd >= 0);
	assert_int_equal(bpf_map_lookup_elem(fd, &key, of_cpus), 0);
	for (int cpu = 0; cpu < cpus; cpu++)
		records += of_cpus[cpu].produced;
	free(of_cpus);
	close(fd);
	return records;
}
