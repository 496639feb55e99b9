// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "programs.h"

#include "bench.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <linux/bpf.h>
#include <stdint.h>

#define MAX_PROGRAMS 64

struct program {
	uint32_t id;
	int fd;
	uint64_t runs, ns; /* while counted */
	char name[BPF_OBJ_NAME_LEN];
};

struct programs {
	struct program list[MAX_PROGRAMS];
	int n;
	int attached; /* the empty one */
	int counting; /* the kernel counts while this is open, so it ends with this process at the latest */
};

static void ask(const struct program *program, struct bpf_prog_info *info)
{
	uint32_t size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	must(bpf_obj_get_info_by_fd(program->fd, info, &size) == 0, "information about a program");
}

/* Takes over fd. */
static void add(struct programs *programs, uint32_t id, int fd)
{
	struct program *program = &programs->list[programs->n++];
	struct bpf_prog_info info;

	must(fd >= 0 && programs->n < MAX_PROGRAMS, "descriptor of a program");
	program->id = id;
	program->fd = fd;
	ask(program, &info);
	memcpy(program->name, info.name, sizeof(program->name));
}

/* The contents of /proc/PID/fdinfo of a program, and of a link to one. */
static uint32_t id_in(const char *path)
{
	char line[256];
	uint32_t id = 0;
	FILE *file = fopen(path, "re");

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, "prog_id:", 8) == 0)
			id = (uint32_t)strtoul(line + 8, NULL, 10);
	if (file)
		fclose(file);
	return id;
}

static bool has(const struct programs *programs, uint32_t id)
{
	for (int i = 0; i < programs->n; i++)
		if (programs->list[i].id == id)
			return true;
	return false;
}

static void add_those_of(struct programs *programs, pid_t pid)
{
	char dir[64], path[512];
	struct dirent *entry;
	uint32_t id;
	DIR *fds;

	snprintf(dir, sizeof(dir), "/proc/%d/fdinfo", pid);
	fds = opendir(dir);
	must(fds, dir);
	for (entry = readdir(fds); entry; entry = readdir(fds)) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		id = id_in(path);
		if (id && !has(programs, id))
			add(programs, id, bpf_prog_get_fd_by_id(id));
	}
	closedir(fds);
	must(programs->n > 0, "katrace has no programs");
}

/* return 0 */
static void add_empty(struct programs *programs)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "empty", "GPL", insns, 2, NULL);

	add(programs, 0, fd);
	programs->attached = bpf_raw_tracepoint_open("tcp_probe", fd);
	must(programs->attached >= 0, "attach to tcp_probe");
}

struct programs *programs_of(pid_t pid)
{
	struct programs *programs = calloc(1, sizeof(*programs));

	must(programs, "memory");
	programs->counting = -1;
	add_those_of(programs, pid);
	add_empty(programs);
	return programs;
}

void programs_free(struct programs *programs)
{
	if (!programs)
		return;
	close(programs->attached);
	for (int i = 0; i < programs->n; i++)
		close(programs->list[i].fd);
	free(programs);
}

void programs_begin(struct programs *programs)
{
	struct bpf_prog_info info;

	for (int i = 0; i < programs->n; i++) {
		ask(&programs->list[i], &info);
		programs->list[i].runs = info.run_cnt;
		programs->list[i].ns = info.run_time_ns;
	}
	programs->counting = bpf_enable_stats(BPF_STATS_RUN_TIME);
	must(programs->counting >= 0, "have the run times of programs counted");
}

void programs_end(struct programs *programs)
{
	struct bpf_prog_info info;

	close(programs->counting);
	programs->counting = -1;
	for (int i = 0; i < programs->n; i++) {
		ask(&programs->list[i], &info);
		programs->list[i].runs = info.run_cnt - programs->list[i].runs;
		programs->list[i].ns = info.run_time_ns - programs->list[i].ns;
	}
}

void programs_print(const struct programs *programs, int exchanges)
{
	const struct program *program;

	for (int i = 0; i < programs->n; i++) {
		program = &programs->list[i];
		if (program->runs)
			printf("| `%s` | %.2f | %.0f ns |\n", program->name, (double)program->runs / exchanges,
			       (double)program->ns / (double)program->runs);
	}
}
