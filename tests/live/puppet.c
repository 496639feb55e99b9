// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "puppet.h"

#include "must.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE_S 20

struct frame {
	struct ether_header link;
	struct iphdr ip;
	struct tcphdr tcp;
} __attribute__((packed));

struct puppet {
	int fd;
	uint16_t client_port, server_port;
	struct frame last; /* of the client's */
	uint8_t options[PUPPET_OPTIONS_MAX];
	uint32_t acked; /* what the client may send next; known from its first probe or data on */
	bool probed;
};

void puppet_be_patient(const struct puppet *puppet, int s)
{
	const struct timeval patience = { .tv_sec = s };

	must(setsockopt(puppet->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0, "setsockopt");
}

struct puppet *puppet_new(const struct net *net, const struct tcp *tcp)
{
	struct sockaddr_ll cable = { .sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE_IP) };
	struct puppet *puppet = calloc(1, sizeof(*puppet));

	must(puppet, "memory");
	puppet->client_port = htons((uint16_t)tcp->client_port);
	puppet->server_port = htons((uint16_t)tcp->server_port);
	net_deaf(net, HOST_B, true);
	net_enter(net, HOST_B);
	puppet->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETHERTYPE_IP));
	cable.sll_ifindex = (int)if_nametoindex(CABLE);
	must(puppet->fd >= 0 && bind(puppet->fd, (struct sockaddr *)&cable, sizeof(cable)) == 0, "packet socket");
	puppet_be_patient(puppet, PATIENCE_S);
	net_leave(net);
	return puppet;
}

void puppet_free(struct puppet *puppet)
{
	close(puppet->fd);
	free(puppet);
}

/* Waits for the next segment of the client's; returns how many bytes of data it has. */
static size_t wait_segment(struct puppet *puppet)
{
	struct frame *last = &puppet->last;
	char packet[2048] = { 0 };
	ssize_t n;

	do {
		n = recv(puppet->fd, packet, sizeof(packet), 0);
		must(n >= 0, "the puppet hears nothing");
		if ((size_t)n >= sizeof(*last))
			memcpy(last, packet, sizeof(*last));
		memcpy(puppet->options, packet + sizeof(*last), sizeof(puppet->options));
	} while ((size_t)n < sizeof(*last) || last->ip.protocol != IPPROTO_TCP || last->ip.ihl != 5 ||
		 last->tcp.source != puppet->client_port || last->tcp.dest != puppet->server_port);
	return (size_t)(ntohs(last->ip.tot_len) - 4 * last->ip.ihl - 4 * last->tcp.doff);
}

void puppet_wait_probe(struct puppet *puppet)
{
	do {
		wait_segment(puppet);
		if (!puppet->probed)
			puppet->acked = ntohl(puppet->last.tcp.seq) + 1;
		puppet->probed = true;
	} while (ntohl(puppet->last.tcp.seq) != puppet->acked - 1);
}

void puppet_wait_data(struct puppet *puppet)
{
	size_t bytes;

	do
		bytes = wait_segment(puppet);
	while (!bytes || (puppet->probed && ntohl(puppet->last.tcp.seq) != puppet->acked));
	puppet->acked = ntohl(puppet->last.tcp.seq) + (uint32_t)bytes;
}

static uint32_t add_up(uint32_t sum, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	return sum;
}

