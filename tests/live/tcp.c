// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "tcp.h"

#include "must.h"
#include "netlink.h"
#include "until.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NARROW_BYTES 16384

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static void set(int fd, int level, int option, int value)
{
	must(setsockopt(fd, level, option, &value, sizeof(value)) == 0, "setsockopt");
}

static socklen_t make_address(union address *address, enum tcp_family family)
{
	char mapped[INET6_ADDRSTRLEN];
	const char *text = mapped;

	memset(address, 0, sizeof(*address));
	if (family == TCP_IPV4) {
		address->v4.sin_family = AF_INET;
		must(inet_pton(AF_INET, net_addr4(HOST_B), &address->v4.sin_addr) == 1, "address");
		return sizeof(address->v4);
	}
	address->v6.sin6_family = AF_INET6;
	snprintf(mapped, sizeof(mapped), "::ffff:%s", net_addr4(HOST_B));
	if (family == TCP_IPV6)
		text = net_addr6(HOST_B);
	if (family == TCP_LINK_LOCAL)
		text = net_link_addr(HOST_B);
	must(inet_pton(AF_INET6, text, &address->v6.sin6_addr) == 1, "address");
	return sizeof(address->v6);
}

static socklen_t make_peer(union address *address, unsigned int port)
{
	const socklen_t size = make_address(address, TCP_IPV4);

	address->v4.sin_port = htons((uint16_t)port);
	return size;
}

/* Any address, and port 0 for one that no other socket has. */
static union address make_local(sa_family_t family, unsigned int port)
{
	union address address;

	memset(&address, 0, sizeof(address));
	address.any.sa_family = family;
	address.v4.sin_port = htons((uint16_t)port); /* where sin6_port is, too */
	return address;
}

unsigned int tcp_local_port(int fd)
{
	union address address;
	socklen_t size = sizeof(address);

	must(getsockname(fd, &address.any, &size) == 0, "getsockname");
	return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
}

/* A link-local address holds for the cable, whose index may be another one on each host. */
static void set_scope(union address *address)
{
	if (address->any.sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&address->v6.sin6_addr))
		address->v6.sin6_scope_id = if_nametoindex(CABLE);
}

static int open_listener(const struct net *net, union address *address, socklen_t size)
{
	int fd;

	net_enter(net, HOST_B);
	set_scope(address);
	fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(fd >= 0 && bind(fd, &address->any, size) == 0 && listen(fd, 4096) == 0, "listen");
	must(getsockname(fd, &address->any, &size) == 0, "getsockname");
	net_leave(net);
	return fd;
}

/*
 * local may be NULL: to two places connect(2) then gives two sockets the same port now and then. To one place it does
 * not, and goes through the ports in turn, so that none is seen again soon.
 */
static int open_client(const struct net *net, union address *address, socklen_t size, const union address *local)
{
	int fd;

	net_enter(net, HOST_A);
	set_scope(address);
	fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(fd >= 0, "socket");
	must(!local || bind(fd, &local->any, size) == 0, "bind");
	must(connect(fd, &address->any, size) == 0, "connect");
	net_leave(net);
	return fd;
}

int tcp_listen(const struct net *net, unsigned int *port)
{
	union address address;
	const socklen_t size = make_address(&address, TCP_IPV4);
	const int fd = open_listener(net, &address, size);

	*port = tcp_local_port(fd);
	return fd;
}

int tcp_connect_from(const struct net *net, unsigned int local_port, unsigned int port)
{
	const union address local = make_local(AF_INET, local_port);
	union address address;
	const socklen_t size = make_peer(&address, port);

	return open_client(net, &address, size, &local);
}

int tcp_connect_port(const struct net *net, unsigned int port)
{
	union address address;
	const socklen_t size = make_peer(&address, port);

	return open_client(net, &address, size, NULL);
}

struct tcp tcp_accept(const struct net *net, const struct keepalive *keepalive)
{
	struct tcp tcp;
	int listener = tcp_listen(net, &tcp.server_port);

	tcp_keepalive(listener, keepalive);
	tcp.client = tcp_connect_port(net, tcp.server_port);
	tcp.server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	must(tcp.server >= 0, "accept");
	tcp.client_port = tcp_local_port(tcp.client);
	close(listener);
	return tcp;
}

struct tcp tcp_connect(const struct net *net, enum tcp_family family)
{
	union address address;
	socklen_t size = make_address(&address, family);
	int listener = open_listener(net, &address, size);
	union address local = make_local(address.any.sa_family, 0);
	struct tcp tcp;

	if (family == TCP_LINK_LOCAL) { /* the cable has a second one, which no test knows */
		must(inet_pton(AF_INET6, net_link_addr(HOST_A), &local.v6.sin6_addr) == 1, "address");
		local.v6.sin6_scope_id = net_cable_index(net, HOST_A);
	}
	tcp.client = open_client(net, &address, size, &local);
	tcp.server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	must(tcp.server >= 0, "accept");
	tcp.client_port = tcp_local_port(tcp.client);
	tcp.server_port = tcp_local_port(listener);
	close(listener);
	return tcp;
}

struct tcp tcp_connect_narrow(const struct net *net)
{
	struct tcp tcp;
	const int listener = tcp_listen(net, &tcp.server_port);

	set(listener, SOL_SOCKET, SO_RCVBUF, NARROW_BYTES); /* as accept(2) passes it on */
	tcp.client = tcp_connect_port(net, tcp.server_port);
	set(tcp.client, SOL_SOCKET, SO_SNDBUF, 2 * NARROW_BYTES);
	tcp.server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	must(tcp.server >= 0, "accept");
	tcp.client_port = tcp_local_port(tcp.client);
	close(listener);
	return tcp;
}

