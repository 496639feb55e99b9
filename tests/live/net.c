// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "net.h"

#include "must.h"
#include "netlink.h"
#include "until.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ADDRESSES 3 /* of host A, host B and the router */

enum { ROUTER = 2 };

struct net {
	int home;
	int host[2];
	struct net *next; /* made before */
};

static struct net *newest;

static int number;
static char addr4[ADDRESSES][64], addr6[2][64];

void net_set_number(int new_number)
{
	number = new_number;
}

static const char *address4(int who)
{
	snprintf(addr4[who], sizeof(addr4[who]), "198.%d.%d.%d", 18 + number / 256, number % 256, who + 1);
	return addr4[who];
}

const char *net_addr4(enum host host)
{
	return address4((int)host);
}

const char *net_addr6(enum host host)
{
	char *text = addr6[host];

	if (number)
		snprintf(text, sizeof(addr6[host]), "2001:db8:%x::%d", (unsigned int)number, host + 1);
	else
		snprintf(text, sizeof(addr6[host]), "2001:db8::%d", host + 1);
	return text;
}

const char *net_link_addr(enum host host)
{
	return host == HOST_A ? "fe80::1" : "fe80::2";
}

const struct net *net_newest(void)
{
	return newest;
}

static int open_netns(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	must(fd >= 0, "open network namespace");
	return fd;
}

void net_enter(const struct net *net, enum host host)
{
	must(setns(net->host[host], CLONE_NEWNET) == 0, "enter network namespace");
}

void net_leave(const struct net *net)
{
	must(setns(net->home, CLONE_NEWNET) == 0, "leave network namespace");
}

void net_name(const struct net *net, enum host host, char *name, size_t size)
{
	struct stat info;

	must(fstat(net->host[host], &info) == 0, "stat of a network namespace");
	snprintf(name, size, "%lu", (unsigned long)info.st_ino);
}

/* Reads the flags of an interface, or writes them. */
static void interface_flags(unsigned long operation, const char *name, short *flags)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(fd >= 0, "socket");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	request.ifr_flags = *flags;
	must(ioctl(fd, operation, &request) == 0, "interface flags");
	*flags = request.ifr_flags;
	close(fd);
}

static void set_up(const char *name, bool up)
{
	short flags = 0;

	interface_flags(SIOCGIFFLAGS, name, &flags);
	flags = (short)(up ? flags | IFF_UP : flags & ~IFF_UP);
	interface_flags(SIOCSIFFLAGS, name, &flags);
}

unsigned int net_cable_index(const struct net *net, enum host host)
{
	unsigned int index;

	net_enter(net, host);
	index = if_nametoindex(CABLE);
	net_leave(net);
	must(index, CABLE);
	return index;
}

static bool has_carrier(const char *name)
{
	short flags = 0;

	interface_flags(SIOCGIFFLAGS, name, &flags);
	return flags & IFF_RUNNING;
}

/*
 * Waits until the kernel has noticed that the other end of the cable has come or gone: until then it may refuse a
 * packet or two. It notices under the lock that set_up() takes.
 */
static void wait_for_carrier(const char *name, bool carrier)
{
	WAIT_UNTIL(has_carrier(name) == carrier);
	set_up(name, true);
}

static void change_address(uint16_t type, int family, const char *address, uint8_t prefix)
{
	struct request request = request_make(type, type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_EXCL : 0);
	struct ifaddrmsg message = {
		.ifa_family = (uint8_t)family,
		.ifa_prefixlen = prefix,
		.ifa_flags = IFA_F_NODAD,
		.ifa_index = if_nametoindex(CABLE),
	};
	uint8_t bytes[16];

	must(inet_pton(family, address, bytes) == 1, address);
	request_add(&request, &message, sizeof(message));
	request_attr(&request, IFA_LOCAL, bytes, family == AF_INET ? 4 : 16);
	request_send(&request, "change address");
}

