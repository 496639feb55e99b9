// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "model/cgroup.h"

#include <stdio.h>
#include <string.h>

/* A part of a text that is stored elsewhere. */
struct span {
	const char *at;
	size_t length;
};

/* The path of the next hierarchy. A line is ID:CONTROLLERS:PATH. False at the end. */
static bool next_path(const char **text, struct span *path)
{
	const char *line, *colon;
	size_t length;

	while (**text) {
		line = *text;
		length = strcspn(line, "\n");
		*text = line + length + (line[length] == '\n');
		colon = memchr(line, ':', length);
		if (colon)
			colon = memchr(colon + 1, ':', length - (size_t)(colon + 1 - line));
		if (!colon)
			continue;
		*path = (struct span){ colon + 1, length - (size_t)(colon + 1 - line) };
		return true;
	}
	return false;
}

/* Removes the last component of a path. False if none is left. */
static bool last_component(struct span *path, struct span *component)
{
	size_t begin;

	while (path->length && path->at[path->length - 1] == '/')
		path->length--;
	if (!path->length)
		return false;
	for (begin = path->length; begin && path->at[begin - 1] != '/'; begin--)
		;
	*component = (struct span){ path->at + begin, path->length - begin };
	path->length = begin;
	return true;
}

static bool ends_with(const struct span *text, const char *end)
{
	const size_t length = strlen(end);

	return text->length > length && memcmp(text->at + text->length - length, end, length) == 0;
}

static bool is_hexadecimal(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!strchr("0123456789abcdef", text[i]) || !text[i])
			return false;
	return true;
}

/*
 * ID alone (docker and containerd with cgroupfs), docker-ID.scope, cri-containerd-ID.scope, crio-ID.scope,
 * libpod-ID.scope (podman), or SLICE:cri-containerd:ID. conmon monitors a container from outside.
 */
static bool names_container(struct span component, char id[CONTAINER_ID_LENGTH + 1])
{
	const char *begin;

	if (ends_with(&component, ".scope"))
		component.length -= strlen(".scope");
	if (component.length < CONTAINER_ID_LENGTH || memmem(component.at, component.length, "conmon", 6))
		return false;
	begin = component.at + component.length - CONTAINER_ID_LENGTH;
	if (begin > component.at && begin[-1] != '-' && begin[-1] != ':')
		return false;
	if (!is_hexadecimal(begin, CONTAINER_ID_LENGTH))
		return false;
	memcpy(id, begin, CONTAINER_ID_LENGTH);
	id[CONTAINER_ID_LENGTH] = '\0';
	return true;
}

static bool names_unit(const struct span *component)
{
	return ends_with(component, ".service") || ends_with(component, ".scope");
}

/* Components come innermost first: what is already known stays. */
static void take_component(struct cgroup *cgroup, const struct span *component)
{
	char id[CONTAINER_ID_LENGTH + 1];
	const bool is_container = names_container(*component, id);

	if (is_container && !cgroup->container[0])
		memcpy(cgroup->container, id, sizeof(id));
	if (!is_container && !cgroup->unit[0] && names_unit(component))
		snprintf(cgroup->unit, sizeof(cgroup->unit), "%.*s", (int)component->length, component->at);
}

void cgroup_describe(struct cgroup *cgroup, const char *proc_text)
{
	struct span path, component;

	cgroup->container[0] = cgroup->unit[0] = '\0';
	while (next_path(&proc_text, &path))
		while (last_component(&path, &component))
			take_component(cgroup, &component);
}

bool cgroup_is_below(const char *proc_text, const char *wanted)
{
	size_t length = strlen(wanted);
	struct span path;

	while (length && wanted[length - 1] == '/')
		length--;
	while (next_path(&proc_text, &path))
		if (path.length >= length && memcmp(path.at, wanted, length) == 0 &&
		    (path.length == length || path.at[length] == '/'))
			return true;
	return false;
}
