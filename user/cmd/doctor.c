// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace doctor: what this kernel supports, and what is missing. It traces nothing. */
#include "cmd/cmd.h"
#include "system/caps.h"
#include "run/findings.h"
#include "format/json.h"
#include "format/words.h"
#include "model/hook_mode.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The cost of a segment that is not an answer, measured with kernel.bpf_stats_enabled; an empty program takes 47 ns. */
#define SEGMENT_NS 70

#define COLUMNS 80
#define INDENT 2

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

/* For a terminal of the usual width: a longer line goes on in the next one, indented. */
__attribute__((format(printf, 1, 2))) static void print_line(const char *format, ...)
{
	char buf[PATH_MAX + COLUMNS];
	struct out text = out_make(buf, sizeof(buf));
	struct out_line line = { 0 };
	va_list args;

	va_start(args, format);
	vsnprintf(buf, sizeof(buf), format, args);
	va_end(args);
	text.used = strlen(buf);
	while (out_next_line(&text, COLUMNS, INDENT, &line))
		printf("%*s%.*s\n", (int)line.indent, "", (int)(line.end - line.from), buf + line.from);
}

static void print_row(const char *what, const char *text)
{
	print_line("%-24s%s", what, text);
}

static void print_hook(const struct findings *f, const struct hook *hook)
{
	const char *used = is_used(f, hook) ? "used" : "", *state = hook_state_words(hook->state);

	if (hook->error)
		print_line("  %-28s %-8s %s: %s", hook->name, used, state, hook_errno_words(hook->error));
	else
		print_line("  %-28s %-8s %s", hook->name, used, state);
}

static void print_cost(const struct findings *f)
{
	const double percent = 100.0 * (double)f->segments_per_s * SEGMENT_NS / 1e9;

	print_line("%-24s%" PRIu64 " segment%s/s now, about %d ns each: %.2f %% of one CPU", "cost", f->segments_per_s,
		   words_plural(f->segments_per_s), SEGMENT_NS, percent);
}

static void print_conclusion(const struct findings *f)
{
	if (!f->tried)
		print_line("katrace cannot run: missing %s. Run it as root (sudo katrace doctor) for a full report.",
			   f->missing);
	else if (f->bad_btf)
		print_line("katrace cannot run: '%s' is not a BTF file.", f->bad_btf);
	else if (f->walk_error == -ENODATA)
		print_line("katrace cannot run: the kernel hides addresses that katrace needs; is this a user "
			   "namespace?");
	else if (f->walk_error && !f->btf)
		print_line("katrace cannot run: this kernel has no BTF; pass a BTF file with --btf FILE.");
	else if (f->walk_error)
		print_line("katrace cannot run: it cannot read the kernel's sockets: %s.", strerror(-f->walk_error));
	else if (f->trace_error)
		print_line("katrace cannot run: no hook sees the keepalive timer.");
	else
		print_line("katrace works here, in %s mode.", hook_mode_name(f->mode));
}

static void print_host(const struct findings *f)
{
	char hz[16];

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
}

static void print_job(const struct findings *f, enum hook_job job)
{
	const bool missing = f->tried && !f->used[job];

	print_line("%s%s", hook_job_name(job), missing ? ": no hook" : "");
	for (size_t i = 0; i < N_HOOKS; i++)
		if (f->hooks[i].job == job)
			print_hook(f, &f->hooks[i]);
	if (missing && hook_job_loss(job))
		print_line("  not seen: %s", hook_job_loss(job));
}

static void print_text(const struct findings *f)
{
	print_line("katrace %s on Linux %s %s", KATRACE_VERSION, f->host.release, f->host.machine);
	printf("\n");
	print_host(f);
	for (enum hook_job job = 0; job < HOOK_JOBS; job++) {
		printf("\n");
		print_job(f, job);
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
