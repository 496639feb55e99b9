// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/filters.h"

#include "cli/parse.h"
#include "model/integer.h"
#include "model/owners.h"
#include "system/processes.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

int filter_item_pid(void *filter, const char *item)
{
	uint64_t start;
	uint32_t pid;
	int err = parse_pid(item, &pid);

	if (!err)
		err = process_start(pid, &start) ? -ESRCH : 0;
	return err ?: filter_add_pid(filter, pid, start);
}

int filter_item_any_pid(void *filter, const char *item)
{
	uint32_t pid;
	int err = parse_any_pid(item, &pid);

	return err ?: filter_add_pid(filter, pid, 0);
}

/* Linux truncates names: a longer one would never match. A pattern may, such as *server*. */
int filter_item_comm(void *filter, const char *item)
{
	const size_t longest = sizeof(((struct owner *)NULL)->comm) - 1;

	if (strlen(item) > longest && !strpbrk(item, "*?[\\"))
		return -EINVAL;
	return filter_add_comm(filter, item);
}

int filter_item_local(void *filter, const char *item)
{
	struct where where;

	return parse_where(item, &where) ?: filter_add_local(filter, &where);
}

int filter_item_peer(void *filter, const char *item)
{
	struct where where;

	return parse_where(item, &where) ?: filter_add_peer(filter, &where);
}

int filter_item_port(void *filter, const char *item)
{
	struct ports ports;

	return parse_ports(item, &ports) ?: filter_add_ports(filter, ports);
}

int filter_item_netns(void *filter, const char *item)
{
	uint32_t inode;
	int err = parse_netns(item, &inode);

	return err ?: filter_add_netns(filter, inode);
}

/* The namespaces of a recording need not exist any more, or may be those of another host: their names are in it. */
int filter_item_recorded_netns(void *filter, const char *item)
{
	uint64_t number;

	if (strchr(item, '/') || !parse_number(item, 1, UINT32_MAX, &number))
		return filter_item_netns(filter, item);
	return strlen(item) < NETNS_NAME_MAX ? filter_add_netns_name(filter, item) : -EINVAL;
}

int filter_item_cgroup(void *filter, const char *item)
{
	char path[PATH_MAX];
	int err = parse_cgroup(item, path, sizeof(path));

	return err ?: filter_add_cgroup(filter, path);
}

int filter_item_container(void *filter, const char *item)
{
	return parse_container(item) ?: filter_add_container(filter, item);
}