/* The cable: a veth pair, one end here, the other in peer_netns. */
static void lay_cable(int peer_netns)
{
	struct request request = request_make(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	const struct ifinfomsg message = { 0 };
	struct rtattr *info, *data, *peer;

	request_add(&request, &message, sizeof(message));
	request_attr(&request, IFLA_IFNAME, CABLE, sizeof(CABLE));
	info = request_attr(&request, IFLA_LINKINFO, NULL, 0);
	request_attr(&request, IFLA_INFO_KIND, "veth", sizeof("veth"));
	data = request_attr(&request, IFLA_INFO_DATA, NULL, 0);
	peer = request_attr(&request, VETH_INFO_PEER, NULL, 0);
	request_add(&request, &message, sizeof(message));
	request_attr(&request, IFLA_IFNAME, CABLE, sizeof(CABLE));
	request_attr(&request, IFLA_NET_NS_FD, &peer_netns, sizeof(peer_netns));
	request_end_nest(&request, peer);
	request_end_nest(&request, data);
	request_end_nest(&request, info);
	request_send(&request, "lay cable");
}

static void set_up_host(const struct net *net, enum host host)
{
	net_enter(net, host);
	set_up("lo", true);
	set_up(CABLE, true);
	change_address(RTM_NEWADDR, AF_INET, net_addr4(host), 24);
	change_address(RTM_NEWADDR, AF_INET6, net_addr6(host), 64);
	change_address(RTM_NEWADDR, AF_INET6, net_link_addr(host), 64);
}

struct net *net_new(void)
{
	struct net *net = calloc(1, sizeof(*net));

	must(net, "memory");
	net->home = open_netns();
	for (int i = 0; i < 2; i++) {
		must(unshare(CLONE_NEWNET) == 0, "new network namespace");
		net->host[i] = open_netns();
	}
	net_enter(net, HOST_A);
	lay_cable(net->host[HOST_B]);
	set_up_host(net, HOST_A);
	set_up_host(net, HOST_B);
	net_leave(net);
	/* none of those host A picks: a line that has a port of A, as a test looks for, has it as A's */
	net_sysctl(net, HOST_B, "ipv4/ip_local_port_range", "10000 29999");
	net->next = newest;
	newest = net;
	return net;
}

static void unlist(const struct net *net)
{
	struct net **at = &newest;

	while (*at && *at != net)
		at = &(*at)->next;
	if (*at)
		*at = net->next;
}

void net_free(struct net *net)
{
	if (!net)
		return;
	unlist(net);
	net_leave(net);
	close(net->host[HOST_A]);
	close(net->host[HOST_B]);
	close(net->home);
	free(net);
}

void net_cable(const struct net *net, enum host host, bool plugged)
{
	net_enter(net, host);
	set_up(CABLE, plugged);
	if (plugged) /* addresses of this family went with the link */
		change_address(RTM_NEWADDR, AF_INET6, net_addr6(host), 64);
	net_enter(net, host == HOST_A ? HOST_B : HOST_A);
	wait_for_carrier(CABLE, plugged);
	net_leave(net);
}

void net_deaf(const struct net *net, enum host host, bool deaf)
{
	net_enter(net, host);
	change_address(deaf ? RTM_DELADDR : RTM_NEWADDR, AF_INET, net_addr4(host), 24);
	net_leave(net);
}

void net_refuse(const struct net *net, enum host host, bool refuse)
{
	struct request request =
		request_make(refuse ? RTM_NEWQDISC : RTM_DELQDISC, refuse ? NLM_F_CREATE | NLM_F_REPLACE : 0);
	struct tcmsg message = { .tcm_parent = TC_H_ROOT };
	const struct tc_fifo_qopt empty = { .limit = 0 };

	net_enter(net, host);
	message.tcm_ifindex = (int)if_nametoindex(CABLE);
	request_add(&request, &message, sizeof(message));
	if (refuse) {
		request_attr(&request, TCA_KIND, "pfifo", sizeof("pfifo"));
		request_attr(&request, TCA_OPTIONS, &empty, sizeof(empty));
	}
	request_send(&request, "change queueing discipline");
	net_leave(net);
}

/* The host that net has entered has a route to address that says it is unreachable, or no longer has it. */
static void change_unreachable(bool unreachable, const char *address)
{
	struct request request =
		request_make(unreachable ? RTM_NEWROUTE : RTM_DELROUTE, unreachable ? NLM_F_CREATE | NLM_F_EXCL : 0);
	const struct rtmsg message = {
		.rtm_family = AF_INET,
		.rtm_dst_len = 32,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_type = RTN_UNREACHABLE,
	};
	struct in_addr to;

	must(inet_pton(AF_INET, address, &to) == 1, address);
	request_add(&request, &message, sizeof(message));
	request_attr(&request, RTA_DST, &to, sizeof(to));
	request_send(&request, "change route");
}

void net_unroute(const struct net *net, enum host host, bool unroute)
{
	net_enter(net, host);
	change_unreachable(unroute, net_addr4(host == HOST_A ? HOST_B : HOST_A));
	net_leave(net);
}

static void link_address(struct ifreq *request)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*request = (struct ifreq){ .ifr_name = CABLE };
	must(fd >= 0 && ioctl(fd, SIOCGIFHWADDR, request) == 0, "link address");
	close(fd);
}

