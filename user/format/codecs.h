/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Writes and reads values that are not plain numbers or booleans. */
#ifndef KATRACE_CODECS_H
#define KATRACE_CODECS_H

#include "format/fields.h"
#include "format/out.h"
#include "model/replay.h"
#include "model/texts.h"

struct json_object;

/* The first part of the last timestamp: most lines are in the same second as the one before. */
struct clock_text {
	uint64_t second;
	char text[20]; /* "2026-11-20T22:10:11."; text[0] is 0 before the first */
};

/* A line while it is read: the same sources that values are written from. */
struct reading {
	struct event_line line;
	struct event event;
	struct connection connection;
	struct started started;
	char connection_id[RECORDED_ID_MAX];
	struct texts *texts; /* of names that last longer */
};

/* A value to write, at its place in its source. */
struct value {
	const struct field *field;
	const struct sources *sources;
	const void *at;
	struct clock_text *clock;
};

/* Where to store a value: at, or elsewhere in reading. */
struct place {
	const struct field *field;
	void *at;
	struct reading *reading;
};

struct codec {
	void (*write)(const struct value *value, struct out *out); /* NULL: as a plain value */
	/* Type, names and bounds of the value are already checked. Returns 0 or -EINVAL. NULL: the field is not read.
	 */
	int (*read)(const struct place *place, struct json_object *value);
};

/* At most INT64_MAX: readers of JSON need not know larger ones. */
void write_number(struct out *out, uint64_t number);

/* A string that needs no escapes. */
void write_plain(struct out *out, const char *text);

/* The number with that name, or names->end. */
unsigned int names_find(const struct names *names, const char *text);

extern const struct codec codec_data_age;
extern const struct codec codec_time, codec_severity_number, codec_severity_text;
extern const struct codec codec_named, codec_errno, codec_result, codec_id, codec_connection_id;
extern const struct codec codec_ip_version, codec_address, codec_interface, codec_scope_id;
extern const struct codec codec_foreign_text, codec_container, codec_text, codec_hooks, codec_degraded;
extern const struct codec codec_other_pids, codec_settings, codec_changed, codec_error_type;
extern const struct codec codec_netns_name;
extern const struct codec codec_in_use, codec_per_day, codec_sources;

/* Some fields are there only then. */
bool connection_has_title(const struct sources *sources);

/* When fields of katrace.summary are there. */
bool summary_has_process(const struct sources *sources);
bool summary_has_title(const struct sources *sources);
bool summary_has_container(const struct sources *sources);
bool summary_notices(const struct sources *sources);
bool summary_has_settings(const struct sources *sources);

#endif
