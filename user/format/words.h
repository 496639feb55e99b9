/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The phrases that live lines and timelines share. */
#ifndef KATRACE_WORDS_H
#define KATRACE_WORDS_H

#include "model/connection.h"
#include "format/out.h"

/* "65us", "1.4ms", "35.0s" */
void words_duration(struct out *out, uint64_t us);

/* Without decimals if it is a whole number of seconds: "30s", "12.5s" */
void words_ms(struct out *out, uint64_t ms);

/* For a column, at most two units: "85ms", "7.2s", "45s", "12m30s", "1h59m", "3d4h" */
void words_span(struct out *out, uint64_t us);

/* As people set it: "75s", "10m", "2h" */
void words_setting(struct out *out, uint64_t seconds);

/* "10.0.2.15", "2001:db8::1" */
void words_address(struct out *out, const struct endpoint *end);

/* "10.0.2.15:22", "[2001:db8::1]:22", "[fe80::1%eth0]:22", or "[fe80::1%3]:22" if the name is not known */
void words_endpoint(struct out *out, const struct endpoint *end);

/* Its name, or the number of a network namespace without one (NULL). */
void words_netns(struct out *out, uint32_t netns, const char *name);

/* "30s idle, then 3 probes 5s apart (interval from sysctl)", or the same with a user timeout */
void words_settings(struct out *out, const struct settings *settings);

/* "idle 30s to 10s, user timeout none to 5s", "keepalive switched off"; nothing if no value in force differs */
void words_changes(struct out *out, const struct settings *from, const struct settings *to);

/* "probe 2/3"; "probe 2" without a limit (0) */
void words_probe(struct out *out, uint32_t number, uint32_t limit);

/*
 * "11 bytes unacknowledged, 3 retransmissions", "11 bytes and FIN queued"; with fin this side's FIN, which comes after
 * the data, is not acknowledged either.
 */
void words_backlog(struct out *out, uint32_t unacked, uint32_t queued, bool fin, uint32_t retransmits);

/*
 * What tells the process apart from others of that name, after a space: " org.example.Main"; nothing if it is not
 * known, or is its name. brief: as title_in_brief().
 */
void words_title(struct out *out, const struct owner *owner, bool brief);

/* The first twelve digits of the container id, "-" for none. */
void words_container(struct out *out, const struct owner *owner);

/* "s", unless there is one: "1 event", "2 events" */
const char *words_plural(uint64_t n);

/*
 * "closed by peer after 8.0s without data", "keepalive timeout, ETIMEDOUT". Data is left out of ends that the kernel
 * decided, and if it is not known or came just before. With the exit of the process: "...; its process exited".
 */
void words_ended(struct out *out, enum verdict verdict, int error, const struct data_age *data,
		 enum katrace_close_reason reason);

/* "ETIMEDOUT", or the number if it has no name */
void words_errno(struct out *out, int error);

#endif
