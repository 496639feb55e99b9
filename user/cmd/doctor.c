// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* katrace doctor: what this kernel offers katrace, and what stands in the way. It tries, and traces nothing. */
#include "cmd/cmd.h"
#include "system/caps.h"
#include "kernel/tracer.h"
#include "kernel/walk.h"
#include "format/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

/* What a segment that is no answer costs: measured with kernel.bpf_stats_enabled, where an empty program shows 47. */
#define SEGMENT_NS 70
#define RATE_PAUSE_NS 250000000

struct findings {
	struct utsname host;
	bool btf;
	char lockdown[32];
	char paranoid[16]; /* kernel.perf_event_paranoid: over 2 it keeps kprobes from those with CAP_PERFMON only */
	char missing[64];  /* capabilities; "" when none is */
	bool tried;        /* the kernel side was tried: what follows is known */
	int walk_error;    /* -errno, 0: sockets can be found */
	int trace_error;   /* -errno, 0: katrace can listen */
	enum read_method method;
	struct katrace_facts facts;
	struct hook hooks[N_HOOKS];
	const char *used[HOOK_JOBS]; /* names of hooks; NULL: none */
	enum hook_mode mode;
	uint64_t segments_per_s;
};

/* --- finding out --- */

/* "none [integrity] confidentiality": the word in brackets. Without securityfs it cannot be known. */
static void read_lockdown(char *state, size_t size)
{
	char line[128] = "", *word, *end;
	FILE *file = fopen("/sys/kernel/security/lockdown", "re");

	snprintf(state, size, "unknown");
	if (!file)
		return;
	word = fgets(line, sizeof(line), file) ? strchr(line, '[') : NULL;
	end = word ? strchr(word, ']') : NULL;
	if (end)
		snprintf(state, size, "%.*s", (int)(end - word - 1), word + 1);
	fclose(file);
}

static void read_paranoid(char *value, size_t size)
{
	FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");

	snprintf(value, size, "unknown");
	if (!file)
		return;
	if (fgets(value, (int)size, file))
		value[strcspn(value, "\n")] = '\0';
	fclose(file);
}

/* Tcp: InSegs of /proc/net/snmp, this network namespace's. */
static uint64_t read_segments(void)
{
	char line[1024];
	unsigned long long segments = 0;
	FILE *file = fopen("/proc/net/snmp", "re");

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "Tcp: %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu", &segments) == 1)
			break;
	fclose(file);
	return segments;
}

static uint64_t measure_segments_per_s(void)
{
	const struct timespec pause = { .tv_nsec = RATE_PAUSE_NS };
	const uint64_t before = read_segments();

	nanosleep(&pause, NULL);
	return (read_segments() - before) * 1000000000 / RATE_PAUSE_NS;
}

static int ignore_record(void *ctx, const struct katrace_record *record)
{
	(void)ctx;
	(void)record;
	return 0;
}

static void try_tracer(struct findings *f, const char *btf)
{
	const struct tracer_options options = {
		.mode = MODE_AUTO,
		.btf = btf,
		.method = f->method,
		.ring_bytes = 64 * 1024,
		.answers = true,
		.max_stories = 1,
		.all = true,
	};
	struct tracer *tracer;

	f->trace_error = tracer_new(&tracer, &options, &f->facts, f->hooks, ignore_record, NULL);
	if (f->trace_error)
		return;
	f->mode = tracer_mode(tracer);
	for (enum hook_job job = 0; job < HOOK_JOBS; job++)
		if (tracer_hook(tracer, job))
			f->used[job] = tracer_hook(tracer, job)->name;
	tracer_free(tracer);
}

static void try_kernel_side(struct findings *f, const char *btf)
{
	const struct walk_options options = { .btf = btf };
	struct walk *walk;

	libbpf_messages(false);
	f->tried = true;
	f->trace_error = -ENODATA;
	f->walk_error = walk_new(&walk, &options);
	if (f->walk_error)
		return;
	f->facts = *walk_facts(walk);
	f->method = walk_read_method(walk);
	walk_free(walk);
	try_tracer(f, btf);
}

static void examine(struct findings *f, const struct options *options)
{
	uname(&f->host);
	f->btf = kernel_has_btf();
	read_lockdown(f->lockdown, sizeof(f->lockdown));
	read_paranoid(f->paranoid, sizeof(f->paranoid));
	hooks_init(f->hooks, options->btf);
	if (!caps_missing(f->missing, sizeof(f->missing)))
		try_kernel_side(f, options->btf);
	f->segments_per_s = measure_segments_per_s();
}

static bool can_run(const struct findings *f)
{
	return f->tried && !f->walk_error && !f->trace_error;
}

/* --- telling --- */

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

	printf("%-24s%" PRIu64 " segments/s arrive now; at about %d ns each %.2f %% of one CPU\n", "cost",
	       f->segments_per_s, SEGMENT_NS, percent);
}

static void print_conclusion(const struct findings *f)
{
	if (!f->tried)
		printf("katrace cannot run: it lacks %s. As root (sudo katrace doctor) this says more.\n", f->missing);
	else if (f->walk_error == -ENODATA)
		printf("katrace cannot run: the kernel hides what it must know of its own socket; a user namespace?\n");
	else if (f->walk_error && !f->btf)
		printf("katrace cannot run: this kernel offers no BTF; name a file that holds it with --btf FILE.\n");
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
			  f->facts.pid_level ? "not the host's: owners outside it are invisible" : "the host's");
	}
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
	jsonw_bool(&json, "works", can_run(f));
	jsonw_bool(&json, "btf", f->btf);
	jsonw_string(&json, "lockdown", f->lockdown);
	jsonw_string(&json, "perf_event_paranoid", f->paranoid);
	jsonw_string(&json, "missing_capabilities", f->missing);
	jsonw_bool(&json, "locked_memory_limited", locked_memory_is_limited());
	jsonw_string(&json, "tcp_write_err", write_err_state(f));
	if (can_run(f)) {
		jsonw_string(&json, "hook_mode", hook_mode_name(f->mode));
		jsonw_string(&json, "read_method", read_method_name(f->method));
		jsonw_int(&json, "hz", f->facts.hz);
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

	examine(&findings, options);
	if (options->json)
		print_json(&findings);
	else
		print_text(&findings);
	if (stdout_status() != EXIT_OK)
		return EXIT_TROUBLE;
	return can_run(&findings) ? EXIT_OK : EXIT_TROUBLE;
}
