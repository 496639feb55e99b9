// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "netlink.h"

#include "must.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define REQUESTS_MAX 4

struct request request_make(uint16_t type, uint16_t flags)
{
	return (struct request){
		.header = { .nlmsg_len = NLMSG_HDRLEN,
			    .nlmsg_type = type,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags },
	};
}

void *request_add(struct request *request, const void *data, size_t size)
{
	void *at = (char *)request + NLMSG_ALIGN(request->header.nlmsg_len);

	must(NLMSG_ALIGN(request->header.nlmsg_len) + size <= sizeof(*request), "netlink request too long");
	if (data)
		memcpy(at, data, size);
	request->header.nlmsg_len = (uint32_t)(NLMSG_ALIGN(request->header.nlmsg_len) + size);
	return at;
}

struct rtattr *request_attr(struct request *request, unsigned short type, const void *data, size_t size)
{
	struct rtattr *attr = request_add(request, NULL, RTA_LENGTH(size));

	attr->rta_type = type;
	attr->rta_len = (unsigned short)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(attr), data, size);
	return attr;
}

void request_end_nest(struct request *request, struct rtattr *nest)
{
	nest->rta_len = (unsigned short)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len) - (char *)nest);
}

void requests_send(int protocol, const struct request *requests, int n, const char *what)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[1024];
	} answer;
	struct iovec parts[REQUESTS_MAX];
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	must(n <= REQUESTS_MAX, "too many netlink requests");
	for (int i = 0; i < n; i++)
		parts[i] = (struct iovec){ (void *)&requests[i], NLMSG_ALIGN(requests[i].header.nlmsg_len) };
	must(fd >= 0, "netlink socket");
	must(writev(fd, parts, n) >= 0, what);
	must(recv(fd, &answer, sizeof(answer), 0) > 0, what);
	close(fd);
	errno = -answer.error.error;
	must(answer.header.nlmsg_type == NLMSG_ERROR && !answer.error.error, what);
}

void request_send(const struct request *request, const char *what)
{
	requests_send(NETLINK_ROUTE, request, 1, what);
}
