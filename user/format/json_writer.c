// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "format/json_writer.h"

#include "format/codecs.h"
#include "format/plan.h"

#include <stdlib.h>

struct json_writer {
	struct plan plans[LINE_KINDS];
	struct clock_text clock;
};

struct json_writer *json_writer_new(void)
{
	struct json_writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return NULL;
	for (enum line_kind kind = 0; kind < LINE_KINDS; kind++) {
		if (plan_make(&writer->plans[kind], kind)) {
			free(writer);
			return NULL;
		}
	}
	return writer;
}

void json_writer_free(struct json_writer *writer)
{
	free(writer);
}

static const void *place_of(const struct field *field, const struct sources *sources)
{
	return (const char *)sources->from[field->source] + field->offset;
}

static bool is_there(const struct field *field, const struct sources *sources)
{
	if (field->presence == ALWAYS)
		return true;
	return field->has ? field->has(sources) : field_number(field, place_of(field, sources)) != 0;
}

static void write_value(const struct value *value, struct out *out)
{
	uint64_t number;

	if (value->field->codec && value->field->codec->write) {
		value->field->codec->write(value, out);
		return;
	}
	number = field_number(value->field, value->at);
	if (value->field->type == FIELD_BOOLEAN)
		out_text(out, number ? "true" : "false");
	else
		write_number(out, number);
}

static void write_line(struct json_writer *writer, const struct sources *sources, struct out *out)
{
	const struct plan *plan = &writer->plans[sources->kind];
	struct value value = { .sources = sources, .clock = &writer->clock };
	size_t left_out = 0;

	for (const struct step *step = plan->steps; step < plan->steps + plan->n; step++) {
		const struct piece *before = &step->before[left_out];

		if (step->field && !is_there(step->field, sources)) {
			left_out++;
			continue;
		}
		out_bytes(out, plan->text + before->at, before->length);
		left_out = 0;
		if (!step->field)
			continue;
		value.field = step->field;
		value.at = place_of(step->field, sources);
		write_value(&value, out);
	}
}

void json_writer_event(struct json_writer *writer, const struct event_line *line, const struct event *event,
		       struct out *out)
{
	const struct sources sources = {
		.kind = (enum line_kind)event->kind,
		.from = { [FROM_LINE] = line, [FROM_EVENT] = event, [FROM_CONNECTION] = event->connection },
	};

	write_line(writer, &sources, out);
}

void json_writer_started(struct json_writer *writer, const struct event_line *line, const struct started *started,
			 struct out *out)
{
	const struct event now = { .wall_ns = started->wall_ns };
	const struct sources sources = {
		.kind = LINE_STARTED,
		.from = { [FROM_LINE] = line, [FROM_EVENT] = &now, [FROM_STARTED] = started },
	};

	write_line(writer, &sources, out);
}

void json_writer_stats(struct json_writer *writer, const struct event_line *line, const struct stats *stats,
		       struct out *out)
{
	const struct event now = { .wall_ns = stats->wall_ns };
	const struct sources sources = {
		.kind = LINE_STATS,
		.from = { [FROM_LINE] = line, [FROM_EVENT] = &now, [FROM_STATS] = stats },
	};

	write_line(writer, &sources, out);
}

void json_writer_socket(struct json_writer *writer, const struct event_line *line, uint64_t wall_ns,
			const struct listed *listed, struct out *out)
{
	const struct connection *connection = &listed->connection;
	const struct event now = {
		.wall_ns = wall_ns,
		.connection = connection,
		.settings = connection->settings,
		.state = listed->state,
		.silent_us = connection->silent_us,
		.heard_us = listed->heard_us,
		.data = listed->data,
	};
	const struct sources sources = {
		.kind = LINE_SOCKET,
		.from = { [FROM_LINE] = line,
			  [FROM_EVENT] = &now,
			  [FROM_CONNECTION] = connection,
			  [FROM_LISTED] = listed },
	};

	write_line(writer, &sources, out);
}

void json_writer_summary(struct json_writer *writer, const struct event_line *line, uint64_t wall_ns,
			 const struct summary_line *summary, struct out *out)
{
	const struct event now = { .wall_ns = wall_ns };
	const struct sources sources = {
		.kind = LINE_SUMMARY,
		.from = { [FROM_LINE] = line, [FROM_EVENT] = &now, [FROM_SUMMARY] = summary },
	};

	write_line(writer, &sources, out);
}

void json_writer_sysctls(struct json_writer *writer, const struct event_line *line, uint64_t wall_ns,
			 const struct sysctls *sysctls, struct out *out)
{
	const struct event now = { .wall_ns = wall_ns };
	const struct sources sources = {
		.kind = LINE_SYSCTL,
		.from = { [FROM_LINE] = line, [FROM_EVENT] = &now, [FROM_SYSCTLS] = sysctls },
	};

	write_line(writer, &sources, out);
}
