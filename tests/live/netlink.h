/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Requests to the kernel over netlink. A failure ends the process with a message. */
#ifndef KATRACE_TEST_NETLINK_H
#define KATRACE_TEST_NETLINK_H

#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

/* One request with nested attributes. */
struct request {
	struct nlmsghdr header;
	char body[512];
};

struct request request_make(uint16_t type, uint16_t flags);

/* What follows in it: size bytes, which are 0 where data is NULL. Returns their place. */
void *request_add(struct request *request, const void *data, size_t size);

/* An attribute; with size 0 the ones that follow are in it, until request_end_nest(). */
struct rtattr *request_attr(struct request *request, unsigned short type, const void *data, size_t size);
void request_end_nest(struct request *request, struct rtattr *nest);

/* Sends it over rtnetlink, and waits until it is done. */
void request_send(const struct request *request, const char *what);

/* Sends n of them at once by that protocol (NETLINK_NETFILTER, ...), and waits for the one that asks for an answer. */
void requests_send(int protocol, const struct request *requests, int n, const char *what);

#endif
