/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The hooks that katrace can use in the kernel for each job, best first, and the result of trying them. */
#ifndef KATRACE_HOOKS_H
#define KATRACE_HOOKS_H

#include <katrace/hook_mode.h>
#include <stdbool.h>
#include <stddef.h>

enum hook_job {
	JOB_TIMER,     /* the keepalive timer begins and ends */
	JOB_ANSWER,    /* segments from the peer */
	JOB_RESULT,    /* the return value of sending a probe */
	JOB_WRITE_ERR, /* a timer gives up: evidence only */
	JOB_CLOSE,     /* a socket changes to TCP_CLOSE */
	JOB_SWITCH,    /* keepalive is switched on or off: only with tracer_options.all */
	HOOK_JOBS
};

/* "keepalive timer" */
const char *hook_job_name(enum hook_job job);

/* True if katrace cannot work without this job, where it is used at all. */
bool hook_job_is_required(enum hook_job job);

/* True if an event is lost where a program of this job does not run; otherwise it is only found late, or nothing is. */
bool hook_job_makes_events(enum hook_job job);

/* What is not seen without a hook for the job; NULL: nothing, other hooks provide the same. */
const char *hook_job_loss(enum hook_job job);

/* Large enough for every hooks_explain(). */
#define HOOK_EXPLANATION_MAX 256

enum hook_state {
	HOOK_UNTRIED,
	HOOK_ABSENT,  /* the kernel has no such function, or inlines it */
	HOOK_REFUSED, /* its program could not be loaded */
	HOOK_FAILED,  /* it was loaded, but could not be attached */
	HOOK_WORKS,
};

/* "attached", or the reason why not */
const char *hook_state_words(enum hook_state state);

/* The name and the meaning of an errno, including ENOTSUPP of fentry, which libc does not know. */
const char *hook_errno_name(int error);
const char *hook_errno_words(int error);

#define HOOK_PROGRAMS 2

/* One hook: the programs that make it up, and its state on this kernel. */
struct hook {
	enum hook_job job;
	enum hook_mode mode;
	const char *name;                    /* "fentry/tcp_ack" */
	const char *programs[HOOK_PROGRAMS]; /* in katrace.bpf.c; the second may be NULL */
	const char *optional_function;       /* missing from some kernels; NULL: every kernel has its function */
	enum hook_state state;
	int error; /* of HOOK_REFUSED and HOOK_FAILED: a positive errno */
};

#define N_HOOKS 12

/*
 * All hooks, in order of preference: HOOK_ABSENT if the BTF lacks their function, otherwise untried. The BTF is
 * btf_file, or the running kernel's if that is NULL.
 */
void hooks_init(struct hook hooks[N_HOOKS], const char *btf_file);

/* The best hook for a job that is not known to fail, in this mode or in any (MODE_AUTO); NULL: none. */
struct hook *hooks_choose(struct hook hooks[N_HOOKS], enum hook_job job, enum hook_mode mode);

/* What is not seen because no hook does the job, and the reason: the result of the first hook that was tried for it. */
void hooks_explain(const struct hook hooks[N_HOOKS], enum hook_job job, char *text, size_t size);

#endif
