// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace doctor: what this kernel supports, and what is missing. It traces nothing. */
#include "cmd/cmd.h"
#include "system/caps.h"
#include "run/findings.h"
#include "format/json.h"
#include "model/hook_mode.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The cost of a segment that is not an answer, measured with kernel.bpf_stats_enabled; an empty program takes 47 ns. */
#define SEGMENT_NS 70

static const char *write_err_state(const struct findings *f)
{
	for (size_t i = 0; i < N_HOOKS; i++)
		if (f->hooks[i].job == JOB_WRITE_ERR)
			return f->hooks[i].state == HOOK_ABSENT ? "inlined" : f->btf ? "a function" : "unknown";
	return "unknown";
}

static bool is_used(const struct findings *f, const struct hook *hook)
{
	return f->used[hook->job] == hook->name;
}

static void print_row(const char *what, const char *text)
{
	printf("%-24s%s\n", what, text);
}

static void print_hook(const struct findings *f, const struct hook *hook)
{
	printf("  %-28s %-8s %s", hook->name, is_used(f, hook) ? "used" : "", hook_state_words(hook->state));
	if (hook->error)
		printf(": %s", hook_errno_words(hook->error));
	printf("\n");
}

static void print_cost(const struct findings *f)
{
	const double percent = 100.0 * (double)f->segments_per_s * SEGMENT_NS / 1e9;

	printf("%-24s%" PRIu64 " segments/s now, about %d ns each: %.2f %% of one CPU\n", "cost", f->segments_per_s,
	       SEGMENT_NS, percent);
}

static void print_conclusion(const struct findings *f)
{
	if (!f->tried)
		printf("katrace cannot run: missing %s. Run it as root (sudo katrace doctor) for a full report.\n",
		       f->missing);
	else if (f->bad_btf)
		printf("katrace cannot run: '%s' is not a BTF file.\n", f->bad_btf);
	else if (f->walk_error == -ENODATA)
		printf("katrace cannot run: the kernel hides addresses that katrace needs; is this a user namespace?\n");
	else if (f->walk_error && !f->btf)
		printf("katrace cannot run: this kernel has no BTF; pass a BTF file with --btf FILE.\n");
	else if (f->walk_error)
		printf("katrace cannot run: it cannot read the kernel's sockets: %s.\n", strerror(-f->walk_error));
	else if (f->trace_error)
		printf("katrace cannot run: no hook sees the keepalive timer.\n");
	else
		printf("katrace works here, in %s mode.\n", hook_mode_name(f->mode));
}

static void print_text(const struct findings *f)
{
	char hz[16];

	printf("katrace %s on Linux %s %s\n\n", KATRACE_VERSION, f->host.release, f->host.machine);
	print_row("kernel types (BTF)", f->btf ? "/sys/kernel/btf/vmlinux" : "missing");
	print_row("lockdown", f->lockdown);
	print_row("perf_event_paranoid", f->paranoid);
	print_row("missing capabilities", *f->missing ? f->missing : "none");
	print_row("locked memory", locked_memory_is_limited() ? "limited (counts before Linux 5.11)" : "unlimited");
	print_row("tcp_write_err", write_err_state(f));
	if (f->tried && !f->walk_error) {
		snprintf(hz, sizeof(hz), "%u", f->facts.hz);
		print_row("kernel HZ", hz);
		print_row("kernel memory read by", read_method_name(f->method));
		print_row("pid namespace",
			  f->facts.pid_level ? "not the host's: processes outside it are invisible" : "the host's");
	}
	if (findings_can_run(f))
		print_row("missed hooks",
			  f->misses_known ? "counted" : "not known: this kernel does not tell it of kprobes");
	print_cost(f);
	for (enum hook_job job = 0; job < HOOK_JOBS; job++) {
		printf("\n%s%s\n", hook_job_name(job), f->tried && !f->used[job] ? ": no hook" : "");
		for (size_t i = 0; i < N_HOOKS; i++)
			if (f->hooks[i].job == job)
				print_hook(f, &f->hooks[i]);
		if (f->tried && !f->used[job] && hook_job_loss(job))
			printf("  not seen: %s\n", hook_job_loss(job));
	}
	printf("\n");
	print_conclusion(f);
}

static void json_hooks(const struct findings *f, struct jsonw *json)
{
	jsonw_object(json, "hooks");
	for (size_t i = 0; i < N_HOOKS; i++) {
		const struct hook *hook = &f->hooks[i];

		jsonw_object(json, hook->name);
		jsonw_string(json, "job", hook_job_name(hook->job));
		jsonw_string(json, "state", hook_state_words(hook->state));
		if (hook->error)
			jsonw_string(json, "errno", hook_errno_name(hook->error));
		jsonw_bool(json, "used", is_used(f, hook));
		jsonw_end_object(json);
	}
	jsonw_end_object(json);
}

static void print_json(const struct findings *f)
{
	char buf[8192];
	struct out out = out_make(buf, sizeof(buf));
	struct jsonw json = jsonw_make(&out);

	jsonw_object(&json, NULL);
	jsonw_string(&json, "version", KATRACE_VERSION);
	jsonw_string(&json, "kernel_release", f->host.release);
	jsonw_string(&json, "machine", f->host.machine);
	jsonw_bool(&json, "works", findings_can_run(f));
	jsonw_bool(&json, "btf", f->btf);
	jsonw_string(&json, "lockdown", f->lockdown);
	jsonw_string(&json, "perf_event_paranoid", f->paranoid);
	jsonw_string(&json, "missing_capabilities", f->missing);
	jsonw_bool(&json, "locked_memory_limited", locked_memory_is_limited());
	jsonw_string(&json, "tcp_write_err", write_err_state(f));
	if (findings_can_run(f)) {
		jsonw_string(&json, "hook_mode", hook_mode_name(f->mode));
		jsonw_string(&json, "read_method", read_method_name(f->method));
		jsonw_int(&json, "hz", f->facts.hz);
		jsonw_bool(&json, "misses_known", f->misses_known);
		jsonw_bool(&json, "host_pid_namespace", !f->facts.pid_level);
	}
	jsonw_int(&json, "segments_per_s", (int64_t)f->segments_per_s);
	jsonw_int(&json, "segment_cost_ns", SEGMENT_NS);
	json_hooks(f, &json);
	jsonw_end_object(&json);
	out_text(&out, "\n");
	fwrite(out.buf, 1, out.used, stdout);
}

int cmd_doctor(const struct options *options)
{
	struct findings findings = { 0 };

	findings_make(&findings, options->btf);
	if (options->json)
		print_json(&findings);
	else
		print_text(&findings);
	if (stdout_status() != EXIT_OK)
		return EXIT_TROUBLE;
	return findings_can_run(&findings) ? EXIT_OK : EXIT_TROUBLE;
}
