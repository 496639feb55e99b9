/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Parse one item of the list of a filter option strictly, and add it to a struct filter. */
#ifndef KATRACE_FILTERS_H
#define KATRACE_FILTERS_H

/*
 * Each returns 0; -EINVAL; -ENOTUNIQ if it may mean two things; -ESRCH for a missing process, -ENOENT if anything else
 * does not exist; another error of open(2), such as -EACCES; or -ENOMEM.
 */
int filter_item_pid(void *filter, const char *item);
int filter_item_any_pid(void *filter, const char *item); /* the process need not exist any more */
int filter_item_comm(void *filter, const char *item);
int filter_item_local(void *filter, const char *item);
int filter_item_peer(void *filter, const char *item);
int filter_item_port(void *filter, const char *item);
int filter_item_netns(void *filter, const char *item);
int filter_item_recorded_netns(void *filter, const char *item);
int filter_item_cgroup(void *filter, const char *item);
int filter_item_container(void *filter, const char *item);

#endif
