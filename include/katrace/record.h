/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the kernel side passes to the user side: the only header that both include.
 *
 * A record is what the kernel saw, in the kernel's units (jiffies, network byte order, kernel state numbers).
 * user/model decides what it means. Every byte of a record is written. Both sides are built together, so layouts may
 * change freely; the assertions below catch a layout that differs between the two compilers.
 */
#ifndef KATRACE_RECORD_H
#define KATRACE_RECORD_H

#include <linux/types.h>

/* What happened. KATRACE_RECORD_KINDS is also the number of counters for each CPU. */
enum katrace_record_kind {
	KATRACE_PROBE_SENT,    /* the timer sent a probe, or counted it as sent */
	KATRACE_PROBE_DROPPED, /* the timer tried to send a probe, the local stack refused it */
	KATRACE_ANSWER,        /* the first segment since the probe that the kernel takes as an answer */
	KATRACE_SUPPRESSED,    /* the timer fired, but data is unacknowledged or queued */
	KATRACE_SETTLED,       /* the timer fired, and the peer was heard: a suppression or unanswered probe is over */
	KATRACE_CLOSING,       /* this side's FIN goes: the socket leaves TCP_ESTABLISHED or TCP_CLOSE_WAIT */
	KATRACE_PEER_CLOSED,   /* the peer's FIN came first: the socket changes to CLOSE_WAIT */
	KATRACE_CLOSED,        /* the socket changed to TCP_CLOSE */
	KATRACE_SWITCHED_ON,   /* the timer was started from outside, or inherited from a listener */
	KATRACE_SWITCHED_OFF,  /* the timer was cancelled; restarted if KATRACE_SWITCHED_ON follows at once */
	KATRACE_RECORD_KINDS
};

/* Why the socket changed to TCP_CLOSE, where only the kernel side can know it. */
enum katrace_close_cause {
	KATRACE_CLOSE_OTHER,
	KATRACE_CLOSE_KEEPALIVE, /* the keepalive timer gave up */
};

/* How this side closed, where it did. */
enum katrace_close_reason {
	KATRACE_REASON_UNKNOWN,
	KATRACE_REASON_CLOSE,
	KATRACE_REASON_SHUTDOWN,
	KATRACE_REASON_EXIT, /* its process exited or was killed */
	KATRACE_REASONS
};

/* Bits of katrace_record.flags */
enum katrace_record_flag {
	KATRACE_KEEPALIVE_ON = 1 << 0,  /* in KATRACE_SWITCHED_ON and _OFF: keepalive was on before */
	KATRACE_ORPHAN = 1 << 1,        /* no process holds the socket, or its MPTCP socket (SOCK_DEAD) */
	KATRACE_HAS_RESULT = 1 << 2,    /* result is the return value of tcp_write_wakeup() */
	KATRACE_WINDOW_PROBE = 1 << 3,  /* the window probe timer is pending */
	KATRACE_SOFT_ERROR = 1 << 4,    /* an ICMP error came, which counts only if a timer gives up (sk_err_soft) */
	KATRACE_UNTRACKED = 1 << 5,     /* no room for the connection: its end may not be reported, see story_enter() */
	KATRACE_WRITE_ERR = 1 << 6,     /* KATRACE_CLOSED: by tcp_write_err(), where a hook sees it; evidence only */
	KATRACE_MPTCP_SUBFLOW = 1 << 7, /* of an MPTCP socket */
};

/* Bits of katrace_record.from_sysctl: values the socket did not set itself */
enum katrace_setting {
	KATRACE_IDLE = 1 << 0,
	KATRACE_INTERVAL = 1 << 1,
	KATRACE_PROBE_LIMIT = 1 << 2,
};

struct katrace_record {
	__u32 kind;    /* enum katrace_record_kind */
	__u32 netns;   /* inode number of the network namespace */
	__u64 time_ns; /* CLOCK_BOOTTIME; for a firing of the timer, when it began */
	__u64 sock;    /* identity only: a kernel address, never shown */
	__u64 inode;   /* of the socket's file; 0: none */
	__u64 cookie;  /* 0: the kernel has not assigned one */
	__u8 local_addr[16];
	__u8 peer_addr[16];
	__u16 local_port; /* host byte order, like peer_port */
	__u16 peer_port;
	__u16 family; /* AF_INET or AF_INET6; a v4-mapped address is AF_INET6 here */
	__u8 state;   /* TCP_ESTABLISHED... ; for KATRACE_CLOSING and KATRACE_CLOSED the state before */
	__u8 flags;
	__u32 idle;            /* jiffies, effective: the socket's or the sysctl's */
	__u32 interval;        /* jiffies, effective */
	__u32 user_timeout_ms; /* 0: none */
	__u32 silent;          /* jiffies since the last ACK or data from the peer */
	__u8 probe_limit;      /* effective */
	__u8 from_sysctl;
	__u8 probes_out;  /* sent and unanswered, including this one */
	__u8 retransmits; /* of the oldest unacknowledged segment */
	__u32 unacked_bytes;
	__u32 queued_bytes; /* written by the process, not sent yet */
	__s32 result;       /* with KATRACE_HAS_RESULT */
	__s32 error;        /* KATRACE_CLOSED: sk_err, a positive errno or 0 */
	__u8 close_cause;   /* KATRACE_CLOSED: enum katrace_close_cause */
	__u8 close_reason;  /* KATRACE_CLOSING and KATRACE_CLOSED: enum katrace_close_reason */
	__u8 backoff;       /* of window probing */
	__u8 retry_limit;   /* net.ipv4.tcp_retries2 */
	__u32 rto;          /* jiffies */
	__s32 next_try;     /* jiffies until the next retransmission or window probe, if one is pending */
	__u32 heard;        /* jiffies since anything arrived, also what was out of window; at most silent */
	__u32 interface; /* index of the interface that the socket is bound to, as by a link-local address; 0: none */
	__u32 data_in;   /* jiffies since the last data from the peer, or since it was established */
	__u32 data_out;  /* the same for data to the peer */
	__u32 rto_max;   /* jiffies; the RTO grows no further. 0: a kernel without a limit of its own (120 s) */
	__u32 retransmitting; /* milliseconds since the first retransmission, if there was one */
	__u8 orphan_retries;  /* net.ipv4.tcp_orphan_retries */
	__u8 unused[7];
};

