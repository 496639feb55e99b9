// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kernel/hooks.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	bool required;
	bool makes_events;
	const char *loss;
} jobs[HOOK_JOBS] = {
	[JOB_TIMER] = { "keepalive timer", true, true, "everything" },
	[JOB_ANSWER] = { "answers", false, false, "answers are only found when the timer runs again" },
	[JOB_RESULT] = { "result of sending a probe", false, true,
			 "why this host refused a probe that the kernel counts as sent" },
	[JOB_WRITE_ERR] = { "giving up (as evidence only)", false, false, NULL },
	[JOB_CLOSE] = { "end of connections", true, true, "everything" },
	[JOB_SWITCH] = { "switched on or off (--all)", true, true, NULL },
};

/* JOB_RESULT has no tracepoint: the socket's state replaces it, see bpf/keepalive.bpf.h. */
#define HOOK(job, mode, name, function, ...)                                                                           \
	{                                                                                                              \
		job, mode, name, { __VA_ARGS__ }, function, HOOK_UNTRIED, 0                                            \
	}

static const struct hook known[N_HOOKS] = {
	HOOK(JOB_TIMER, MODE_FENTRY, "fentry/tcp_keepalive_timer", NULL, "fentry_timer", "fexit_timer"),
	HOOK(JOB_TIMER, MODE_KPROBE, "kprobe/tcp_keepalive_timer", NULL, "kprobe_timer", "kretprobe_timer"),
	HOOK(JOB_TIMER, MODE_TRACEPOINT, "tp_btf/timer_expire_entry", NULL, "tracepoint_timer_entry",
	     "tracepoint_timer_exit"),
	HOOK(JOB_ANSWER, MODE_FENTRY, "fentry/tcp_ack", "tcp_ack", "fentry_ack"),
	HOOK(JOB_ANSWER, MODE_KPROBE, "kprobe/tcp_ack", "tcp_ack", "kprobe_ack"),
	HOOK(JOB_ANSWER, MODE_TRACEPOINT, "tp_btf/tcp_probe", NULL, "tracepoint_probe"),
	HOOK(JOB_RESULT, MODE_FENTRY, "fexit/tcp_write_wakeup", NULL, "fexit_write_wakeup"),
	HOOK(JOB_RESULT, MODE_KPROBE, "kretprobe/tcp_write_wakeup", NULL, "kretprobe_write_wakeup"),
	HOOK(JOB_WRITE_ERR, MODE_FENTRY, "fentry/tcp_write_err", "tcp_write_err", "fentry_write_err"),
	HOOK(JOB_WRITE_ERR, MODE_KPROBE, "kprobe/tcp_write_err", "tcp_write_err", "kprobe_write_err"),
	HOOK(JOB_CLOSE, MODE_AUTO, "tp_btf/inet_sock_set_state", NULL, "state_changed"),             /* in every mode */
	HOOK(JOB_SWITCH, MODE_AUTO, "tp_btf/timer_start", NULL, "timer_started", "timer_cancelled"), /* the same */
};

const char *hook_job_name(enum hook_job job)
{
	return jobs[job].name;
}

bool hook_job_is_required(enum hook_job job)
{
	return jobs[job].required;
}

bool hook_job_makes_events(enum hook_job job)
{
	return jobs[job].makes_events;
}

const char *hook_job_loss(enum hook_job job)
{
	return jobs[job].loss;
}

const char *hook_state_words(enum hook_state state)
{
	static const char *const words[] = {
		[HOOK_UNTRIED] = "not tried",  [HOOK_ABSENT] = "no such function, or inlined",
		[HOOK_REFUSED] = "not loaded", [HOOK_FAILED] = "not attached",
		[HOOK_WORKS] = "attached",
	};

	return words[state];
}

/* include/linux/errno.h: not meant for user space, but attaching fentry returns it where there is no trampoline */
#define KERNEL_ENOTSUPP 524

const char *hook_errno_name(int error)
{
	const char *name = error == KERNEL_ENOTSUPP ? "ENOTSUPP" : strerrorname_np(error);

	return name ? name : "unknown";
}

const char *hook_errno_words(int error)
{
	return error == KERNEL_ENOTSUPP ? "Not supported by this kernel" : strerror(error);
}

void hooks_init(struct hook hooks[N_HOOKS], const char *btf_file)
{
	struct btf *btf = btf_file ? btf__parse(btf_file, NULL) : btf__load_vmlinux_btf();

	memcpy(hooks, known, sizeof(known));
	if (!btf)
		return; /* trying will show */
	for (size_t i = 0; i < N_HOOKS; i++)
		if (hooks[i].optional_function &&
		    btf__find_by_name_kind(btf, hooks[i].optional_function, BTF_KIND_FUNC) < 0)
			hooks[i].state = HOOK_ABSENT;
	btf__free(btf);
}

struct hook *hooks_choose(struct hook hooks[N_HOOKS], enum hook_job job, enum hook_mode mode)
{
	for (size_t i = 0; i < N_HOOKS; i++) {
		struct hook *hook = &hooks[i];

		if (hook->job != job || (hook->state != HOOK_UNTRIED && hook->state != HOOK_WORKS))
			continue;
		if (mode == MODE_AUTO || hook->mode == MODE_AUTO || hook->mode == mode)
			return hook;
	}
	return NULL;
}

void hooks_explain(const struct hook hooks[N_HOOKS], enum hook_job job, char *text, size_t size)
{
	const struct hook *tried = NULL;

	for (size_t i = 0; i < N_HOOKS && !tried; i++)
		if (hooks[i].job == job && hooks[i].state != HOOK_UNTRIED)
			tried = &hooks[i];
	if (!tried)
		snprintf(text, size, "%s: this mode has no hook for it", jobs[job].loss);
	else
		snprintf(text, size, "%s: %s: %s%s%s", jobs[job].loss, tried->name, hook_state_words(tried->state),
			 tried->error ? ": " : "", tried->error ? hook_errno_words(tried->error) : "");
}
