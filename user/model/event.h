/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What outputs receive. Names and fields are a contract with users' pipelines: docs/events.md. */
#ifndef KATRACE_EVENT_H
#define KATRACE_EVENT_H

#include "model/connection.h"

#include <stddef.h>

enum event_kind {
	EVENT_CONFIGURED,
	EVENT_PROBE_SENT,
	EVENT_PROBE_DROPPED,
	EVENT_PROBE_ANSWERED,
	EVENT_SUPPRESSED,
	EVENT_PEER_CLOSED,
	EVENT_ENDED,
	EVENT_EVENTS_LOST, /* the last */
};

#define EVENT_KINDS (EVENT_EVENTS_LOST + 1)

/* Where events were lost. */
enum lost_stage {
	LOST_HOOK,        /* the kernel did not run a program of katrace that would have seen it */
	LOST_RING,        /* the ring was full */
	LOST_OUTPUT,      /* the output was too slow */
	LOST_CONNECTIONS, /* too many connections to remember */
	LOST_OWNER,       /* a filter refused them, only because their owner was not known in time */
	LOST_STAGES
};

/* Does the event indicate a problem? Warnings are coloured, and pass --failures. */
enum severity { SEVERITY_INFO, SEVERITY_WARN };

struct event {
	enum event_kind kind;
	enum severity severity;              /* event_severity(), set where the event is made */
	uint64_t time_ns;                    /* CLOCK_BOOTTIME, when the kernel saw it */
	uint64_t wall_ns;                    /* the same as CLOCK_REALTIME, set when it is passed to outputs */
	const struct connection *connection; /* NULL for EVENT_EVENTS_LOST */
	struct settings settings;            /* at that moment, like the two below */
	uint8_t state;
	uint64_t silent_us; /* 0 if the socket was never connected */
	uint64_t heard_us;  /* like silent_us, but out-of-window segments count */
	/* EVENT_ENDED: when it began to close */
	struct data_age data;
	union {
		struct {
			uint8_t settings; /* KATRACE_IDLE...: which have changed; 0 the first time */
			bool user_timeout, enabled;
			uint32_t middlebox_timeout_s; /* as in struct connection */
			/* this event stands for so many connections of its process; 0: for its own only */
			uint32_t middlebox_connections;
		} changed;
		struct {
			uint32_t number;
			uint32_t limit; /* 0 if the user timeout decides */
			uint32_t unanswered_before;
			bool has_result;
			int result;
		} probe;
		struct {
			uint32_t number;
			/* from the probe to its answer; 0: not known, or one of several may be meant */
			uint64_t rtt_us;
			/* if it may answer an earlier probe: since the last probe, and since the first; 0: not known */
			uint64_t rtt_min_us, rtt_max_us;
			bool late; /* the next firing of the timer showed it: in whole jiffies, rounded up */
		} answer;
		struct {
			bool begin;
			bool window_probe; /* otherwise the retransmission timer is in charge */
			bool orphan;       /* closed by this side: no process holds it any more */
			uint32_t unacked_bytes, queued_bytes, retransmits;
			uint64_t gives_up_ms; /* from now, if the peer stays silent; 0: unknown, or not begin */
		} suppressed;
		struct {
			enum verdict verdict;
			int error; /* as in struct connection */
			enum katrace_close_reason close_reason;
			uint32_t probes_unanswered;
			uint64_t probes_sent, probes_answered, observed_us;
			uint32_t retransmits, unacked_bytes, queued_bytes; /* at the end */
			bool partial;   /* older than this run: the first walk found it */
			bool orphan;    /* closed by this side: no process held it any more */
			bool write_err; /* a hook saw tcp_write_err() close it */
		} ended;
		struct {
			enum lost_stage stage;
			uint64_t count;
		} lost;
	};
};

#define STARTED_HOOKS_MAX 8

/* The first message of a run. */
struct started {
	uint64_t wall_ns; /* CLOCK_REALTIME */
	uint32_t run;     /* random: tells its connections from those of other runs */
	const char *kernel_release;
	const char *hook_mode;
	const char *hooks[STARTED_HOOKS_MAX]; /* as attached */
	size_t n_hooks;
	const char *degraded[STARTED_HOOKS_MAX]; /* what is not seen, and why */
	size_t n_degraded;
	uint32_t netns;         /* katrace's own; 0: unknown */
	const char *netns_name; /* NULL: none */
};

/* Totals since the run began. */
struct stats {
	uint64_t uptime_us;
	uint64_t probes_sent, probes_dropped, probes_answered;
	uint64_t timeouts, connections;
	uint64_t lost[LOST_STAGES];
	struct {
		uint64_t timer, answer, result, end, switched;
	} missed;          /* how often the kernel did not run the programs of a job */
	bool misses_known; /* missed is all; otherwise the kernel does not tell it of kprobes */
	uint64_t wall_ns;  /* CLOCK_REALTIME */
};

/* Follows from the other fields of the event. */
enum severity event_severity(const struct event *event);

/* EVENT_CONFIGURED: settings have changed; false for the first one of a connection. */
bool event_is_change(const struct event *event);

/* "katrace.probe_sent" */
const char *event_name(enum event_kind kind);

/* "hook", "ring", "output", "connections", "owner" */
const char *lost_stage_name(enum lost_stage stage);

#endif