_Static_assert(sizeof(struct katrace_record) == 160, "record layout");
_Static_assert(__builtin_offsetof(struct katrace_record, local_addr) == 40, "record layout");
_Static_assert(__builtin_offsetof(struct katrace_record, idle) == 80, "record layout");
_Static_assert(__builtin_offsetof(struct katrace_record, close_cause) == 116, "record layout");

/* Kept for each CPU and each kind of record: produced = lost + what reached the ring. */
struct katrace_count {
	__u64 produced;
	__u64 lost; /* the ring was full */
};

/* Decided by the loader before the programs are loaded. */
struct katrace_config {
	__u64 keepalive_timer; /* address of tcp_keepalive_timer(), from katrace_facts */
	__u32 hz;
	__u32 wake_bytes; /* wake a busy consumer early when this much waits in the ring */
	__u8 sees_result; /* a hook reports what tcp_write_wakeup() returned */
	__u8 filters;     /* there are filters: see others in bpf/state.bpf.h */
	__u8 all;         /* also report connections whose keepalive never acts */
};

/* A connection that does not match the filters. The kernel may reuse its sock, so an entry is valid for a short time.
 */
struct katrace_other {
	__u64 inode;    /* of the socket's file */
	__u64 until_ns; /* CLOCK_BOOTTIME: valid until then */
};

/* Memory that both sides write while tracing. */
struct katrace_shared {
	__u32 ready;   /* user: every hook is attached, records may be sent */
	__u32 waiting; /* user sets it before it blocks; the next record clears it and wakes the user side */
	__u32 nudged;  /* kernel: woken early for wake_bytes; user clears it when it drains */
	__u32 losing;  /* kernel: a record was lost; user clears it before it adds up the counts */
};

/* What katrace reads from a socket of its own before it loads the tracer: see bpf/walk.bpf.c. */
struct katrace_facts {
	__u64 keepalive_timer; /* address of tcp_keepalive_timer() */
	__u64 socket_fops;     /* address of socket_file_ops */
	__u32 hz;
	__u32 pid_level; /* depth of katrace's pid namespace; 0 is the root */
	__u32 netns;     /* katrace's own */
	__u32 found;     /* 1 once the socket was seen */
	__u32 kin_lost;  /* descendants that did not fit the map of kin */
};

/* One descriptor that refers to a TCP socket, written by the walk over the descriptors of all tasks. */
struct katrace_owner {
	__u64 sock;
	__u64 inode;
	__u64 start_ns;  /* CLOCK_BOOTTIME; unique together with pid */
	__u64 css_set;   /* identity only: processes with the same css_set are in the same cgroup of every hierarchy */
	__u64 cgroup_id; /* in the cgroup2 hierarchy */
	__u32 pid;       /* in katrace's pid namespace */
	__u32 is_kin;    /* a process of --pid or a descendant: see kin in bpf/walk.bpf.c */
	char comm[16];   /* of the process's main thread, at most 15 bytes and a zero */
	__u16 local_port;
	__u16 peer_port;
	__u32 unused;
};

_Static_assert(sizeof(struct katrace_owner) == 72, "owner layout");

/* How a walk found a socket. */
enum katrace_found {
	KATRACE_FOUND_HELD,         /* a descriptor refers to it, or did a moment ago */
	KATRACE_FOUND_WITH_FILE,    /* by its namespace: a descriptor may refer to it */
	KATRACE_FOUND_WITHOUT_FILE, /* by its namespace: no descriptor refers to it, nor is meant to */
};

/*
 * One descriptor that refers to a TCP socket, or one socket of a network namespace, with everything that `katrace list`
 * shows. connection.kind is KATRACE_RECORD_KINDS, because nothing happened.
 */
struct katrace_socket {
	struct katrace_record connection;
	struct katrace_owner owner; /* KATRACE_FOUND_HELD, otherwise zeros; sock and inode are in connection */
	__s32 timer_due;            /* jiffies until the keepalive timer fires; negative: it is late */
	__u8 timer_runs;
	__u8 found; /* enum katrace_found */
	__u8 unused[2];
};

_Static_assert(sizeof(struct katrace_socket) == sizeof(struct katrace_record) + sizeof(struct katrace_owner) + 8,
	       "socket layout");

/* The sysctls of the network namespace of a TCP socket, in the kernel's units. */
struct katrace_netns {
	__u32 netns;
	__u32 idle;     /* jiffies */
	__u32 interval; /* jiffies */
	__u32 probe_limit;
};

_Static_assert(sizeof(struct katrace_netns) == 16, "network namespace layout");

#endif