static uint16_t checksum(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* The segment as it is sent: data is zeros. */
struct packet {
	struct frame frame;
	uint8_t rest[PUPPET_OPTIONS_MAX + PUPPET_DATA_MAX];
} __attribute__((packed));

static void set_checksums(struct packet *packet, size_t tcp_size)
{
	struct frame *frame = &packet->frame;
	/* the pseudo header: addresses, protocol, length */
	uint32_t sum = add_up(IPPROTO_TCP + (uint32_t)tcp_size, &frame->ip.saddr, 8);

	/* zeros after the end of the packet complete its last word */
	frame->tcp.check = checksum(add_up(sum, &frame->tcp, tcp_size));
	frame->ip.check = checksum(add_up(0, &frame->ip, sizeof(frame->ip)));
}

uint32_t puppet_ts_recent(const struct puppet *puppet)
{
	static const uint8_t aligned[] = { 1, 1, 8, 10 };
	uint32_t echo;

	must(memcmp(puppet->options, aligned, sizeof(aligned)) == 0, "the probe has no timestamp");
	memcpy(&echo, puppet->options + 8, sizeof(echo));
	return ntohl(echo);
}

uint16_t puppet_window(const struct puppet *puppet)
{
	return ntohs(puppet->last.tcp.window);
}

void puppet_send(const struct puppet *puppet, const struct puppet_segment *segment)
{
	const struct frame *heard = &puppet->last;
	const size_t tcp_size = sizeof(heard->tcp) + segment->options_size + segment->data;
	const size_t size = sizeof(*heard) + segment->options_size + segment->data;
	struct packet packet = {
		.frame = {
			.ip = { .version = 4,
				.ihl = 5,
				.tot_len = htons((uint16_t)(sizeof(heard->ip) + tcp_size)),
				.ttl = 64,
				.protocol = IPPROTO_TCP,
				.saddr = heard->ip.daddr,
				.daddr = heard->ip.saddr },
			.tcp = { .source = heard->tcp.dest,
				 .dest = heard->tcp.source,
				 .seq = htonl(ntohl(heard->tcp.ack_seq) + (uint32_t)segment->offset),
				 .ack_seq = htonl(puppet->acked + (uint32_t)segment->ack_offset),
				 .window = htons(segment->window) },
		},
	};
	struct frame *frame = &packet.frame;

	frame->tcp.doff = (uint16_t)((sizeof(heard->tcp) + segment->options_size) / 4) & 15;
	frame->tcp.th_flags = segment->flags;
	memcpy(packet.rest, segment->options, segment->options_size);
	memcpy(frame->link.ether_dhost, heard->link.ether_shost, ETH_ALEN);
	memcpy(frame->link.ether_shost, heard->link.ether_dhost, ETH_ALEN);
	frame->link.ether_type = htons(ETHERTYPE_IP);
	set_checksums(&packet, tcp_size);
	must(send(puppet->fd, &packet, size, 0) == (ssize_t)size, "the puppet cannot speak");
}

void puppet_say(const struct puppet *puppet, uint8_t flags, int32_t offset, uint16_t window)
{
	const struct puppet_segment segment = { .flags = flags, .offset = offset, .window = window };

	puppet_send(puppet, &segment);
}

void puppet_refuse(const struct puppet *puppet)
{
	enum { QUOTED = sizeof(struct iphdr) + 8 };
	struct {
		struct ether_header link;
		struct iphdr ip;
		struct icmphdr icmp;
		uint8_t quoted[QUOTED];
	} __attribute__((packed)) packet = {
		.ip = { .version = 4,
			.ihl = 5,
			.tot_len = htons(sizeof(packet) - sizeof(packet.link)),
			.ttl = 64,
			.protocol = IPPROTO_ICMP,
			.saddr = puppet->last.ip.daddr,
			.daddr = puppet->last.ip.saddr },
		.icmp = { .type = ICMP_DEST_UNREACH, .code = ICMP_PORT_UNREACH },
	};

	memcpy(packet.link.ether_dhost, puppet->last.link.ether_shost, ETH_ALEN);
	memcpy(packet.link.ether_shost, puppet->last.link.ether_dhost, ETH_ALEN);
	packet.link.ether_type = htons(ETHERTYPE_IP);
	memcpy(packet.quoted, &puppet->last.ip, sizeof(packet.quoted));
	packet.icmp.checksum = checksum(add_up(0, &packet.icmp, sizeof(packet.icmp) + sizeof(packet.quoted)));
	packet.ip.check = checksum(add_up(0, &packet.ip, sizeof(packet.ip)));
	must(send(puppet->fd, &packet, sizeof(packet), 0) == (ssize_t)sizeof(packet), "the puppet cannot speak");
}
