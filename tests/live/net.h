/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Two hosts of a test's own: network namespaces with a cable between them. They have no names and vanish with the
 * process, so nothing is left behind. A failure ends the process with a message.
 */
#ifndef KATRACE_TEST_NET_H
#define KATRACE_TEST_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum host { HOST_A, HOST_B };

/*
 * Before the first net_new(): the hosts' addresses are those with that number, from 0 to 511, so that no two tests that
 * run at the same time have the same. 0 without.
 */
void net_set_number(int number);

/* 198.18.0.1 and 198.18.0.2, 2001:db8::1 and 2001:db8::2: set aside for tests and examples. */
const char *net_addr4(enum host host);
const char *net_addr6(enum host host);

/* fe80::1 and fe80::2 of every test: they hold for its cable. */
const char *net_link_addr(enum host host);

/* The name of its end of the cable, on each host. */
#define CABLE "cable"

struct net;

/* Of the cable's end there: it may be another one on each host. */
unsigned int net_cable_index(const struct net *net, enum host host);

struct net *net_new(void);
void net_free(struct net *net);

/* From now on this process opens its sockets on that host. */
void net_enter(const struct net *net, enum host host);

/* Back to the network namespace the process came from. */
void net_leave(const struct net *net);

/* The number of the host's network namespace, as text. */
void net_name(const struct net *net, enum host host, char *name, size_t size);

/* The one that was made last and is not freed yet; NULL: none. */
const struct net *net_newest(void);

/*
 * Takes host's end of the cable away or puts it back: what the other host sends is lost without a trace. Only while
 * that one has not noticed, for a second at most, it may refuse a packet: then a probe is not sent, and the next one
 * comes after 0.5 s. With net_deaf() there is no such time.
 */
void net_cable(const struct net *net, enum host host, bool plugged);

/* Host no longer has its IPv4 address, so what arrives for it is ignored, or has it again. The link stays up. */
void net_deaf(const struct net *net, enum host host, bool deaf);

/* Host's own network stack refuses every packet (a queue of length 0), or accepts them again. */
void net_refuse(const struct net *net, enum host host, bool refuse);

/* Host has no IPv4 route to the other one (its network stack answers EHOSTUNREACH), or has it again. */
void net_unroute(const struct net *net, enum host host, bool unroute);

/* Host A knows the link address of host B for good: packets for it go out, whether it answers or not. */
void net_remember(const struct net *net);

/*
 * Retransmissions from host A to B begin at that time (at 200 ms without). Just above 200 ms it depends on the kernel's
 * timers after how many a connection is given up; some 250 ms leave no doubt.
 */
void net_least_rto(const struct net *net, uint32_t ms);

/*
 * In the place of host B there is a router: the kernel there answers what comes for B's IPv4 address with ICMP host
 * unreachable, at most five times at once and once a second. After net_remember().
 */
void net_replace_by_router(const struct net *net);

/* From now on it drops them silently. */
void net_silence_router(const struct net *net);

/* Sets one of host's own values under /proc/sys/net, "ipv4/tcp_retries2" say. */
void net_sysctl(const struct net *net, enum host host, const char *name, const char *value);

/* TcpExt:TCPKeepAlive of host: probes attempted since it exists. */
uint64_t net_keepalives(const struct net *net, enum host host);

/* TcpExt:TCPAbortOnMemory of host: connections that were given up because there were too many orphans, say. */
uint64_t net_memory_aborts(const struct net *net, enum host host);

/* Icmp:InDestUnreachs of host: how often it was told that something is unreachable. */
uint64_t net_unreachables(const struct net *net, enum host host);

#endif
