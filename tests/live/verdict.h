/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Connections whose ends are compared with the kernel's rules: why, and when. A failure ends the test. */
#ifndef KATRACE_TEST_VERDICT_H
#define KATRACE_TEST_VERDICT_H

#include "scene.h"

#include <sys/types.h>

/*
 * Two hosts whose timers behave the same on all kernels, and a katrace that traces host A only; option may be NULL.
 * Connections are added by life_begin().
 */
struct scene verdict_scene(const char *option);

/* A connection, and when the kernel's rule started to apply. */
struct life {
	const struct scene *scene;
	struct tcp tcp;
	double since_s; /* CLOCK_MONOTONIC */
	double clock_s; /* the same as time of day, which katrace shows */
};

struct life life_begin(const struct scene *scene, const struct keepalive *keepalive);
struct life life_of(const struct scene *scene, struct tcp tcp, const struct keepalive *keepalive);
void life_end(struct life *life);

/* The rule applies from now on. */
void life_counts(struct life *life);

/* For how long it has applied. */
double life_age_s(const struct life *life);

int life_said(const struct life *life, const char *what);

/* The same, of the lines whose time is within s since the rule applied, whenever they were written. */
int life_said_within(const struct life *life, const char *what, double s);

bool life_wait_said(const struct life *life, int n, const char *what);

/* Probes that were sent. */
int life_probes(const struct life *life);

/* The rule applies from then on. */
void life_send(struct life *life);
void life_close_client(struct life *life);

void life_close_server(struct life *life);

/* From now on the client is that process's alone. It does nothing until life_kill(). */
pid_t life_give_away_client(struct life *life);
void life_kill(pid_t pid);

/*
 * The client has closed its end; with the server's FIN that is over. Without, an orphan in FIN_WAIT2 is let go at once
 * or, if the ACK of its FIN came just while close() still held the socket, after tcp_fin_timeout: 60 s
 * (tcp_rcv_state_process() of net/ipv4/tcp_input.c; seen on 6.1).
 */
void life_server_closes_too(struct life *life);

/* --- expectations; times are since the rule started to apply, and hold within a second --- */

/* katrace prints this once, with that time. */
void assert_said_at(const struct life *life, const char *words, double at_s);

/* When katrace says it ended; it prints this end once. */
double life_ended_s(const struct life *life, const char *words);

/* katrace prints this end once, at that time. */
void assert_ended(const struct life *life, const char *words, double at_s);

/* The application gets that errno at that time. */
void assert_told(const struct life *life, int error, double at_s);

/* Both. */
void assert_died(const struct life *life, int error, const char *words, double at_s);

/* When data started to wait, katrace predicted the end for that time. */
void assert_foretold(const struct life *life, double at_s);

/* After its end was shown: the end was predicted n times, the last time rightly. */
void assert_foretold_well(const struct life *life, int n);

/* After katrace has ended: the sentence under the connection's timeline has this. */
void assert_sentence(const struct life *life, const char *what);

/* --- the kernel's rules --- */

/* The current retransmission timeout. */
double rto_s(int fd);

/*
 * retransmits_timed_out(): the timer fires an RTO after the send, then after twice that, and so on, and gives up when
 * since its first time the limit has passed, which is reckoned with 200 ms.
 */
double retransmission_s(double rto, int retries);

/* tcp_probe_timer(), since the peer's last ACK; after it has fallen silent with its window closed. */
double window_probe_timeout_s(int fd, int retries);

#endif
