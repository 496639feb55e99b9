/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A record in the units of the user side: what the kernel saw of one connection at one moment. */
#ifndef KATRACE_SIGHTING_H
#define KATRACE_SIGHTING_H

#include "model/settings.h"

#include <katrace/record.h>
#include <stdbool.h>
#include <stdint.h>

/* A name of ip netns, with its end; longer ones are not shown. */
#define NETNS_NAME_MAX 64

/* What a link-local address holds for: an interface of the network namespace. */
struct scope {
	uint32_t id;   /* index of the interface; 0: none, the address is not link-local */
	char name[16]; /* of the interface; any bytes: escape before showing; "": not known */
};

/* One end of a connection. A v4-mapped IPv6 address is an IPv4 address here, as on the wire. */
struct endpoint {
	bool ipv6;
	uint8_t addr[16]; /* network byte order; the first 4 bytes for IPv4 */
	uint16_t port;
	struct scope scope; /* its name is no part of the identity */
};

/* Identity of a connection. Kernels reuse a sock in place, so every part matters (same_connection()). */
struct identity {
	uint64_t sock; /* a kernel address: never shown */
	uint64_t inode;
	uint32_t netns;
	const char *netns_name; /* any bytes: escape before showing; NULL: none. No part of the identity */
	struct endpoint local, peer;
};

/* For how long no data has come from the peer, or gone to it; at most since the connection was established. */
struct data_age {
	bool known;
	uint64_t received_us, sent_us;
};

struct sighting {
	enum katrace_record_kind kind;
	uint64_t time_ns; /* CLOCK_BOOTTIME */
	struct identity id;
	uint64_t cookie; /* 0: unknown */
	struct settings settings;
	uint8_t state; /* the kernel's TCP_ESTABLISHED...; for KATRACE_CLOSING and KATRACE_CLOSED the state before */
	bool orphan;
	bool mptcp_subflow;
	bool was_on; /* KATRACE_SWITCHED_ON: keepalive was on before */
	bool window_probe;
	bool untracked; /* the kernel side has no room for the connection */
	uint64_t silent_us;
	uint64_t heard_us; /* since anything arrived, also what was out of window */
	uint64_t tick_us;  /* the kernel's jiffy, in which it counts them */
	struct data_age data;
	uint32_t probes_out;
	uint32_t retransmits;
	uint32_t unacked_bytes; /* of data: neither SYN nor FIN counts, also in the next one */
	uint32_t queued_bytes;
	bool fin; /* this side's FIN is not acknowledged, or not sent yet */
	uint32_t rto_ms;
	uint32_t next_try_ms; /* until the next retransmission or window probe; 0 if it is due or none is pending */
	uint8_t backoff;      /* of window probing */
	uint8_t retry_limit;
	uint32_t rto_max_ms;
	uint32_t retransmitting_ms; /* since the first of retransmits */
	uint8_t orphan_retries;     /* net.ipv4.tcp_orphan_retries */
	bool soft_error;            /* an ICMP error came, which ends the connection only when a timer gives up */
	bool write_err;             /* KATRACE_CLOSED: a hook saw tcp_write_err() */
	bool has_result;
	int result;
	int error;
	enum katrace_close_cause close_cause;
	enum katrace_close_reason close_reason;
};

/* Parts of a record; hz is the kernel's. */
void endpoint_decode(struct endpoint *end, uint16_t family, const uint8_t addr[16], uint16_t port);
bool endpoint_is_link_local(const struct endpoint *end);
void identity_set_scope(struct identity *id, const struct scope *scope); /* of its link-local addresses, if any */
void settings_decode(struct settings *settings, const struct katrace_record *record, uint32_t hz);
void data_decode(struct data_age *data, const struct katrace_record *record, uint32_t hz);

/* Translates a record; hz is the kernel's. Returns 0, or -EPROTO for a record that this version cannot have written. */
int sighting_decode(struct sighting *sighting, const struct katrace_record *record, uint32_t hz);

/* One of them may lack the inode: a socket loses it when its process closes it. */
bool same_connection(const struct identity *a, const struct identity *b);

/* For how long there has been none at all. */
uint64_t data_idle_us(const struct data_age *data);

/* TCP_ESTABLISHED is "established", TCP_FIN_WAIT1 "fin_wait_1": OpenTelemetry's names. NULL for any other number. */
const char *state_name(uint8_t state);

/*
 * The states in which this side has sent its FIN, or is about to, and the peer has not acknowledged it: after that
 * comes FIN_WAIT2, TIME_WAIT or the end.
 */
bool state_awaits_fin_ack(uint8_t state);

/* False: the peer has not answered the SYN, or this side's SYN-ACK, yet. */
bool state_was_established(uint8_t state);

/* False: there was no peer yet that could have been heard, so the times since then mean nothing. */
bool state_was_connected(uint8_t state);

#endif