void net_remember(const struct net *net)
{
	struct request request = request_make(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
	struct ndmsg message = { .ndm_family = AF_INET, .ndm_state = NUD_PERMANENT };
	struct ifreq link;
	struct in_addr address;

	must(inet_pton(AF_INET, net_addr4(HOST_B), &address) == 1, net_addr4(HOST_B));
	net_enter(net, HOST_B);
	link_address(&link);
	net_enter(net, HOST_A);
	message.ndm_ifindex = (int)if_nametoindex(CABLE);
	request_add(&request, &message, sizeof(message));
	request_attr(&request, NDA_DST, &address, sizeof(address));
	request_attr(&request, NDA_LLADDR, link.ifr_hwaddr.sa_data, 6);
	request_send(&request, "remember a neighbour");
	net_leave(net);
}

void net_least_rto(const struct net *net, uint32_t ms)
{
	struct request request = request_make(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	const struct rtmsg message = {
		.rtm_family = AF_INET,
		.rtm_dst_len = 32,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
	};
	const uint32_t lock = 1 << RTAX_RTO_MIN;
	struct rtattr *metrics;
	struct in_addr to;
	uint32_t link;

	must(inet_pton(AF_INET, net_addr4(HOST_B), &to) == 1, net_addr4(HOST_B));
	net_enter(net, HOST_A);
	link = if_nametoindex(CABLE);
	request_add(&request, &message, sizeof(message));
	request_attr(&request, RTA_DST, &to, sizeof(to));
	request_attr(&request, RTA_OIF, &link, sizeof(link));
	metrics = request_attr(&request, RTA_METRICS, NULL, 0);
	request_attr(&request, RTAX_LOCK, &lock, sizeof(lock));
	request_attr(&request, RTAX_RTO_MIN, &ms, sizeof(ms));
	request_end_nest(&request, metrics);
	request_send(&request, "add route");
	net_leave(net);
}

void net_replace_by_router(const struct net *net)
{
	net_sysctl(net, HOST_B, "ipv4/ip_forward", "1");
	net_sysctl(net, HOST_B, "ipv4/icmp_ratemask", "0"); /* less of a limit; that on unreachable routes remains */
	net_enter(net, HOST_B);
	change_address(RTM_DELADDR, AF_INET, net_addr4(HOST_B), 24);
	change_address(RTM_NEWADDR, AF_INET, address4(ROUTER), 24);
	change_unreachable(true, net_addr4(HOST_B));
	net_leave(net);
}

void net_silence_router(const struct net *net)
{
	net_sysctl(net, HOST_B, "ipv4/ip_forward", "0");
}

void net_sysctl(const struct net *net, enum host host, const char *name, const char *value)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	net_enter(net, host); /* the file shows the values of the network namespace of the process that opens it */
	file = fopen(path, "we");
	must(file && fputs(value, file) >= 0 && fclose(file) == 0, path);
	net_leave(net);
}

/* Two lines a group: names, then values. */
static uint64_t read_counter(FILE *file, const char *group, const char *counter)
{
	char names[16384], values[16384], *name, *value, *names_at, *values_at;

	while (fgets(names, sizeof(names), file) && fgets(values, sizeof(values), file)) {
		name = strtok_r(names, " \n", &names_at);
		value = strtok_r(values, " \n", &values_at);
		if (!name || strcmp(name, group))
			continue;
		while (name && value && strcmp(name, counter)) {
			name = strtok_r(NULL, " \n", &names_at);
			value = strtok_r(NULL, " \n", &values_at);
		}
		must(name && value, counter);
		return strtoull(value, NULL, 10);
	}
	errno = ENOENT;
	must(false, group);
	return 0;
}

static uint64_t host_counter(const struct net *net, enum host host, const char *path, const char *group,
			     const char *counter)
{
	uint64_t count;
	FILE *file;

	net_enter(net, host);
	file = fopen(path, "re");
	must(file, path);
	count = read_counter(file, group, counter);
	fclose(file);
	net_leave(net);
	return count;
}

uint64_t net_keepalives(const struct net *net, enum host host)
{
	return host_counter(net, host, "/proc/thread-self/net/netstat", "TcpExt:", "TCPKeepAlive");
}

uint64_t net_memory_aborts(const struct net *net, enum host host)
{
	return host_counter(net, host, "/proc/thread-self/net/netstat", "TcpExt:", "TCPAbortOnMemory");
}

uint64_t net_unreachables(const struct net *net, enum host host)
{
	return host_counter(net, host, "/proc/thread-self/net/snmp", "Icmp:", "InDestUnreachs");
}
