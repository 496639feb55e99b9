// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/field_names.h"

#include "model/hook_mode.h"

const char *name_schema_version(enum line_kind kind)
{
	(void)kind;
	return SCHEMA_VERSION;
}

const char *name_katrace_version(enum line_kind kind)
{
	(void)kind;
	return KATRACE_VERSION;
}

const char *name_severity(unsigned int number)
{
	return severity_name(number);
}

const char *name_transport(unsigned int number)
{
	(void)number;
	return "tcp";
}

const char *name_transport_of(enum line_kind kind)
{
	return name_transport(kind);
}

const char *name_ip_version(unsigned int ipv6)
{
	return ipv6 ? "ipv6" : "ipv4";
}

const char *name_tcp_state(unsigned int state)
{
	return state_name((uint8_t)state);
}

const char *name_setting(unsigned int number)
{
	return setting_name(number);
}

const char *name_mode(unsigned int number)
{
	return hook_mode_name(number);
}

const char *name_phase(unsigned int begin)
{
	return begin ? "begin" : "end";
}

const char *name_timer(unsigned int window_probe)
{
	return window_probe ? "window_probe" : "retransmit";
}

const char *name_verdict(unsigned int number)
{
	return verdict_name(number);
}

const char *name_abnormal_verdict(unsigned int number)
{
	return verdict_is_normal(number) ? NULL : verdict_name(number);
}

const char *name_stage(unsigned int number)
{
	return lost_stage_name(number);
}

const char *name_close_reason(unsigned int number)
{
	return close_reason_name((enum katrace_close_reason)number);
}
