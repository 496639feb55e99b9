/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The strings that stand for numbers in the fields of a line; NULL: the number has none. Only fields.c includes it. */
#ifndef KATRACE_FIELD_NAMES_H
#define KATRACE_FIELD_NAMES_H

#include "format/line.h"

/* The same in all lines of a kind. */
const char *name_schema_version(enum line_kind kind);
const char *name_katrace_version(enum line_kind kind);
const char *name_transport_of(enum line_kind kind);

const char *name_severity(unsigned int number);
const char *name_transport(unsigned int number);
const char *name_ip_version(unsigned int ipv6);
const char *name_tcp_state(unsigned int state);
const char *name_setting(unsigned int number);
const char *name_mode(unsigned int number);
const char *name_phase(unsigned int begin);
const char *name_timer(unsigned int window_probe);
const char *name_verdict(unsigned int number);

/* Verdicts that are errors: the connection did not end with a FIN. */
const char *name_abnormal_verdict(unsigned int number);

/* How this side closed. */
const char *name_close_reason(unsigned int number);

const char *name_stage(unsigned int number);

#endif
