/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* TCP connections between the two hosts of a test. A failure ends the process with a message. */
#ifndef KATRACE_TEST_TCP_H
#define KATRACE_TEST_TCP_H

#include "net.h"

#include <netinet/tcp.h>

/* A connection from host A (client) to host B (server): both descriptors are this process's. */
struct tcp {
	int client, server;
	unsigned int client_port, server_port;
};

enum tcp_family { TCP_IPV4, TCP_IPV6, TCP_V4_MAPPED, TCP_LINK_LOCAL };

struct keepalive {
	int idle_s, interval_s, limit;
	int user_timeout_ms; /* 0: none */
};

struct tcp tcp_connect(const struct net *net, enum tcp_family family);

/* Aborts both ends: on a dead network a FIN would keep the connection, and its namespace, for minutes. */
void tcp_close(struct tcp *tcp);

/* Closes both ends with a FIN, the client's first. */
void tcp_finish(struct tcp *tcp);

/* A connection whose server end has its keepalive from the listener, as accept(2) passes it on. */
struct tcp tcp_accept(const struct net *net, const struct keepalive *keepalive);

/* A connection whose server has room for little that was not read. */
struct tcp tcp_connect_narrow(const struct net *net);

/* Sends until the server has no room, and waits until it has said so in answer to a probe of its closed window. */
void tcp_close_window(int fd);

/* Reads what has arrived. */
void tcp_read_all(int fd);

/* TCP_INFO */
struct tcp_info tcp_ask(int fd);

/* For how long nothing was heard from the peer. */
int64_t tcp_silent_us(int fd);

/* How long the client's timer has to go, as inet_diag tells: 0 if it is due or late. -1: none is running. */
int tcp_timer_ms(const struct net *net, const struct tcp *tcp);

/* Ends the client's side as `ss --kill` does. */
void tcp_destroy(const struct net *net, const struct tcp *tcp);

/* A listener on host B and its port; a connection to it from host A. */
int tcp_listen(const struct net *net, unsigned int *port);
int tcp_connect_port(const struct net *net, unsigned int port);
int tcp_connect_from(const struct net *net, unsigned int local_port, unsigned int port);

/* From host A, which does not wait for it; with keepalive, if not NULL, switched on before. It has no server end. */
struct tcp tcp_begin_connect(const struct net *net, unsigned int port, const struct keepalive *keepalive);

unsigned int tcp_local_port(int fd);

/* n connections over one listener, whose port is returned. */
unsigned int tcp_connect_many(const struct net *net, int *clients, int *servers, int n);

/* Sets the values, then SO_KEEPALIVE. */
void tcp_keepalive(int fd, const struct keepalive *keepalive);

/* SO_KEEPALIVE alone: all values are the sysctls'. */
void tcp_keepalive_by_sysctl(int fd);

void tcp_keepalive_off(int fd);

/* Switches keepalive on for n clients, and waits until host A has sent that many probes more. */
void tcp_probe_all(const struct net *net, const int *clients, int n, const struct keepalive *keepalive,
		   uint64_t probes);

/* Waits until the connection dies; returns what read(2) then says: an errno, or 0 at its end. -1: it did not. */
int tcp_wait_death(int fd, int timeout_s);

/* Closes without a FIN: the next segment that arrives for it is answered with a RST. */
void tcp_abort(int fd);
void tcp_abort_many(const int *fds, int n);

#endif