struct tcp_info tcp_ask(int fd)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	must(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0, "TCP_INFO");
	return info;
}

/* After it has sent what it can: a probe of the closed window was answered. */
static bool is_window_closed(int fd)
{
	static const char data[NARROW_BYTES];
	struct tcp_info info;

	while (send(fd, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	must(errno == EAGAIN, "fill the window");
	info = tcp_ask(fd);
	return info.tcpi_backoff > 0 && !info.tcpi_probes && !info.tcpi_unacked;
}

void tcp_close_window(int fd)
{
	WAIT_UNTIL(is_window_closed(fd));
}

void tcp_read_all(int fd)
{
	char data[NARROW_BYTES];

	while (recv(fd, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
}

/* What the kernel is asked or told by inet_diag about the client's side. */
static struct request make_diag_request(uint16_t type, uint16_t flags, const struct tcp *tcp)
{
	struct request request = request_make(type, flags);
	struct inet_diag_req_v2 which = {
		.sdiag_family = AF_INET,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = ~0U,
		.id = { .idiag_sport = htons((uint16_t)tcp->client_port),
			.idiag_dport = htons((uint16_t)tcp->server_port),
			.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE } },
	};

	must(inet_pton(AF_INET, net_addr4(HOST_A), which.id.idiag_src) == 1, "address");
	must(inet_pton(AF_INET, net_addr4(HOST_B), which.id.idiag_dst) == 1, "address");
	request_add(&request, &which, sizeof(which));
	return request;
}

void tcp_destroy(const struct net *net, const struct tcp *tcp)
{
	const struct request request = make_diag_request(SOCK_DESTROY, 0, tcp);

	net_enter(net, HOST_A);
	requests_send(NETLINK_SOCK_DIAG, &request, 1, "destroy a socket");
	net_leave(net);
}

int64_t tcp_silent_us(int fd)
{
	const struct tcp_info info = tcp_ask(fd);

	return 1000LL * (info.tcpi_last_ack_recv < info.tcpi_last_data_recv ? info.tcpi_last_ack_recv
									    : info.tcpi_last_data_recv);
}

int tcp_timer_ms(const struct net *net, const struct tcp *tcp)
{
	struct request request = make_diag_request(SOCK_DIAG_BY_FAMILY, 0, tcp);
	struct {
		struct nlmsghdr header;
		struct inet_diag_msg message;
		char rest[1024];
	} answer;
	int fd;

	request.header.nlmsg_flags = NLM_F_REQUEST;
	net_enter(net, HOST_A);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	net_leave(net);
	must(fd >= 0 && send(fd, &request, request.header.nlmsg_len, 0) > 0 && recv(fd, &answer, sizeof(answer), 0) > 0,
	     "ask about a socket");
	close(fd);
	must(answer.header.nlmsg_type == SOCK_DIAG_BY_FAMILY, "no such socket");
	return answer.message.idiag_timer ? (int)answer.message.idiag_expires : -1;
}

struct tcp tcp_begin_connect(const struct net *net, unsigned int port, const struct keepalive *keepalive)
{
	union address address;
	const socklen_t size = make_peer(&address, port);
	struct tcp tcp = { .server = -1 };

	net_enter(net, HOST_A);
	tcp.client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	must(tcp.client >= 0, "socket");
	if (keepalive)
		tcp_keepalive(tcp.client, keepalive);
	must(connect(tcp.client, &address.any, size) < 0 && errno == EINPROGRESS, "connect");
	net_leave(net);
	tcp.client_port = tcp_local_port(tcp.client);
	return tcp;
}

void tcp_close(struct tcp *tcp)
{
	if (tcp->client >= 0)
		tcp_abort(tcp->client);
	if (tcp->server >= 0)
		tcp_abort(tcp->server);
	tcp->client = tcp->server = -1;
}

void tcp_finish(struct tcp *tcp)
{
	close(tcp->client);
	close(tcp->server);
	tcp->client = tcp->server = -1;
}

unsigned int tcp_connect_many(const struct net *net, int *clients, int *servers, int n)
{
	union address address;
	socklen_t size = make_address(&address, TCP_IPV4);
	int listener = open_listener(net, &address, size);
	unsigned int port;

	for (int i = 0; i < n; i++) {
		clients[i] = open_client(net, &address, size, NULL);
		servers[i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		must(servers[i] >= 0, "accept");
	}
	port = tcp_local_port(listener);
	close(listener);
	return port;
}

void tcp_keepalive(int fd, const struct keepalive *keepalive)
{
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, keepalive->idle_s);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, keepalive->interval_s);
	set(fd, IPPROTO_TCP, TCP_KEEPCNT, keepalive->limit);
	set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, keepalive->user_timeout_ms);
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

void tcp_keepalive_by_sysctl(int fd)
{
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

void tcp_keepalive_off(int fd)
{
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 0);
}

void tcp_probe_all(const struct net *net, const int *clients, int n, const struct keepalive *keepalive, uint64_t probes)
{
	const uint64_t before = net_keepalives(net, HOST_A);

	for (int i = 0; i < n; i++)
		tcp_keepalive(clients[i], keepalive);
	WAIT_UNTIL(net_keepalives(net, HOST_A) >= before + probes);
}

int tcp_wait_death(int fd, int timeout_s)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	char byte;
	ssize_t n;

	if (poll(&readable, 1, timeout_s * 1000) != 1)
		return -1;
	n = read(fd, &byte, 1);
	return n < 0 ? errno : n == 0 ? 0 : -1;
}

void tcp_abort(int fd)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	must(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0, "setsockopt");
	close(fd);
}

void tcp_abort_many(const int *fds, int n)
{
	for (int i = 0; i < n; i++)
		tcp_abort(fds[i]);
}
